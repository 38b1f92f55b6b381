#!/usr/bin/env bash
# Tries `signedin demo` as somebody does who has nothing yet: builds the wheel, installs it in a
# fresh environment, starts the demo, and sees whether the page is there within 10 seconds and
# everything is gone after Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
demo=""
clean() {
    [ -z "$demo" ] || kill "$demo" 2>/dev/null || true
    rm -rf "$folder"
}
trap clean EXIT

python=${PYTHON:-.venv/bin/python}
step() { printf '[demo] %s\n' "$*"; }

step "wheel"
"$python" -m pip --disable-pip-version-check -qq wheel --no-deps --wheel-dir "$folder/dist" .
step "fresh environment"
"$python" -m venv "$folder/venv"
wheel=$(echo "$folder"/dist/signedin-*.whl)
"$folder/venv/bin/pip" --disable-pip-version-check -qq install "${wheel}[server]"

step "signedin demo"
cd "$folder"
mkdir home tmp
env -i PATH="$PATH" HOME="$folder/home" TMPDIR="$folder/tmp" \
    venv/bin/signedin demo >printed 2>told &
demo=$!
"$folder/venv/bin/python" - <<'EOF' || { cat printed told; exit 1; }
import re, sys, time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

began = time.monotonic()
while time.monotonic() < began + 10:
    found = re.search(r"http://\S+", Path("printed").read_text())
    try:
        if found and b"signedin demo" in urlopen(f"{found[0]}/settings/account").read():
            print(f"[demo] the page was there after {time.monotonic() - began:.1f} s")
            sys.exit(0)
    except URLError:
        pass
    time.sleep(0.05)
sys.exit("[demo] FAILED: no page after 10 s")
EOF

kill -INT "$demo" 2>/dev/null
code=0
wait "$demo" || code=$?
demo=""
if [ "$code" != 0 ] || [ -n "$(ls -A tmp)" ] || [ -s told ]; then
    step "FAILED: exit code $code; left behind: $(ls -A tmp); said: $(cat told)"
    exit 1
fi
step "gone without a trace"
