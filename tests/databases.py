"""Fixtures: a service on a real database, with a clock that stands still."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest

from signedin.stores.postgres import store as postgres
from signedin.stores.sqlite.store import SqliteStore
from signedin.wiring import Sessions
from tests.clock import FixedClock

Open = Callable[..., Sessions]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def url(database: Path) -> str:
    return f"sqlite:///{database}"


@pytest.fixture
def open_sessions(url: str, clock: FixedClock) -> Iterator[Open]:
    """Open the same database as often as a test likes: each one is like another process."""
    opened: list[Sessions] = []

    def open_another(**settings: Any) -> Sessions:
        sessions = Sessions(url, **{"clock": clock, **settings})
        opened.append(sessions)
        return sessions

    yield open_another
    for sessions in opened:
        sessions.close()


@pytest.fixture
def sessions(open_sessions: Open) -> Sessions:
    return open_sessions()


@contextmanager
def shell(url: str) -> Iterator[Any]:
    """A person in a database shell: a connection whose ``execute`` answers a cursor."""
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield connection
    else:
        with psycopg.connect(url, autocommit=True) as session:
            yield session


@contextmanager
def locked(url: str, sessions: Sessions) -> Iterator[None]:
    """Somebody else holds the write lock; nobody here waits for it long."""
    with ExitStack() as stack:
        if isinstance(sessions.store, SqliteStore):
            for connection in (sessions.store._durable, sessions.store._flushing):
                with connection.use() as opened:
                    opened.execute("PRAGMA busy_timeout = 20")
            begin = "BEGIN IMMEDIATE"
        else:
            for name in ("_WRITE", "_FLUSH"):
                impatient = getattr(postgres, name).replace(b"timeout = 5000", b"timeout = 20")
                stack.enter_context(patch.object(postgres, name, impatient))
            begin = f"BEGIN; SELECT pg_advisory_xact_lock({postgres.WRITERS})"
        other = stack.enter_context(shell(url))
        other.execute(begin)
        yield
        other.execute("ROLLBACK")


def sqlite_store(sessions: Sessions) -> SqliteStore:
    """The store of sessions that are in a SQLite file, for a look inside."""
    assert isinstance(sessions.store, SqliteStore)
    return sessions.store
