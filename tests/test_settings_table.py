"""The table of settings in the documentation is the class that reads them."""

from __future__ import annotations

import dataclasses

import pytest

from signedin.cli.settings import Settings
from tools.settings_table import PAGE, table, with_table


def test_the_table_in_the_documentation_is_not_stale() -> None:
    page = PAGE.read_text("utf-8")

    assert page == with_table(page), "run: python -m tools.settings_table"


def test_the_table_has_each_setting_with_its_default_and_what_it_does() -> None:
    rows = table().splitlines()[2:]

    assert [row.split("`")[1] for row in rows] == [f.name for f in dataclasses.fields(Settings)]
    assert "| `idle_timeout` | `14d` | longest time between two uses of a session |" in rows
    assert "| `remember_browsers` | `true` |" in table()
    assert "| `trusted_proxies` | none |" in table()


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="has lost the marks"):
        with_table("# Operating")
