"""Django's migrations in a database that is in use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connections

from signedin.django.schema import bring_up_to
from signedin.stores.postgres.store import WRITERS
from tests.cluster import Cluster
from tests.django.conftest import use_database
from tests.django.project import databases
from tests.waiting import wait_until

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture(params=[5, 7])
def number(request: pytest.FixtureRequest) -> int:
    """Of a migration that copies the table of sessions."""
    found: int = request.param
    return found


@pytest.fixture
def url(cluster: Cluster, number: int) -> Iterator[str]:
    """A database with the tables before that."""
    url = cluster.make()
    use_database("default", databases(url))
    migrate(number - 1)
    yield url
    connections["default"].close()


def migrate(number: int) -> None:
    connection = connections["default"]
    try:
        with connection.schema_editor() as editor:
            bring_up_to(None, editor, number=number)
    finally:
        connection.close()


def test_who_writes_ends_what_was_begun_and_the_migration_waits(url: str, number: int) -> None:
    with (
        ThreadPoolExecutor() as others,
        psycopg.connect(url) as writer,
        psycopg.connect(url, autocommit=True) as watcher,
    ):
        writer.execute("SELECT pg_advisory_xact_lock(%s)", (WRITERS,))
        writer.execute("SELECT id FROM signedin_sessions")
        migration = others.submit(migrate, number)
        wait_until(lambda: watcher.execute(WAITING).fetchone() == (1,))

        writer.execute("UPDATE signedin_sessions SET name = 'mine'")
        writer.commit()
        migration.result(timeout=10)

        versions = "SELECT max(version) FROM signedin_schema"
        assert watcher.execute(versions).fetchone() == (number,)
