"""The documentation says everything there is: what is added must be written down."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import signedin
from signedin import asgi
from signedin.accounts import errors as account_errors
from signedin.cli.main import _GROUPS
from signedin.cli.settings import Settings
from signedin.core import errors as core_errors
from signedin.core.event import EventKind, Scope
from signedin.core.permission import ActorKind
from signedin.core.session import EndedReason, Refusal
from signedin.wiring import open_store
from tests.docs.pages import DOCS, ROOT
from tools.command_line import commands


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def rows(text: str) -> set[str]:
    """What stands first, as code, in the rows of the tables."""
    return set(re.findall(r"^\| `([\w-]+)[^`|]*`", text, re.M))


def test_every_setting_is_in_the_documentation() -> None:
    assert {field.name for field in dataclasses.fields(Settings)} <= rows(
        page("reference/settings.md")
    )


def test_every_command_is_in_the_reference_and_in_a_page_that_says_what_for() -> None:
    told = "\n".join(
        path.read_text("utf-8")
        for path in [*DOCS.rglob("*.md"), ROOT / "README.md"]
        if path.name != "command-line.md"
    )

    names = [name for name, _ in commands()]
    assert {name.split()[1] for name in names[1:]} == set(_GROUPS)
    for name in names:
        assert f"# {name}\n" in page("reference/command-line.md")
        assert name in told, f"{name} stands in no how-to"


@pytest.mark.parametrize("words", [EventKind, EndedReason, ActorKind], ids=lambda w: w.__name__)
def test_every_word_that_is_stored_has_a_row(
    words: type[EventKind] | type[EndedReason] | type[ActorKind],
) -> None:
    assert {word.value for word in words} <= rows(page("reference/events.md"))


def test_every_scope_is_told() -> None:
    assert [word for word in Scope if f"`{word}`" not in page("reference/events.md")] == []


def test_every_reason_why_a_check_opens_nothing_has_a_row() -> None:
    assert {word.value for word in Refusal} <= rows(page("reference/errors.md"))


def test_every_exception_has_a_row() -> None:
    raised = {
        name
        for module in (core_errors, account_errors)
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, core_errors.SignedInError)
    }

    assert raised <= rows(page("reference/errors.md"))


def test_everything_public_in_python_is_told() -> None:
    text = page("reference/python.md")
    methods = {
        name for name, _ in inspect.getmembers(signedin.Sessions, inspect.isfunction)
        if not name.startswith("_")
    }  # fmt: skip
    functions = {
        name for name, value in vars(asgi).items()
        if getattr(value, "__module__", "").startswith(asgi.__name__) and not name.startswith("_")
    }  # fmt: skip

    methods -= {"flush_if_possible"}  # for what is built on the service, such as the policies

    assert len(methods) > 10
    assert methods | functions | {"check_held", "DataSettings"} <= rows(text)
    assert [name for name in signedin.__all__ if f"{name}" not in text] == []


def test_every_column_of_the_database_is_told(tmp_path: Path) -> None:
    text = page("reference/kept.md")
    store = open_store(f"sqlite:///{tmp_path}/sessions.db")
    store.migrate()
    store.close()
    with closing(sqlite3.connect(tmp_path / "sessions.db")) as shell:
        found = shell.execute(
            "SELECT c.name FROM sqlite_schema t, pragma_table_info(t.name) c "
            "WHERE t.type = 'table' AND t.name LIKE 'signedin%' AND t.name <> 'signedin_schema'"
        )
        columns = {name for (name,) in found}

    assert {"token_hash", "last_address", "email"} <= columns
    assert {column for column in columns if f"`{column}`" not in text} == set()
