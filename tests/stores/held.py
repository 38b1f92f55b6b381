"""What tests of held data do with a session's data."""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from signedin.core.app_data import DataChange
from signedin.core.session import Rotated, Started
from signedin.wiring import Sessions
from tests.clients import client
from tests.databases import sqlite_store


def start(sessions: Sessions, value: Any = 0) -> Started:
    data = json.dumps({"value": value})
    return sessions.start("42", client(), methods=["pwd"], data=data)


def put(sessions: Sessions, started: Started | Rotated, value: Any) -> None:
    sessions.data.change(started.session.id, DataChange({"value": value}))


def read(sessions: Sessions, started: Started | Rotated) -> Any:
    """As a request does: the session is checked, then its data read."""
    assert sessions.check(started.token, client()).session is not None
    text = sessions.data.read(started.session.id)
    return None if text is None else json.loads(text).get("value")


def hold(sessions: Sessions, started: Started) -> None:
    read(sessions, started)
    read(sessions, started)


def reads_of(sessions: Sessions, started: Started, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the database is asked when a session's data is read once."""
    asked = []
    rows = sqlite_store(sessions).rows

    def noted(statement: str, **values: Any) -> Any:
        asked.append(statement)
        return rows(statement, **values)

    with monkeypatch.context() as patch:
        patch.setattr(sessions.store, "rows", noted)
        read(sessions, started)
    return asked.count("data_and_number")


def write(shell: sqlite3.Connection, started: Started, value: Any) -> None:
    shell.execute(
        "UPDATE signedin_sessions SET data = ? WHERE id = ?",
        (json.dumps({"value": value}), started.session.id),
    )


def begin_to_write(
    shell: sqlite3.Connection, sessions: Sessions, started: Started, value: Any
) -> None:
    """As far as a writer gets before the commit."""
    shell.execute("BEGIN IMMEDIATE")
    with sqlite_store(sessions).announcing_data(shell, started.session.id):
        write(shell, started, value)


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """As on a full disk: a write stops at ``size`` bytes, and the next one fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
