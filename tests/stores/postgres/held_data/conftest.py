"""Two nodes on one database."""

from __future__ import annotations

import pytest

from signedin.wiring import Sessions
from tests.databases import Open


@pytest.fixture
def here(open_sessions: Open) -> Sessions:
    return open_sessions()


@pytest.fixture
def node(open_sessions: Open) -> Sessions:
    return open_sessions()
