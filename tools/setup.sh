#!/usr/bin/env bash
# Makes this checkout runnable on Debian or Ubuntu: system packages that are missing, then .venv.
# Says what it installs and why; quiet and instant when there is nothing to do. No system service
# is started or left running. Everything else stays inside this directory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Servers live in sbin, which is not on an ordinary user's PATH.
SEARCH="$PATH:/usr/sbin:/sbin:/usr/local/sbin:/usr/local/bin:/usr/local/mysql/bin:/opt/mariadb/bin"
STAMP=.venv/.setup-done
POLICY=/usr/sbin/policy-rc.d
extras=dev
monitoring=no
packaging=no
packages=()
reasons=()

usage() {
    cat <<'USAGE'
usage: tools/setup.sh [--runtime] [--with-monitoring] [--with-packages] [--with-mutants]

  --runtime          only what the daemon and the demo need, no test and lint tools
  --with-monitoring  also Prometheus, which tests of alerts and dashboard start privately
  --with-packages    also what builds a Debian package and an image; goes on without what cannot be had
  --with-mutants     also what breaks the code to see whether the tests notice
USAGE
}

say() { printf 'setup: %s\n' "$*"; }

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

present() { # any of these programs
    local name
    for name in "$@"; do
        PATH="$SEARCH" command -v "$name" >/dev/null && return 0
    done
    return 1
}

need() { # reason, packages...
    reasons+=("$1")
    shift
    packages+=("$@")
}

find_python() { # prints the newest Python that is new enough
    local name
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

venv_works() { .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

list_missing() {
    local python
    present make || need "make runs the targets of the Makefile" make
    if ! venv_works; then
        if ! python=$(find_python); then
            need "Python 3.11 or newer runs everything" python3 python3-venv
        elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            need "$python cannot make virtual environments" "python$(python_version "$python")-venv"
        fi
    fi
    # The core packages hold the programs without the system's service and its database.
    if ! present mariadbd mysqld || ! present mariadb-install-db mysql_install_db; then
        need "demo and tests start a private MariaDB server" mariadb-server-core
    fi
    present mariadb mysql || need "demo and tests load SQL with the MariaDB client" mariadb-client-core
    if [[ $extras != runtime ]] && ! present strace; then
        need "tests look at system calls of the daemon" strace
    fi
    if [[ $extras != runtime ]] && ! { present systemd-analyze && present systemd-socket-activate; }; then
        need "tests check the units with systemd's own tools" systemd
    fi
    if [[ $extras != runtime ]] && ! present groff; then
        need "tests render the manual pages" groff-base
    fi
    if [[ $extras != runtime ]] && ! { present zsh && present fish; }; then
        need "tests try the completion in the shells it is for" zsh fish
    fi
    if [[ $monitoring == yes ]] && ! { present prometheus && present promtool; }; then
        need "tests start a private Prometheus for alerts and dashboard" prometheus
    fi
}

list_missing_for_packages() {
    present dpkg-buildpackage && present dh ||
        need "make deb builds a Debian package" dpkg-dev debhelper
    /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null ||
        need "the Debian package stands on Debian's own Python" python3 python3-venv
    present mmdebstrap || need "tests install the package into a Debian of its own" mmdebstrap
    present buildah || need "tests build the image without a container service" buildah
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_packages() {
    local list="${packages[*]}" reason log
    say "installing $list"
    for reason in "${reasons[@]}"; do say "  $reason"; done
    command -v apt-get >/dev/null || fail "no apt-get here: install the equivalents of '$list' by hand, then try again"
    if [[ $EUID -ne 0 ]] && ! command -v sudo >/dev/null; then
        fail "not root and no sudo: have an administrator run 'apt-get install $list', then try again"
    fi
    log=$(mktemp)
    forbid_service_starts
    if ! run_apt >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "apt-get could not install $list (see above)"
    fi
    rm -f "$log"
    allow_service_starts
    keep_disabled prometheus
}

run_apt() {
    as_root apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}"
}

# Packages that bring a service start it unless this file says no. A machine that has one already keeps its own.
forbid_service_starts() {
    [[ -e $POLICY ]] && return 0
    trap allow_service_starts EXIT
    printf '#!/bin/sh\n# Made by the setup of synqd while it installs packages.\nexit 101\n' | as_root tee "$POLICY" >/dev/null
    as_root chmod 755 "$POLICY"
    policy_is_ours=yes
}

policy_is_ours=no
allow_service_starts() {
    [[ $policy_is_ours == yes ]] || return 0
    as_root rm -f "$POLICY"
    policy_is_ours=no
}

keep_disabled() { # a service that we brought must not come up at the next boot either
    [[ " ${packages[*]} " == *" $1 "* ]] || return 0
    if command -v systemctl >/dev/null; then
        as_root systemctl disable --quiet "$1" 2>/dev/null || true
    fi
}

wanted_stamp() { # extras, checksum of what decides the dependencies, place of the checkout
    printf '%s %s %s\n' "$1" "$(sha256sum <pyproject.toml | cut -d ' ' -f 1)" "$PWD"
}

up_to_date() {
    local have=""
    [[ -e $STAMP ]] && venv_works || return 1
    have=$(<"$STAMP")
    # A larger environment serves for less as well.
    [[ $have == "$(wanted_stamp dev,mutants)" || $have == "$(wanted_stamp "$extras")" ]] ||
        [[ $have == "$(wanted_stamp dev)" && $extras == runtime ]]
}

make_venv() {
    local target=. python
    [[ $extras == runtime ]] || target=".[$extras]"
    if ! venv_works; then
        python=$(find_python) || fail "no Python 3.11 or newer: install one (on Debian 12 'apt-get install python3'), then try again"
        say "making .venv with $python ($(python_version "$python"))"
        "$python" -m venv --clear .venv
    fi
    say "installing synqd and its Python dependencies into .venv ($extras)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable "$target" ||
        fail "pip could not install the dependencies (see above): is the package index reachable?"
    wanted_stamp "$extras" >"$STAMP"
}

for argument in "$@"; do
    case $argument in
    --runtime) extras=runtime ;;
    --with-monitoring) monitoring=yes ;;
    --with-packages) packaging=yes ;;
    --with-mutants) extras=dev,mutants ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
done

list_missing
[[ ${#packages[@]} -eq 0 ]] || install_packages
up_to_date || make_venv
if [[ $packaging == yes ]]; then
    packages=()
    reasons=()
    list_missing_for_packages
    # In a process of its own, so that a failure ends that alone.
    [[ ${#packages[@]} -eq 0 ]] || (install_packages) || say "going on without; tests that need them are skipped"
fi
