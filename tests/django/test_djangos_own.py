"""Django's own tests of sessions hold here, and a project's tests by Django's runner."""

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
ENGINES = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])


def run(program: str, *arguments: str) -> int:
    """Run a program of tests that must all pass; how many there were."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.django.{program}", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    (count,) = re.findall(r"^tests: (\d+)$", done.stdout, re.M)
    return int(count)


@pytest.mark.parametrize(("run_by", "least"), [("runner", 130), ("server", 60)])
@ENGINES
def test_djangos_own_tests_of_sessions_pass(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, run_by: str, least: int
) -> None:
    assert THEIRS.exists(), "run tools/django_tests.sh: it fetches Django's own tests"
    if engine == "postgresql":
        url = request.getfixturevalue("cluster").make()
    else:
        url = ":memory:" if run_by == "runner" else f"sqlite:///{tmp_path}/sessions.db"

    assert run("djangos_own_tests", str(THEIRS), url, run_by) >= least


@ENGINES
def test_a_projects_own_tests_see_sessions_and_the_page_in_their_transactions(
    request: pytest.FixtureRequest, engine: str
) -> None:
    url = ":memory:" if engine == "sqlite" else request.getfixturevalue("cluster").make()

    assert run("tests_in_a_runner", url) >= 7
