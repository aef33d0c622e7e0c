#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-tidy over every C source that BUILD compiles, with the checks of .clang-tidy.
#
#   sh t/lint/tidy.sh BUILD [FILE...]
set -eu
build=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")/../.."
command -v clang-tidy >/dev/null || { echo "clang-tidy is not installed"; exit 77; }
if [ $# = 0 ]; then
    files=$(sed -n "s|^ *\"file\": \"$PWD/\(.*\)\",\{0,1\}\$|\1|p" "$build/compile_commands.json" | sort -u)
    [ -n "$files" ] || { echo "$build/compile_commands.json names no source below $PWD"; exit 1; }
else
    files=$(printf '%s\n' "$@")
fi
# A process for each: the analyzer of clang-tidy 14 takes what it saw of a va_list in one file for
# the state of the next.
printf '%s\n' "$files" | xargs -n 1 -P "$(nproc)" clang-tidy --quiet -p "$build"
