#!/bin/sh
# SPDX-License-Identifier: MIT
# The main job, on the embedded store: indexes every file under FOLDER (default: this repository and
# /usr/share/doc) with several workers and says what was found. Everything it makes is in ./build
# and ./var; run it again at any time.
#
#   sh conf/quickstart.sh [FOLDER]
#
# Environment: HELIOS_VAR   the folder of the collective instead of ./var
set -eu
umask 022
export LC_ALL=C.UTF-8
unset HELIOS_INI HELIOS_DEBUG NOTIFY_SOCKET

case ${1-} in
-*) echo "usage: sh conf/quickstart.sh [FOLDER]" >&2 && exit 64 ;;
esac
folder=
if [ $# -gt 0 ]; then
    folder=$(cd -- "$1" && pwd -P) || exit 66
fi
cd "$(dirname "$0")/.."
root=$(pwd -P)
. conf/packages.sh

var=${HELIOS_VAR:-$root/var}
database=$var/helios.db
bin=$root/build/release/daemon
helios=$bin/ctl/helios
child=
drawn=

clean() {
    trap '' INT TERM HUP
    if [ -n "$child" ]; then
        # The group, or the process that has yet to make one.
        kill -TERM "-$child" 2>/dev/null || kill -TERM "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    rm -rf "$var/tmp"
}
interrupted() {
    [ -z "$drawn" ] || echo
    echo "stopping; nothing is lost: run the script again to go on" >&2
    exit "$1"
}

# on_signals COMMAND: runs it with the exit status that a signal gives.
on_signals() {
    trap "$1 130" INT
    trap "$1 143" TERM
    trap "$1 129" HUP
}
note() { noted=$1; }

# Starts a command in a process group of its own, so that Ctrl-C reaches this script alone, which
# then ends the command in order. A signal that comes while nobody knows yet what is to be ended
# has to wait. (A background job's input is empty unless named.)
begin() {
    noted=
    on_signals note
    { perl -e 'setpgrp; exec @ARGV or die "$ARGV[0]: $!\n"' "$@" <&3 & } 3<&0
    child=$!
    on_signals interrupted
    [ -z "$noted" ] || interrupted "$noted"
}
finish() {
    status=0
    wait "$child" || status=$?
    child=
    return "$status"
}
quiet() {
    begin "$@" >"$var/tmp/log" 2>&1
    finish || { status=$?; cat "$var/tmp/log" >&2; exit "$status"; }
}

query() { sqlite3 -readonly -cmd '.timeout 10000' "$database" "$1"; }

build() {
    echo "building a release in build/release"
    quiet cmake --preset release
    quiet cmake --build build/release -j "$(nproc)"
}

configure() {
    workers=$(nproc)
    [ "$workers" -ge 2 ] || workers=2
    mkdir -p "$var/run"
    cat >"$var/helios.ini" <<INI
[global]
dsn=dbi:SQLite:dbname=$database
user=
password=
pid_path=$var/run
service_path=$root/build/release/plugins
[FileIndexer]
MAX_WORKERS=$workers
OVERDRIVE=1
INI
    export HELIOS_INI="$var/helios.ini"
    quiet "$helios" schema init
}

# NUL-separated paths of the regular files; not what this script and the build write meanwhile.
list_files() {
    if [ -n "$folder" ]; then
        find "$folder" \( -path "$var" -o -path "$root/build" \) -prune -o -type f -print0
    else
        find "$root" /usr/share/doc \( -path "$var" -o -path "$root/build" \) -prune -o -type f -print0
    fi 2>/dev/null || true
}

# One JSON object a line; a path that is not UTF-8 cannot be said in JSON and is counted instead.
as_jobs() {
    perl -0 -ne '
        chomp;
        my $path = $_;
        if (!utf8::decode($path)) { $skipped++; next }
        s/([\\"])/\\$1/g;
        s/([\x00-\x1f\x7f])/sprintf "\\u%04x", ord $1/ge;
        print "{\"args\":{\"file\":\"$_\"}}\n";
        END { print STDERR $skipped // 0 }
    '
}

submit() {
    list_files | as_jobs >"$var/tmp/jobs" 2>"$var/tmp/skipped"
    skipped=$(cat "$var/tmp/skipped")
    quiet "$helios" submit --lines FileIndexer <"$var/tmp/jobs"
}

# One line that is drawn again on a terminal; elsewhere a line now and then.
progress() {
    done=$((total - $1))
    if [ -t 1 ]; then
        printf '\r%s of %s jobs done' "$done" "$total"
        drawn=yes
    elif [ "$done" -ge "$next" ]; then
        echo "$done of $total jobs done"
        next=$((done + total / 10 + 1))
    fi
}

work() {
    begin "$bin/helios_d" --foreground --drain FileIndexer >"$var/helios_d.log" 2>&1
    next=1
    while kill -0 "$child" 2>/dev/null; do
        left=$(query 'SELECT COUNT(*) FROM job') && progress "$left"
        sleep 0.2
    done
    result=0
    finish || result=$?
    progress "$(query 'SELECT COUNT(*) FROM job')"
    [ -z "$drawn" ] || echo
    drawn=
    if [ "$result" -gt 1 ]; then
        cat "$var/helios_d.log" >&2
        exit "$result"
    fi
}

report() {
    query "
        SELECT printf('%d files completed, %d failed, in %.1f s: %d files/s',
            SUM(exitstatus = 0), SUM(exitstatus <> 0), $seconds, COUNT(*) / $seconds)
        FROM helios_job_history_tb WHERE rowid > $before"
    query "
        SELECT printf('the index holds %d files of %.1f MB in %d types:', COUNT(*),
            TOTAL(size) / 1e6, COUNT(DISTINCT mime)) FROM file_index"
    query "
        SELECT printf('%9d  %10.1f MB  %s', COUNT(*), TOTAL(size) / 1e6, mime)
        FROM file_index GROUP BY mime ORDER BY COUNT(*) DESC LIMIT 12"
    query "
        SELECT printf('           and %d more types', COUNT(DISTINCT mime) - 12)
        FROM file_index HAVING COUNT(DISTINCT mime) > 12"
    [ "$skipped" = 0 ] || echo "not submitted, because their names are not UTF-8: $skipped files"
    query "
        SELECT printf('%d jobs are to be tried again later: run the last command below then', COUNT(*))
        FROM job HAVING COUNT(*) > 0"
    if [ "$result" = 1 ]; then
        echo "failed, and why:"
        query "
            SELECT '    job ' || e.jobid || ': ' || e.message FROM error e
            WHERE e.jobid IN (SELECT jobid FROM helios_job_history_tb
                WHERE rowid > $before AND exitstatus <> 0) LIMIT 10"
    fi
    cat <<NEXT

Try next:
    export HELIOS_INI=$HELIOS_INI
    $helios config explain FileIndexer
    $helios submit --verbose FileIndexer file=/etc/hostname
    $bin/helios_d --foreground --drain FileIndexer
NEXT
}

trap clean EXIT
on_signals interrupted

# shellcheck disable=SC2086 # a list of words
packages_need $packages_build $packages_quickstart
mkdir -p "$var/tmp"
build
configure

before=$(query 'SELECT COALESCE(MAX(rowid), 0) FROM helios_job_history_tb')
left=$(query 'SELECT COUNT(*) FROM job')
[ "$left" = 0 ] || echo "$left jobs of a run before this one are still waiting: they run as well"
echo "submitting a job for each file under ${folder:-$root and /usr/share/doc}"
submit
total=$(query 'SELECT COUNT(*) FROM job')
echo "running helios_d with $workers workers"
start=$(date +%s.%N)
work
seconds=$(date +%s.%N | perl -e 'printf "%.3f", <STDIN> - $ARGV[0]' "$start")
report
