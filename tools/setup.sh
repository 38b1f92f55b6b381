#!/usr/bin/env bash
# Makes .venv and fetches the IP data. Quick when there is nothing to do.
# usage: tools/setup.sh server|test
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=${1:?usage: tools/setup.sh server|test}
python=.venv/bin/python

say() { printf '[setup] %s\n' "$*"; }

step() { # step TEXT COMMAND...: one line before, the command's output only when it fails
    local text=$1 log began=$SECONDS
    shift
    log=$(mktemp)
    say "$text ..."
    if ! "$@" </dev/null >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
    say "$text: done in $((SECONDS - began)) s"
}

fingerprint() { cat "$@" | cksum; }

is_stamped() { [ -f ".venv/$1.stamp" ] && [ "$(cat ".venv/$1.stamp")" = "$2" ]; }

stamp() { printf '%s\n' "$2" >".venv/$1.stamp"; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_environment() {
    new_enough "$python" && return
    if command -v uv >/dev/null; then
        # seed: pip too, for the day when uv is gone
        step "Python environment" uv venv --quiet --seed --clear --python '>=3.11' .venv
        return
    fi
    local base
    if ! base=$(find_python); then
        say "missing: Python 3.11 or newer. Nothing can run without it."
        exit 1
    fi
    if ! "$base" -c 'import ensurepip' 2>/dev/null; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            step "Package python3-venv" sh -c 'apt-get update && apt-get install -y --no-install-recommends python3-venv'
        else
            say "missing: Python's venv module (on Debian: python3-venv). Nothing can be installed without it."
            exit 1
        fi
    fi
    step "Python environment" "$base" -m venv --clear .venv
}

install() {
    if command -v uv >/dev/null; then
        uv pip install --python "$python" "$@"
    else
        "$python" -m pip install --disable-pip-version-check "$@"
    fi
}

install_packages() {
    local print
    print=$(fingerprint pyproject.toml requirements/*.txt)
    # The test set holds the server set, so that "make serve" takes nothing away from a developer.
    is_stamped test "$print" && return
    is_stamped "$wanted" "$print" && return
    step "Python packages ($wanted)" install --require-hashes -r "requirements/$wanted.txt"
    step "signedin itself" install --no-deps -e .
    stamp "$wanted" "$print"
}

fetch_places() {
    if is_stamped node "$1" && [ -d node_modules ]; then
        return
    fi
    step "IP data (about 145 MB)" npm ci --ignore-scripts --no-audit --no-fund || return
    stamp node "$1"
}

install_places() {
    local print
    print=$(fingerprint package-lock.json)
    if is_stamped geo "$print" && [ -n "$(ls "${SIGNEDIN_DATA:-var}/geo" 2>/dev/null)" ]; then
        return
    fi
    if ! command -v npm >/dev/null; then
        say "missing: npm (Node.js). Without it there is no IP data, and every location reads \"Unknown location\"."
        return
    fi
    if ! fetch_places "$print" ||
        ! step "IP data, put in place" .venv/bin/signedin geo install --from node_modules; then
        say "missing: the IP data could not be installed. Every location reads \"Unknown location\"."
        return
    fi
    stamp geo "$print"
}

# Two runs at once would write into one .venv.
mkdir -p var
if command -v flock >/dev/null; then
    exec 9>var/setup.lock
    flock 9
fi

make_environment
install_packages
install_places
