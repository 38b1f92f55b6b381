"""Fixtures: a service on a real SQLite file, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

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
def open_sessions(database: Path, clock: FixedClock) -> Iterator[Open]:
    """Open the same database as often as a test likes: each one is like another process."""
    opened: list[Sessions] = []

    def open_another(**settings: Any) -> Sessions:
        sessions = Sessions(f"sqlite:///{database}", **{"clock": clock, **settings})
        opened.append(sessions)
        return sessions

    yield open_another
    for sessions in opened:
        sessions.close()


@pytest.fixture
def sessions(open_sessions: Open) -> Sessions:
    return open_sessions()
