from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from signedin.core.session import Started
from signedin.wiring import Sessions
from tests.clients import client
from tests.databases import Open, clock, database, open_sessions, sessions, url
from tests.processes import hold

__all__ = ["clock", "database", "open_sessions", "sessions", "url"]


@pytest.fixture
def here(open_sessions: Open) -> Sessions:
    return open_sessions()


@pytest.fixture
def there(open_sessions: Open) -> Sessions:
    return open_sessions()


@pytest.fixture
def started(here: Sessions, there: Sessions) -> Started:
    """A session that both processes hold in memory."""
    started = here.start("42", client(), methods=["pwd"])
    hold(here, started)
    hold(there, started)
    return started


@pytest.fixture
def shell(database: Path, here: Sessions) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield connection
