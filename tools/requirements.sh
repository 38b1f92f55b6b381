#!/usr/bin/env bash
# Pins what pyproject.toml asks for, with hashes and without host names. UPGRADE=1 takes the newest.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    python3 -m venv var/uv
    var/uv/bin/pip install --quiet --disable-pip-version-check uv
    uv=var/uv/bin/uv
fi

compile() { # compile NAME UV-OPTIONS...
    local out="requirements/$1.txt"
    shift
    "$uv" pip compile --quiet --generate-hashes --universal --python-version 3.11 \
        --custom-compile-command "make requirements" ${UPGRADE:+--upgrade} \
        pyproject.toml --extra server "$@" --output-file "$out"
}

mkdir -p requirements
compile server
compile test --extra django --extra flask --extra page-wsgi --extra postgres --group test --group lint --group docs --constraint requirements/server.txt
compile peers --extra postgres --group peers --constraint requirements/server.txt

if grep -n '://' requirements/*.txt; then
    echo "A host name got into requirements/; see the lines above." >&2
    exit 1
fi
