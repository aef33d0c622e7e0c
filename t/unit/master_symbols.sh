#!/bin/sh
# SPDX-License-Identifier: MIT
# master_symbols.sh NM ARCHIVE: fails if the archive of the master uses a database client or
# the dynamic loader.
set -eu
symbols=$("$1" --undefined-only --format=posix "$2")
case $symbols in
*waitpid*) ;;
*)
    echo "$2: no undefined waitpid: this is not the archive of the master" >&2
    exit 1
    ;;
esac
found=$(printf '%s\n' "$symbols" | grep -E '^(mysql_|mariadb_|sqlite3_|dlopen|dlmopen|dlsym)' || true)
if [ -n "$found" ]; then
    printf '%s uses what the master must not:\n%s\n' "$2" "$found" >&2
    exit 1
fi
