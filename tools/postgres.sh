#!/usr/bin/env bash
# Makes sure of PostgreSQL's programs for the tests, or says what is missing. Starts no server.
set -euo pipefail

say() { printf '[setup] %s\n' "$*"; }

is_there() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

if is_there; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    say "PostgreSQL ..."
    log=$(mktemp)
    # Debian would make a cluster and start it; nobody here asked for a server.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
    fi
    if { apt-get update && apt-get install -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold postgresql; } \
        </dev/null >"$log" 2>&1; then
        say "PostgreSQL: done in $SECONDS s"
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log" >&2
    rm -f "$log"
fi
say "missing: PostgreSQL. The tests that need it fail."
