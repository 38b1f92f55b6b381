#!/usr/bin/env bash
# Format, lint, types, floors; all of them run, so that one look shows everything that is wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=()

check() { # check NAME COMMAND...
    local name=$1
    shift
    printf '[check] %s\n' "$name"
    "$@" || failed+=("$name")
}

check "format" .venv/bin/ruff format --check --output-format concise
check "lint" .venv/bin/ruff check --output-format concise
check "types" .venv/bin/mypy
# No cache: it keeps what an import meant before another file came or went.
check "floors" .venv/bin/lint-imports --no-logo --no-cache
# Not --quiet: then no warning is counted, and nothing is strict.
check "docs" env NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

printf '[check] the ten largest modules\n'
find src -name '*.py' -exec wc -l {} + | grep -v ' total$' | sort -rn | sed -n 1,10p

if [ ${#failed[@]} -gt 0 ]; then
    printf '[check] FAILED: %s\n' "${failed[*]}"
    exit 1
fi
printf '[check] all good\n'
