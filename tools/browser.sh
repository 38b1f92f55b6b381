#!/usr/bin/env bash
# Makes sure of Chromium for the browser tests, or says what is missing.
set -euo pipefail

say() { printf '[setup] %s\n' "$*"; }

has() { command -v "$1" >/dev/null; }

if has chromium && has chromium-headless-shell; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && has apt-get; then
    export DEBIAN_FRONTEND=noninteractive
    say "Chromium (about 650 MB) ..."
    log=$(mktemp)
    if { apt-get update && apt-get install -y --no-install-recommends \
        chromium chromium-headless-shell fonts-noto-core; } </dev/null >"$log" 2>&1; then
        say "Chromium: done in $SECONDS s"
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log" >&2
    rm -f "$log"
fi
if has chromium; then
    say "missing: chromium-headless-shell. The browser tests take twice as long."
else
    say "missing: chromium. The browser tests are skipped."
fi
