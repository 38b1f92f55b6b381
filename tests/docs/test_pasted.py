"""What a program writes into the documentation is what it would write today."""

from __future__ import annotations

import dataclasses

import pytest

from signedin.cli.settings import Settings
from signedin.web import problems
from tools.command_line import COMMANDS, commands, reference
from tools.pasted import Pasted
from tools.problem_table import PROBLEMS
from tools.settings_table import SETTINGS, table


@pytest.mark.parametrize(
    "pasted", [SETTINGS, COMMANDS, PROBLEMS], ids=lambda pasted: str(pasted.what)
)
def test_no_pasted_part_is_stale(pasted: Pasted) -> None:
    page = pasted.page.read_text("utf-8")

    assert page == pasted.within(page), f"run: python -m {pasted.tool}"


def test_the_table_has_each_setting_with_its_default_and_what_it_does() -> None:
    rows = table().splitlines()[2:]

    assert [row.split("`")[1] for row in rows] == [f.name for f in dataclasses.fields(Settings)]
    assert "| `idle_timeout` | `14d` | longest time between two uses of a session |" in rows
    assert "| `remember_browsers` | `true` |" in table()
    assert "| `trusted_proxies` | none |" in table()


def test_the_page_has_each_command_below_each_group() -> None:
    names = [name for name, _ in commands()]

    assert {"signedin", "signedin serve", "signedin users add", "signedin geo status"} <= {*names}
    for name in names:
        assert f"# {name}\n\n```text\nusage: {name} [-h]" in reference()


def test_the_table_has_each_code_with_its_status_and_its_words() -> None:
    known = [value for value in vars(problems).values() if isinstance(value, problems.Problem)]

    assert len(known) > 15
    for problem in known:
        assert f"| `{problem.code}` | {problem.status} | {problem.detail} |" in PROBLEMS.make()


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="has lost the marks"):
        SETTINGS.within("# Settings")
