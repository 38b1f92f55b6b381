#!/usr/bin/env bash
# Makes sure of Chromium for the browser tests, or says what is missing.
set -euo pipefail

say() { printf '[setup] %s\n' "$*"; }

if command -v chromium >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    say "Chromium (about 350 MB) ..."
    log=$(mktemp)
    if { apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-core; } \
        </dev/null >"$log" 2>&1; then
        say "Chromium: done in $SECONDS s"
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log" >&2
    rm -f "$log"
fi
say "missing: chromium. The browser tests are skipped."
