#!/usr/bin/env bash
# Fetches Django's own tests of sessions, which are in its source and not in what is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(.venv/bin/python -c 'import django; print(django.__version__)')
folder=var/django-$version
if [ -d "$folder/sessions_tests" ]; then
    exit 0
fi
printf '[setup] tests of Django %s ...\n' "$version"
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
if .venv/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
    --dest "$source" "django==$version" >"$source/log" 2>&1 \
    && tar -xzf "$source"/*.tar.gz -C "$source" --wildcards '*/tests/sessions_tests'; then
    mkdir -p "$folder"
    mv "$source"/*/tests/sessions_tests "$folder/"
    printf '[setup] tests of Django: done in %s s\n' "$SECONDS"
else
    tail -n 5 "$source/log" >&2
    printf '[setup] missing: the source of Django. Its tests fail.\n'
fi
