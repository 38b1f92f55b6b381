"""Processes on one SQLite file: each ``Sessions`` is like another, and the test is its watch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.wiring import Sessions
from tests.clients import client, held

ROOT = Actor.admin("root")


def hold(sessions: Sessions, started: Started) -> None:
    sessions.check(started.token, client())
    sessions.check(started.token, client())
    assert is_held(sessions, started)


def is_held(sessions: Sessions, started: Started) -> bool:
    return held(sessions, started.token) is not None


def is_live(sessions: Sessions, started: Started) -> bool:
    return sessions.check(started.token, client()).session is not None


def terminate(sessions: Sessions, started: Started) -> None:
    sessions.terminate(started.session.id, user_id=None, by=ROOT)


def look(sessions: Sessions, times: int = 1) -> None:
    for _ in range(times):
        sessions.store.watch()


@contextmanager
def restored(shell: sqlite3.Connection) -> Iterator[None]:
    """What happens in the block is lost: the database is as it was before."""
    with closing(sqlite3.connect(":memory:")) as backup:
        shell.backup(backup)
        yield
        backup.backup(shell)
