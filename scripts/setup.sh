#!/usr/bin/env bash
# Sets up what is missing on a bare Debian 12 or Ubuntu machine: Debian packages and .venv. Twice does no harm.
# usage: scripts/setup.sh demo|test
set -euo pipefail
cd "$(dirname "$0")/.."
purpose="${1:-test}"
PATH="$PATH:/usr/sbin:/sbin"
say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# program=package
needs=(prometheus=prometheus promtool=prometheus prometheus-node-exporter=prometheus-node-exporter
    prometheus-postgres-exporter=prometheus-postgres-exporter
    prometheus-alertmanager=prometheus-alertmanager setpriv=util-linux)
case "$purpose" in
demo) extras=embedded ;;
test)
    extras=embedded,test
    needs+=(chromium-headless-shell=chromium-headless-shell fc-list=fontconfig redis-server=redis-server nginx=nginx git=git)
    ;;
*) fail "usage: scripts/setup.sh demo|test" ;;
esac

packages=()
for need in "${needs[@]}"; do
    command -v "${need%%=*}" >/dev/null || packages+=("${need#*=}")
done
if [ "$purpose" = test ] && [ ! -d /usr/share/fonts/truetype/dejavu ]; then packages+=(fonts-dejavu-core); fi

python=python3
[ -x .venv/bin/python ] || command -v python3 >/dev/null || packages+=(python3)
if [ ! -x .venv/bin/python ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    packages+=(python3-venv python3-pip)
fi

as_root() {
    if [ "$(id -u)" = 0 ]; then env "$@"; else sudo -n env "$@"; fi
}

# The packages of the servers start them on their standard ports, now and after every boot; we start our own.
install_packages() {
    local policy=/usr/sbin/policy-rc.d ours=no unit
    if [ ! -e "$policy" ]; then
        ours=yes
        as_root sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
    fi
    local result=0
    as_root apt-get update -q || result=$?
    as_root DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" || result=$?
    if [ "$ours" = yes ]; then as_root rm -f "$policy"; fi
    [ "$result" = 0 ] || fail "the Debian packages could not be installed: $*"
    if command -v systemctl >/dev/null; then
        for unit in "$@"; do
            case "$unit" in
            prometheus* | redis-server | nginx) as_root systemctl --quiet disable "$unit" 2>/dev/null || true ;;
            esac
        done
    fi
}

if [ "${#packages[@]}" -gt 0 ]; then
    mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
    if ! command -v apt-get >/dev/null; then
        fail "these packages are missing, and there is no apt-get to install them with: ${packages[*]}"
    elif [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
        fail "these Debian packages are missing; as root: apt-get install ${packages[*]}"
    fi
    say "installing Debian packages: ${packages[*]}"
    install_packages "${packages[@]}"
fi

# A virtual environment whose Python has gone (a moved folder, an upgraded system) is made again.
if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or later is needed"
    say "making .venv"
    rm -rf .venv
    "$python" -m venv .venv || { rm -rf .venv; fail ".venv could not be made with $(command -v "$python")"; }
fi

stamp=".venv/setup-$purpose"
now="$(cat pyproject.toml constraints.txt scripts/setup.sh | sha256sum | cut -d' ' -f1)"
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$now" ]; then
    say "installing Python packages ($extras)"
    requirements="$(mktemp)"
    trap 'rm -f "$requirements"' EXIT
    .venv/bin/python scripts/requirements.py "$extras" >"$requirements"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r "$requirements"
    printf '%s\n' "$now" >"$stamp"
fi
