#!/bin/sh
# SPDX-License-Identifier: MIT
# exports.sh LIBRARY LIST: fails, showing the difference, unless the library exports the symbols
# of the list. A symbol that goes breaks programs that exist; one that comes is a promise.
set -eu
found=$(mktemp)
trap 'rm -f "$found"' EXIT
nm -D --defined-only "$1" | awk '{ print $3 }' | LC_ALL=C sort >"$found"
diff -u "$2" "$found" || {
    echo "the exported symbols (+) are not those of $2 (-)"
    exit 1
}
