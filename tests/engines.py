"""Fixtures that run each test on every engine: on a SQLite file, and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster, running_cluster

ENGINES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One server for all tests of this process; each test has a database of its own."""
    with running_cluster() as running:
        yield running


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """One that a test may stop."""
    with running_cluster() as running:
        yield running


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_on(request.param, tmp_path, request)


def url_on(engine: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a database with nothing in it."""
    if engine == "sqlite":
        return f"sqlite:///{folder}/sessions.db"
    made: Cluster = request.getfixturevalue("cluster")
    return made.emptied()
