#!/bin/sh
# SPDX-License-Identifier: MIT
# Every C source and header has the layout of .clang-format.
set -eu
cd "$(dirname "$0")/../.."
command -v clang-format >/dev/null || { echo "clang-format is not installed"; exit 77; }
find daemon lib services t -name '*.[ch]' -print0 | sort -z |
    xargs -0 clang-format --dry-run -Werror
