#!/bin/sh
# SPDX-License-Identifier: MIT
# A storm of faults drawn from a seed, and the audit after it (t/lib/Helios/Storm.pm).
#
#   sh t/fault/storm.sh --seed N [--minutes M | --seconds S] [--store sqlite|mysql] [--keep]
#
# N may be a list: --seed "1 2 3". Without --store on both. --keep leaves what there was in place.
# HELIOS_BUILD names the build folder of the test preset (build/test).
set -eu

usage() {
    sed -n 's/^#   //p' "$0" >&2
    exit 64
}

root=$(cd "$(dirname "$0")/../.." && pwd)
seed=
seconds=60
stores="sqlite mysql"
while [ $# -gt 0 ]; do
    case $1 in
    --keep)
        export HELIOS_TEST_KEEP=1
        shift
        continue
        ;;
    esac
    [ $# -ge 2 ] || usage
    case $1 in
    --seed) seed=$2 ;;
    --minutes) seconds=$(awk "BEGIN { print int($2 * 60) }") ;;
    --seconds) seconds=$2 ;;
    --store) stores=$2 ;;
    *) usage ;;
    esac
    shift 2
done
[ -n "$seed" ] || usage
# shellcheck disable=SC2086 # a list of numbers
set -- $seed
status=0
for store in $stores; do
    for seed in "$@"; do
        HELIOS_BUILD=${HELIOS_BUILD:-$root/build/test} HELIOS_TEST_STORE=$store HELIOS_STORM_SEED=$seed \
            HELIOS_STORM_SECONDS=$seconds HELIOS_TEST_ALARM=$((seconds * 3 + 600)) \
            perl -I"$root/t/lib" "$root/t/fault/storm.t" || status=1
    done
done
exit "$status"
