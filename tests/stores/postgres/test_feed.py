"""A feed that is lost or silent empties memory, and comes back by itself (freshness.md, feed)."""

from __future__ import annotations

import resource

import pytest

from signedin.core.errors import InvalidSettingError, StoreUnavailableError
from signedin.stores.postgres import feed as feed_module
from signedin.stores.postgres.connections import Connections
from signedin.stores.postgres.feed import Feed
from signedin.stores.postgres.lease import Lease, now
from signedin.stores.postgres.patience import PatientConnection
from signedin.wiring import Sessions
from tests.clients import client, held
from tests.databases import Open, shell
from tests.nodes import LEASE, feed_of, hold_in_memory, is_live, start, store_of, terminate
from tests.proxy import Proxy
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


def end_feed(url: str, feed: Feed) -> None:
    with shell(url) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE query LIKE %s AND state = 'idle'",
            (f"LISTEN%{feed.node}",),
        )


def test_a_feed_that_is_lost_empties_memory_at_once_and_comes_back(
    url: str, sessions: Sessions
) -> None:
    started = start(sessions)
    hold_in_memory(sessions, started)
    forgotten = sessions._memory.changes

    end_feed(url, feed_of(sessions))

    wait_until(lambda: sessions._memory.changes > forgotten)
    assert sessions._memory.entries == {}
    hold_in_memory(sessions, started)


def test_a_lost_feed_drops_the_lease_before_it_runs_out(
    open_sessions: Open, there: Sessions, proxy: Proxy
) -> None:
    here = open_sessions()
    started = start(here)
    hold_in_memory(there, started)
    until = store_of(there)._lease.until

    proxy.cut()

    wait_until(lambda: store_of(there)._lease.until == 0.0)
    assert now() < until
    assert is_live(there, started)
    there.check(started.token, client())
    assert held(there, started.token) is None
    terminate(here, started)
    assert not is_live(there, started)
    another = start(here)
    proxy.mend()
    hold_in_memory(there, another)


def test_a_feed_that_stays_silent_is_opened_anew(
    sessions: Sessions, there: Sessions, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "SILENCE", 0.5)
    started = start(sessions)
    hold_in_memory(there, started)
    silent = feed_of(there)._connection
    proxy.hold()

    wait_until(lambda: silent.closed)
    proxy.let_go()
    hold_in_memory(there, started)


def test_a_process_without_room_for_a_file_gets_its_feed_back_when_there_is_some(
    url: str, sessions: Sessions
) -> None:
    started = start(sessions)
    hold_in_memory(sessions, started)
    feed, (soft, hard) = feed_of(sessions), resource.getrlimit(resource.RLIMIT_NOFILE)
    with shell(url) as other:
        forgotten = sessions._memory.changes
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        try:
            wait_until(lambda: sessions._memory.changes > forgotten + 1)
            assert not sessions.store.is_fresh()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert other.execute("SELECT 1").fetchone() == (1,)
    hold_in_memory(sessions, started)
    assert feed_of(sessions) is feed


def test_a_feed_that_cannot_be_begun_is_a_database_that_cannot_be_used(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr("socket.socketpair", fail)
        with pytest.raises(StoreUnavailableError, match="Too many open files"):
            start(sessions)
    hold_in_memory(sessions, start(sessions))


def test_an_outage_of_the_feed_is_told_once(
    there: Sessions, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    started = start(there)
    for outages in (1, 2):
        hold_in_memory(there, started)
        forgotten = there._memory.changes
        proxy.cut()
        wait_until(lambda: there._memory.changes >= forgotten + 6)  # noqa: B023
        told = [line for line in caplog.messages if "the feed is broken" in line]
        assert outages <= len(told) <= 2 * outages, "how it broke, and why it stays so"
        proxy.mend()


def test_what_comes_while_a_feed_begins_to_listen_is_applied(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = PatientConnection.say

    def say_and_be_told(connection: PatientConnection, statements: bytes) -> object:
        results = say(connection, statements)
        if statements.startswith(b"LISTEN"):
            with shell(url) as other:
                other.execute("""NOTIFY signedin, 'changed ["0"]'""")
            connection.execute("SELECT 'with whose answer it comes'")
        return results

    monkeypatch.setattr(PatientConnection, "say", say_and_be_told)
    connections, applied = Connections(url, most=1, patience=1.0), list[object]()
    feed = Feed(connections.connect, connections, Lease(), applied.append, lambda: None)
    feed.start()

    wait_until(lambda: ["0"] in applied)
    feed.stop()


def test_what_is_told_of_the_feed_is_so(
    open_sessions: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For `/metrics` and `doctor`: how many nodes there are, and how well this one hears."""
    looking, serving = open_sessions(), open_sessions()
    hold_in_memory(serving, start(looking))

    told, without = serving.measures.feed(), looking.measures.feed()

    assert told is not None
    assert without is not None
    assert (told.nodes, without.nodes) == (1, 1)
    assert 0 < told.lag <= told.lease_age < LEASE
    assert without.lease_age == float("inf")
    assert told.queue_used < 0.1
    store_of(serving)._lease.until = 0.0
    monkeypatch.setattr(Feed, "_grant", lambda feed, sent: None)
    after = serving.measures.feed()
    assert after is not None
    assert after.lease_age == float("inf")


def test_only_postgresql_has_a_feed() -> None:
    with pytest.raises(InvalidSettingError, match="only a PostgreSQL"):
        Sessions("sqlite:///x.db", feed="postgresql:///x")
