# SPDX-License-Identifier: MIT
# The one list of the Debian packages that building and testing need, and how they are installed.
# Sourced by t/run.sh and conf/quickstart.sh.

packages_build="gcc libc6-dev make cmake pkg-config
    default-libmysqlclient-dev libsqlite3-dev libexpat1-dev libjansson-dev libbsd-dev
    libmagic-dev libssl-dev libncurses-dev"

# To look into the result of the quickstart.
packages_quickstart="sqlite3"

# The server comes as mariadb-server-core: programs without a system service, so that nothing is
# started on a real host and nothing has to be held back.
packages_test="g++ perl file openssl libcmocka-dev mariadb-server-core mariadb-client-core
    libdbi-perl libdbd-mysql-perl libdbd-sqlite3-perl libtheschwartz-perl
    libxml-simple-perl libconfig-inifiles-perl
    faketime mandoc tmux zsh fish valgrind clang-tidy clang-format clang libclang-rt-14-dev"

# For t/bench/run.sh: the plots of --document, and the queues that --peers compares with. These are
# servers with a system service: nothing installs them by itself on a host that runs services. An npm
# may have come another way.
packages_plots="gnuplot-nox"
packages_npm="nodejs npm"
packages_peers="postgresql libdbd-pg-perl redis-server beanstalkd gearman-job-server
    libgearman-dev libminion-perl libmojo-pg-perl"

# packages_need PACKAGE...: installs those that are missing; fails with the command to type where
# that is not allowed. Without dpkg it trusts the host: the build says what it lacks.
packages_need() {
    command -v dpkg-query >/dev/null || return 0
    missing=
    for package in "$@"; do
        state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0

    as_root=
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null || ! { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            echo "$0: missing packages; as root: apt-get install --no-install-recommends$missing" >&2
            return 1
        fi
        as_root=sudo
    fi
    echo "installing:$missing"
    log=$(mktemp) || return 1
    # shellcheck disable=SC2086 # lists of words
    if { $as_root apt-get -q update &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
            install $missing; } </dev/null >"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 20 "$log" >&2
        rm -f "$log"
        echo "$0: apt-get could not install:$missing" >&2
        return 1
    fi
}
