#!/usr/bin/env bash
# Makes sure of PostgreSQL's programs and PgBouncer for the tests, or says what is missing. Starts no server.
set -euo pipefail

say() { printf '[setup] %s\n' "$*"; }

has_postgres() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
has_bouncer() { PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null; }

if has_postgres && has_bouncer; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    say "PostgreSQL and PgBouncer ..."
    log=$(mktemp)
    # Debian would make a cluster and start it, and PgBouncer too; nobody here asked for a server.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
    fi
    refusal=/usr/sbin/policy-rc.d
    if [ ! -e $refusal ]; then
        trap 'rm -f "$refusal"' EXIT
        printf '#!/bin/sh\nexit 101\n' >$refusal
        chmod +x $refusal
    fi
    if { apt-get update && apt-get install -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold postgresql pgbouncer; } \
        </dev/null >"$log" 2>&1; then
        say "PostgreSQL and PgBouncer: done in $SECONDS s"
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log" >&2
    rm -f "$log"
fi
has_postgres || say "missing: PostgreSQL. The tests that need it fail."
has_bouncer || say "missing: PgBouncer. The tests that need it are skipped."
