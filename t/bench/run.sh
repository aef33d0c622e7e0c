#!/bin/sh
# SPDX-License-Identifier: MIT
# The benchmark of the release build, on servers of its own. Nothing else should run on the machine.
#
#   sh t/bench/run.sh [OPTIONS]
#
#   --quick            few jobs, one round, no instructions: shows that it works, its figures mean
#                      nothing
#   --json FILE        the figures for programs, too; Bench/Print.pm says in which form
#   --rounds N         how often contestants take their turns (3; 1 with --quick)
#   --only A,B         these measures alone, of throughput, work (jobs of 1 ms), latency, enqueue,
#                      backlog, operation, idle, instructions
#   --match REGEX      contestants whose id matches alone
#   --peers            with other queues: PostgreSQL's, Redis', beanstalkd, gearmand
#   --document         puts tables and plots into docs/performance.md and docs/plots
#   --idle SECONDS     how long the idle daemon is watched (60)
#   --record           keeps the instructions of a job for the test that compares them
#
# Environment: HELIOS_TEST_TMP   folder for temporary files, on the disk that is to be measured
set -eu
umask 022
export LC_ALL=C.UTF-8
unset HELIOS_INI HELIOS_DEBUG NOTIFY_SOCKET
case ${1-} in --help | -h) sed -n 's/^#   //p' "$0"; exit ;; esac
caller=$PWD
cd "$(dirname "$0")/../.."
. conf/packages.sh
# shellcheck disable=SC2086 # lists of words, here and below
packages_need $packages_build $packages_test
for option in "$@"; do
    case $option in
    --document) packages_need $packages_plots ;;
    # On a host that runs services, what is missing is only named.
    --peers)
        if [ ! -d /run/systemd/system ]; then
            command -v npm >/dev/null || packages_need $packages_npm || true
            packages_need $packages_peers || true
        fi
        ;;
    esac
done

tmp=$(mktemp -d "${HELIOS_TEST_TMP:-${TMPDIR:-/tmp}}/helios-bench.XXXXXX")
chmod 755 "$tmp"
child=
clean() {
    trap '' INT TERM HUP
    [ -z "$child" ] || { kill -TERM "$child" 2>/dev/null && wait "$child" || true; }
    sh t/mariadb.sh stop "$tmp/mariadb" >/dev/null 2>&1 || true
    rm -rf "$tmp"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

{
    cmake --preset release
    cmake --build build/release -j "$(nproc)" --target bench
} >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; exit 1; }
source=$PWD
HELIOS_BUILD=$source/build/release HELIOS_TEST_TMP=$tmp BENCH_CALLER=$caller \
    perl "-I$source/t/lib" "-I$source/t/bench" "$source/t/bench/bench.pl" "$@" &
child=$!
status=0
wait "$child" || status=$?
child=
exit "$status"
