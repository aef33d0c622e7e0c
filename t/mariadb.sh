#!/bin/sh
# SPDX-License-Identifier: MIT
# A private MariaDB server for tests: no network, a socket in a folder of its own.
#
#   sh t/mariadb.sh start FOLDER [--env=NAME=VALUE]... [mariadbd options]
#                                                      makes FOLDER or takes what is there, prints
#                                                      nothing when it answers; --env is the server's alone
#   sh t/mariadb.sh stop FOLDER                        ends the server, removes FOLDER
#
# FOLDER/socket is the socket; root has no password there. FOLDER/log says what went wrong.
set -eu

usage() {
    sed -n 's/^#   //p' "$0" >&2
    exit 64
}

fail() {
    echo "$0: $*" >&2
    tail -n 20 "$folder/log" >&2 2>/dev/null || true
    exit 1
}

running() {
    pid=$(cat "$folder/pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null
}

# Evaluates "$@" every 50 ms until it is true, at most 60 s; false if the time is over.
await() {
    left=1200
    until "$@"; do
        [ "$left" -gt 0 ] || return 1
        left=$((left - 1))
        sleep 0.05
    done
}

answers() {
    mariadb --no-defaults --socket="$folder/socket" --user=root --execute='DO 0' 2>/dev/null
}

answers_or_dead() {
    answers || ! kill -0 "$server" 2>/dev/null
}

start() {
    # A starting server removes temporary tables from its folder for them, also those of another one.
    mkdir -p "$folder/tmp"
    user=
    [ "$(id -u)" != 0 ] || user=--user=root
    [ -d "$folder/data" ] || mariadb-install-db --no-defaults $user --datadir="$folder/data" --tmpdir="$folder/tmp" --skip-test-db \
        --auth-root-authentication-method=normal >"$folder/log" 2>&1 ||
        fail "cannot make the database in $folder"
    environment=
    while [ $# -gt 0 ] && [ "${1#--env=}" != "$1" ]; do
        environment="$environment ${1#--env=}"
        shift
    done
    # setsid: the server outlives this script and its terminal. It must not keep what the caller has
    # open, such as a lock.
    # shellcheck disable=SC2086 # words without blanks
    setsid env $environment mariadbd --no-defaults $user --datadir="$folder/data" --tmpdir="$folder/tmp" --socket="$folder/socket" \
        --pid-file="$folder/pid" --skip-networking --log-bin="$folder/data/binlog" \
        --binlog-format=ROW --server-id=1 --max-allowed-packet=64M \
        --innodb-buffer-pool-size=64M "$@" \
        </dev/null >>"$folder/log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
    server=$!
    await answers_or_dead || fail "the server does not answer"
    answers || fail "the server ended"
}

stop() {
    if running; then
        kill -TERM "$pid"
        await stopped || fail "the server does not end"
    fi
    rm -rf "$folder"
}

stopped() {
    ! kill -0 "$pid" 2>/dev/null
}

[ $# -ge 2 ] || usage
verb=$1
folder=$2
shift 2
case $folder in
/*) ;;
*) folder=$PWD/$folder ;;
esac
# A local socket's path has a limit of 107 bytes.
[ ${#folder} -le 100 ] || { echo "$0: the path of FOLDER is too long" >&2; exit 64; }
case $verb in
start) start "$@" ;;
stop) stop ;;
*) usage ;;
esac
