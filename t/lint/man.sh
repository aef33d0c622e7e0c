#!/bin/sh
# SPDX-License-Identifier: MIT
# Every manual page is well-formed mdoc: no warning from mandoc.
#
#   sh t/lint/man.sh [PAGE...]
set -eu
cd "$(dirname "$0")/../.."
command -v mandoc >/dev/null || { echo "mandoc is not installed"; exit 77; }
[ $# != 0 ] || set -- docs/man/*.[1-8]
status=0
for page in "$@"; do
    mandoc -Tlint -W warning "$page" || status=1
done
exit $status
