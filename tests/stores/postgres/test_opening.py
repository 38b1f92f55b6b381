"""The database is migrated on first use, once; its password stands in no error."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import psycopg
import pytest

from signedin.core.errors import InvalidSettingError, SchemaTooNewError, StoreUnavailableError
from signedin.stores import migrate
from signedin.stores.postgres.store import WRITERS
from signedin.wiring import Sessions, open_store
from tests.clients import client
from tests.cluster import Cluster
from tests.databases import shell
from tests.waiting import wait_until

ALL = migrate.migrations("postgres")
VERSIONS = [number for number, _, _ in ALL]
LIST = (
    "import sys; from signedin.wiring import Sessions; "
    "s = Sessions(sys.argv[1]); s.list('42'); s.close()"
)


def test_many_threads_and_processes_migrate_it_once(cluster: Cluster) -> None:
    url = cluster.make()
    processes = [subprocess.Popen([sys.executable, "-c", LIST, url]) for _ in range(3)]
    stores = [Sessions(url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert [list(found) for found in pool.map(lambda s: s.list("42"), stores)] == [[]] * 4

    assert [process.wait(60) for process in processes] == [0] * 3
    with shell(url) as connection:
        found = connection.execute("SELECT version FROM signedin_schema ORDER BY 1").fetchall()
    assert [version for (version,) in found] == VERSIONS
    for sessions in stores:
        sessions.close()


def test_others_wait_for_who_migrates(cluster: Cluster) -> None:
    """The lock is that of the writers; nothing of the schema is there before it is all there."""
    url = cluster.make()
    store = open_store(url)
    with shell(url) as connection, ThreadPoolExecutor(1) as pool:
        connection.execute(f"BEGIN; SELECT pg_advisory_xact_lock({WRITERS})")
        waiting = pool.submit(store.migrate)
        blocked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while connection.execute(blocked).fetchone() == (0,):
            assert not waiting.done()
        assert connection.execute("SELECT to_regclass('signedin_schema')").fetchone() == (None,)
        connection.execute("COMMIT")

        assert len(waiting.result(30)) == len(VERSIONS)
    store.close()


def test_sessions_are_read_while_their_table_is_copied(cluster: Cluster) -> None:
    """Also behind a migration that needed the table for itself for a moment."""
    url = cluster.make()
    store = open_store(url)
    with patch.object(migrate, "migrations", lambda engine: [m for m in ALL if m[0] < 6]):
        store.migrate()
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(url) as writer,
        shell(url) as reader,
    ):
        writer.execute("LOCK TABLE signedin_places IN ROW EXCLUSIVE MODE")
        migrating = pool.submit(store.migrate)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_until(lambda: reader.execute(waiting).fetchone() == (1,))

        reader.execute("SET lock_timeout = '1s'")
        assert reader.execute("SELECT count(*) FROM signedin_sessions").fetchone() == (0,)

        writer.rollback()
        assert len(migrating.result(30)) == len([m for m in ALL if m[0] >= 6])
    store.close()


def test_a_newer_schema_is_refused_with_what_to_do(cluster: Cluster) -> None:
    url = cluster.make()
    store = open_store(url)
    store.migrate()
    with shell(url) as connection:
        connection.execute("INSERT INTO signedin_schema VALUES (9999)")
    newcomer = Sessions(url)

    with pytest.raises(SchemaTooNewError, match="Update signedin"):
        newcomer.list("42")
    with pytest.raises(SchemaTooNewError, match="Update signedin"):
        newcomer.start("42", client(), methods=["pwd"])
    newcomer.close()
    store.close()


def test_who_may_not_make_tables_may_use_a_database_that_is_up_to_date(cluster: Cluster) -> None:
    url = cluster.make()
    store = open_store(url)
    store.migrate()
    store.close()
    with shell(url) as connection:
        connection.execute("DROP ROLE IF EXISTS app; CREATE ROLE app LOGIN")
        connection.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app"
        )
    sessions = Sessions(url.replace("user=signedin", "user=app"))

    started = sessions.start("42", client(), methods=["pwd"])

    assert sessions.check(started.token, client()).session is not None
    sessions.close()


def test_a_server_that_is_not_there_is_an_unavailable_store(cluster: Cluster) -> None:
    sessions = Sessions(f"postgresql://u:hidden@/none?host={cluster.folder}/nowhere")

    with pytest.raises(StoreUnavailableError, match="cannot be used") as caught:
        sessions.list("42")
    assert "hidden" not in str(caught.value)
    assert "hidden" not in repr(caught.value.__cause__)
    sessions.close()


def test_a_url_that_cannot_be_understood_is_refused_without_being_repeated() -> None:
    with pytest.raises(InvalidSettingError, match="cannot be understood") as caught:
        Sessions("postgresql://u:hid%den@host/name?x=y")
    assert "hid%den" not in str(caught.value)


def test_without_the_driver_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "signedin.stores.postgres.store", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "signedin.stores.postgres.connections", raising=False)

    with pytest.raises(InvalidSettingError, match=r"pip install 'signedin\[postgres\]'"):
        Sessions("postgresql://host/name")


def test_nothing_is_opened_before_it_is_used(cluster: Cluster) -> None:
    url = cluster.make()
    Sessions(url).close()

    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT to_regclass('signedin_schema')").fetchone()
    assert found == (None,)
