#!/usr/bin/env bash
# Removes what `make demo` keeps in .demo, unless a demo is running there.
set -eu
cd "$(dirname "$0")/.."
if [ -e .demo/lock ] && ! flock --nonblock .demo/lock true; then
    echo "A demo runs in .demo; stop it first" >&2
    exit 1
fi
rm -rf .demo
