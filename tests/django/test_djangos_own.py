"""Django's own tests of sessions hold for `signedin.django`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import django
import pytest

ROOT = Path(__file__).parents[2]
THEIRS = ROOT / "var" / f"django-{django.__version__}"


@pytest.mark.parametrize(("run_by", "least"), [("runner", 130), ("server", 60)])
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_djangos_own_tests_of_sessions_pass(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, run_by: str, least: int
) -> None:
    assert THEIRS.exists(), "run tools/django_tests.sh: it fetches Django's own tests"
    if engine == "postgresql":
        url = request.getfixturevalue("cluster").make()
    else:
        url = ":memory:" if run_by == "runner" else f"sqlite:///{tmp_path}/sessions.db"

    done = subprocess.run(
        [sys.executable, "-m", "tests.django.djangos_own_tests", str(THEIRS), url, run_by],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    (count,) = re.findall(r"^tests: (\d+)$", done.stdout, re.M)
    assert int(count) >= least
