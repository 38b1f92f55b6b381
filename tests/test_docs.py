"""The documentation is run, and says everything there is."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from signedin.cli.main import _GROUPS
from signedin.cli.settings import PREFIX, Settings
from signedin.web import problems
from signedin.web.problems import Problem

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


SNIPPETS = [
    pytest.param(code, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, code in enumerate(blocks(page, "python"))
]


@pytest.mark.parametrize("code", SNIPPETS)
def test_every_python_snippet_runs(code: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )

    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    links = re.findall(r"\]\(([^)#]+?)(?:#[\w-]+)?\)", text) + re.findall(r'src="([^"]+)"', text)

    for link in links:
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_every_setting_is_in_the_documentation() -> None:
    text = (ROOT / "docs/operating.md").read_text("utf-8")

    missing = [f.name for f in dataclasses.fields(Settings) if f"`{f.name}`" not in text]
    assert missing == []


def test_every_command_of_the_documentation_exists() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    commands = {
        " ".join(found.split()[:2])
        for page in PAGES
        for found in re.findall(rf"signedin ((?:{'|'.join(_GROUPS)})(?: [a-z]+)?)",
                                page.read_text("utf-8"))
    }  # fmt: skip
    assert {command.split()[0] for command in commands} == set(_GROUPS)
    for command in commands:
        run = subprocess.run(
            [sys.executable, "-m", "signedin", *command.split(), "--help"],
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, (command, run.stderr)


def test_every_problem_code_is_in_the_documentation() -> None:
    text = (ROOT / "docs/api.md").read_text("utf-8")
    known = [value for value in vars(problems).values() if isinstance(value, Problem)]
    known += [problems.invalid(""), problems.store_unavailable(""), problems.outcome_unknown("")]
    known += [problems.too_many_attempts(timedelta(minutes=1), lambda one, other, n: one)]

    missing = {p.code for p in known if f"| `{p.code}` | {p.status} |" not in text}
    assert missing == set()
