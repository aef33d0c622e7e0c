#!/bin/sh
# SPDX-License-Identifier: MIT
# unit.sh BUILD: the systemd unit is one that systemd understands, says why of each directive, and
# leaves a service little to do harm with, by systemd's own measure.
set -eu
unit=$1/conf/helios@.service
[ -f "$unit" ] || { echo "no $unit"; exit 1; }
status=0

# A comment stands before each directive, or before the first of a block.
awk '
    /^\[/ { section = $0; said = 0; next }
    /^#/ { said = 1; next }
    /^$/ { said = 0; next }
    section == "[Service]" && !said { print FILENAME ": " $0 ": nothing says why"; bad = 1 }
    END { exit bad }
' "$unit" || status=1

command -v systemd-analyze >/dev/null || { [ $status = 0 ] && exit 77; exit $status; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# The program need not be installed for the unit to be right.
sed -e "s#^ExecStart=[^ ]*#ExecStart=$(command -v true)#" -e '/^Documentation=/d' "$unit" >"$tmp/helios@.service"
cp "$tmp/helios@.service" "$tmp/helios@Foo.service"
said=$(systemd-analyze verify "$tmp/helios@Foo.service" 2>&1) || status=1
# Units of this host that are wrong are not ours.
said=$(printf '%s\n' "$said" | grep -F "$tmp" || true)
[ -z "$said" ] || { echo "$said"; status=1; }
# Exposure in tenths: 2.0 of 10, where 10 is a service without any hardening.
systemd-analyze security --no-pager --offline=true --threshold=20 "$tmp/helios@Foo.service" >"$tmp/said" 2>&1 ||
    { grep -E '✗|exposure|[Uu]nknown' "$tmp/said" || cat "$tmp/said"; status=1; }
exit $status
