#!/bin/sh
# SPDX-License-Identifier: MIT
# Two services under steady load for a while; memory, descriptors, log rows and the undo log of the
# server must not grow (t/fault/soak.t).
#
#   sh t/fault/soak.sh [--minutes M | --seconds S] [--store sqlite|mysql]
#
# Five minutes without an option, on both stores.
set -eu

usage() {
    sed -n 's/^#   //p' "$0" >&2
    exit 64
}

root=$(cd "$(dirname "$0")/../.." && pwd)
seconds=300
stores="sqlite mysql"
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
    --minutes) seconds=$(awk "BEGIN { print int($2 * 60) }") ;;
    --seconds) seconds=$2 ;;
    --store) stores=$2 ;;
    *) usage ;;
    esac
    shift 2
done
status=0
for store in $stores; do
    HELIOS_BUILD=${HELIOS_BUILD:-$root/build/test} HELIOS_TEST_STORE=$store HELIOS_SOAK_SECONDS=$seconds \
        HELIOS_TEST_ALARM=$((seconds + 600)) perl -I"$root/t/lib" "$root/t/fault/soak.t" || status=1
done
exit "$status"
