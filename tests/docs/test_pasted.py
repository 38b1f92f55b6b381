"""What a program writes into the documentation is what it would write today."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from signedin.accounts import attempts
from signedin.cli.settings import Settings
from signedin.web import problems
from signedin.web.app import OPERATIONS
from signedin.web.limits import PER_PERSON, RESERVED
from signedin.web.own_limit import CHANGES
from tools.api_table import API
from tools.command_line import COMMANDS, commands, reference
from tools.pasted import Pasted
from tools.problem_table import PROBLEMS
from tools.settings_table import SETTINGS, table


@pytest.mark.parametrize(
    "pasted", [SETTINGS, COMMANDS, PROBLEMS, API], ids=lambda pasted: str(pasted.what)
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


def test_the_table_has_each_operation_with_what_it_takes_and_answers() -> None:
    rows = API.make().splitlines()[2:]

    assert len(rows) == len(OPERATIONS)
    assert rows[0].startswith(
        "| `POST /api/v1/sessions` `{email, password, persistent?, end?}` | Log in. "
    )
    assert rows[0].endswith(" | 201 Session |")
    assert any(row.startswith("| `GET /api/v1/sessions?limit&cursor` |") for row in rows)


def test_the_one_table_of_limits_has_the_figures_that_hold() -> None:
    page = SETTINGS.page.read_text("utf-8")

    assert (
        f"| lists and ends | {PER_PERSON} a minute for a person in each process, "
        f"of these {RESERVED} for each session alone |"
    ) in page
    assert f"| a person's own limit | {CHANGES} changes in 24 hours |" in page
    minutes = attempts.WINDOW // timedelta(minutes=1)
    assert f"| {attempts.PER_ACCOUNT} in {minutes} minutes, then a wait of 1 minute that " in page
    assert f"| {attempts.PER_SOURCE} in {minutes} minutes, then the same |" in page
    assert attempts.FIRST_WAIT // timedelta(minutes=1) == 1
    assert f"that doubles up to {attempts.LONGEST_WAIT // timedelta(minutes=1)} |" in page


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="has lost the marks"):
        SETTINGS.within("# Settings")
