#!/bin/sh
# SPDX-License-Identifier: MIT
# Feeds the fuzz target NAME for SECONDS, from its corpus on. An input that is found to fail is
# left in the current folder; give it to a unit test.
#
#   sh t/fuzz/run.sh NAME SECONDS [LIBFUZZER OPTION...]
#
# Environment: HELIOS_BUILD   the test build (default: build/test)
#              HELIOS_CORPUS  folder where new inputs are kept (default: they are forgotten)
set -eu
[ $# -ge 2 ] || { echo "usage: sh t/fuzz/run.sh NAME SECONDS [LIBFUZZER OPTION...]" >&2; exit 64; }
name=$1 seconds=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
target=${HELIOS_BUILD:-$here/../../build/test}/t/fuzz/fuzz_$name
[ -x "$target" ] || { echo "no $target: build the tests where clang has libFuzzer" >&2; exit 69; }
kept=${HELIOS_CORPUS:-}
tmp=
if [ -z "$kept" ]; then
    tmp=$(mktemp -d "${HELIOS_TEST_TMP:-${TMPDIR:-/tmp}}/helios-fuzz.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    kept=$tmp
fi
# What a program says of a wrong command line is not for this terminal.
quiet=
[ "$name" != command ] || quiet=-close_fd_mask=3
# shellcheck disable=SC2086 # nothing, or one word
# What one input may cost: 5 s and 1 GB are a finding as much as a crash is.
"$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=65536 \
    -print_final_stats=1 -verbosity=0 $quiet "$@" "$kept" "$here/corpus/$name"
