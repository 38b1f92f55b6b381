"""Whatever the server, the database or the role is set to, the same holds."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest

from signedin.core.errors import InvalidSettingError
from signedin.core.permission import Actor
from signedin.wiring import Sessions
from tests.clients import client
from tests.cluster import Cluster
from tests.databases import shell
from tests.nodes import LEASE, feed_of, hold_in_memory, seconds, start, store_of, terminate
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

NAME = "König 狐 🦊 O'Brien \\ %s"
UNUSUAL = (
    "standard_conforming_strings = off",
    "bytea_output = 'escape'",
    "DateStyle = 'German, DMY'",
    "TimeZone = 'Asia/Kathmandu'",
    "lock_timeout = '1ms'",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_deferrable = on",
    "transform_null_equals = on",
    "session_replication_role = replica",
    "client_min_messages = debug1",
)


def a_database(cluster: Cluster, *settings: str) -> str:
    """A new one, where every connection begins with these settings."""
    url = cluster.make()
    name = PurePosixPath(urlsplit(url).path).name
    with shell(url) as other:
        for setting in settings:
            other.execute(f"ALTER DATABASE {name} SET {setting}")
    return url


def test_names_in_all_scripts_are_kept_where_clients_are_taken_to_write_another(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "SQL_ASCII")
    sessions = Sessions(a_database(cluster, "client_encoding = 'LATIN1'"))

    started = start(sessions, NAME)
    sessions.rename(started.session.id, NAME, user_id=NAME, by=Actor.user(started.session.id))

    hold_in_memory(sessions, started)
    assert [found.name for found in sessions.list(NAME)] == [NAME]
    sessions.close()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
def test_a_database_that_cannot_hold_every_name_is_refused_before_anything_is_in_it(
    cluster: Cluster, encoding: str
) -> None:
    url = cluster.make(f"TEMPLATE template0 ENCODING '{encoding}'")
    sessions = Sessions(url)

    with pytest.raises(InvalidSettingError, match=f"encoding is {encoding}.* ENCODING 'UTF8'"):
        start(sessions)
    with shell(url) as other:
        assert other.execute("SELECT to_regclass('signedin_schema')").fetchone() == (None,)
    sessions.close()


def test_a_feed_lasts_where_the_server_cuts_off_who_says_nothing(cluster: Cluster) -> None:
    sessions = Sessions(a_database(cluster, "idle_session_timeout = '100ms'"))
    started = start(sessions)
    hold_in_memory(sessions, started)
    listening, granted = feed_of(sessions)._connection, store_of(sessions)._lease.until

    wait_until(lambda: store_of(sessions)._lease.until > granted + 0.5)

    assert feed_of(sessions)._connection is listening
    receipt = terminate(sessions, started)
    assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (1, 0)
    assert seconds(receipt) < LEASE
    sessions.close()


def test_an_end_is_as_quick_and_as_sure_with_unusual_settings(cluster: Cluster) -> None:
    here, there = (Sessions(url) for url in [a_database(cluster, *UNUSUAL)] * 2)
    started = start(here, NAME)
    hold_in_memory(there, started)

    receipt = terminate(here, started)

    assert receipt.leases_waited_out == 0
    assert there.check(started.token, client()).session is None
    for sessions in (here, there):
        sessions.close()
