#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole check: packages, both builds, a private MariaDB, every test by ctest.
#
#   sh t/run.sh [CTEST OPTIONS]     for example: sh t/run.sh -R proc.sqlite
#
# Environment: HELIOS_TEST_TMP   folder for temporary files (default: TMPDIR, else /tmp)
set -eu
umask 022
export LC_ALL=C.UTF-8
unset HELIOS_INI HELIOS_DEBUG NOTIFY_SOCKET
cd "$(dirname "$0")/.."
. conf/packages.sh
# shellcheck disable=SC2086 # lists of words
packages_need $packages_build $packages_quickstart $packages_test

cores=$(nproc)
tmp=$(mktemp -d "${HELIOS_TEST_TMP:-${TMPDIR:-/tmp}}/helios-run.XXXXXX")
chmod 755 "$tmp"
child=

clean() {
    trap '' INT TERM HUP
    if [ -n "$child" ]; then
        kill -TERM "-$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    sh t/mariadb.sh stop "$tmp/mariadb" >/dev/null 2>&1 || true
    rm -rf "$tmp"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# Runs a command in a process group of its own, so that a signal to this script ends all of it at
# once instead of after the step. A shell's background job would ignore INT; tests must not.
step() {
    perl -e '$SIG{$_} = "DEFAULT" for qw(INT QUIT); setpgrp; exec @ARGV or die "$ARGV[0]: $!\n"' \
        "$@" </dev/null &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    return "$status"
}
quiet() {
    step "$@" >"$tmp/log" 2>&1 || { status=$?; cat "$tmp/log" >&2; exit "$status"; }
}

for preset in test release; do
    echo "building: $preset"
    quiet cmake --preset "$preset"
    quiet cmake --build "build/$preset" -j "$cores"
    grep -n 'warning:' "$tmp/log" || true
done

echo "starting a private MariaDB"
quiet sh t/mariadb.sh start "$tmp/mariadb"
HELIOS_TEST_SOCKET=$tmp/mariadb/socket
HELIOS_TEST_TMP=$tmp
export HELIOS_TEST_SOCKET HELIOS_TEST_TMP

status=0
step ctest --test-dir build/test -j $((cores * 2)) --output-on-failure --no-tests=error "$@" ||
    status=$?
exit "$status"
