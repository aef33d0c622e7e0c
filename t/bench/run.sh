#!/bin/sh
# SPDX-License-Identifier: MIT
# The figures to keep in sight: sizes, latencies and rates of the release build, on SQLite and on a
# private MariaDB, beside Perl's TheSchwartz on the same server in the same run.
#
#   sh t/bench/run.sh [--quick]     --quick: fewer jobs, about a minute
set -eu
umask 022
export LC_ALL=C.UTF-8
unset HELIOS_INI HELIOS_DEBUG NOTIFY_SOCKET
cd "$(dirname "$0")/../.."
. conf/packages.sh
# shellcheck disable=SC2086 -- lists of words
packages_need $packages_build $packages_test

scale=10
[ "${1-}" != --quick ] || scale=1
tmp=$(mktemp -d "${HELIOS_TEST_TMP:-${TMPDIR:-/tmp}}/helios-bench.XXXXXX")
chmod 755 "$tmp"
clean() {
    trap '' INT TERM HUP
    sh t/mariadb.sh stop "$tmp/mariadb" >/dev/null 2>&1 || true
    rm -rf "$tmp"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

{
    cmake --preset release
    cmake --build build/release -j "$(nproc)"
} >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; exit 1; }
sh t/mariadb.sh start "$tmp/mariadb"
HELIOS_BUILD=$PWD/build/release HELIOS_TEST_SOCKET=$tmp/mariadb/socket HELIOS_TEST_TMP=$tmp \
    perl -It/lib t/bench/figures.pl "$scale"
