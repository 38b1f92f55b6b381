"""Memory needs a lease that a heartbeat gave, and a row the server that took the heartbeat."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from signedin.core.errors import OutcomeUnknownError, StoreUnavailableError
from signedin.service.ports import Reads
from signedin.stores.postgres import feed as feed_module
from signedin.stores.postgres.connections import Connections
from signedin.stores.postgres.feed import Feed
from signedin.stores.postgres.lease import Lease, now
from signedin.wiring import Sessions
from tests.clients import client, held
from tests.databases import Open, shell
from tests.nodes import LEASE, feed_of, hold_in_memory, is_live, start, store_of, terminate
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


def test_the_length_of_the_lease_is_one_for_all(url: str, sessions: Sessions) -> None:
    sessions.list("42")
    with shell(url) as other:
        for statement in (
            "UPDATE signedin_meta SET value = 1 WHERE name = 'lease'",
            "DELETE FROM signedin_meta WHERE name = 'lease'",
        ):
            with pytest.raises(psycopg.IntegrityError, match="one length of the lease"):
                other.execute(statement)

    assert store_of(sessions)._lease.length == LEASE


def test_a_lease_runs_from_when_the_heartbeat_was_sent_and_a_little_shorter() -> None:
    lease = Lease()
    forgotten: list[Collection[str] | None] = []
    lease.length = LEASE
    nowhere = Connections("postgresql:///nowhere", most=1, patience=1.0)
    feed = Feed(nowhere.connect, nowhere, lease, forgotten.append, lambda: None)
    feed._hears, sent = True, now() - 1
    for number, when in ((1, sent - LEASE), (2, sent), (3, sent - 0.5)):
        feed._committed[number] = when
        feed._take_beat(number)
        assert lease.until == max(when, sent if number > 1 else 0) + 0.99 * LEASE
        assert lease.holds() == (number > 1)

    assert forgotten == [(), ()], "what was being read while there was none is not kept"


def test_a_heartbeat_sent_before_the_feed_was_lost_is_no_lease_after(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then the list may say that the node holds none, and nobody would wait for it."""
    nowhere = Connections("postgresql:///nowhere", most=1, patience=1.0)
    lease = Lease()
    lease.length = LEASE
    feed = Feed(nowhere.connect, nowhere, lease, lambda subjects: None, lambda: None)
    feed._hears = True

    @contextmanager
    def begun(begin: bytes) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(cursor=lambda: None)

    def lose_and_come_back(connection: object) -> None:
        feed._lose()
        feed._hears = True

    def lose_come_back_and_hear_it(connection: object) -> None:
        lose_and_come_back(connection)
        feed._take_beat(2)

    monkeypatch.setattr(nowhere, "begun", begun)
    monkeypatch.setattr(feed_module, "execute", lambda *words: ([("server", "")], 1))
    monkeypatch.setattr(feed_module, "commit", lose_and_come_back)
    feed._beat()
    feed._take_beat(1)
    assert not lease.holds()

    monkeypatch.setattr(feed_module, "commit", lose_come_back_and_hear_it)
    feed._beat()
    assert not lease.holds()


def test_a_heartbeat_that_may_not_hold_is_no_lease(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL did not wait for the standby: another server may be the primary."""

    def commit(connection: Any) -> None:
        connection.execute(b"COMMIT")
        raise OutcomeUnknownError("canceling wait for synchronous replication")

    started = start(sessions)
    monkeypatch.setattr(feed_module, "commit", commit)

    with pytest.raises(OutcomeUnknownError):
        sessions.check(started.token, client())

    wait_until(lambda: feed_of(sessions)._returned != set())
    assert not sessions.store.is_fresh()


def test_a_row_counts_only_while_a_heartbeat_is_committed_there_within_a_lease(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cannot write may be asking a server that another has taken the place of (I4: 503)."""
    started = start(sessions)
    hold_in_memory(sessions, started)
    feed = feed_of(sessions)

    def fail(feed: Feed) -> None:
        raise StoreUnavailableError("read-only")

    monkeypatch.setattr(Feed, "_beat", fail)
    feed._vouched = (feed._vouched[0], now())
    sessions._memory.forget(None)

    with pytest.raises(StoreUnavailableError):
        sessions.check(started.token, client())


def test_a_row_of_another_server_than_the_heartbeats_does_not_count(sessions: Sessions) -> None:
    started = start(sessions)
    hold_in_memory(sessions, started)
    feed = feed_of(sessions)
    ours, until = feed._vouched
    sessions._memory.forget(None)

    feed._vouched = ("another", until)
    assert is_live(sessions, started), "a heartbeat to the same server comes first"
    assert feed._vouched[0] == ours

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Feed, "_beat", lambda feed: None)
        feed._vouched = ("another", until + 60)
        sessions._memory.forget(None)
        with pytest.raises(StoreUnavailableError, match="moved to another server"):
            sessions.check(started.token, client())


def test_a_node_that_finds_a_new_primary_lets_go_of_its_connections_to_the_former(
    sessions: Sessions,
) -> None:
    """One that lay idle while the former hung would tell who logs out of a new session: done."""
    started = start(sessions)
    hold_in_memory(sessions, started)
    feed, store = feed_of(sessions), store_of(sessions)
    sessions.everybodys()
    pools = [store._reading, store._writing, store._scanning]
    with feed._beating:
        feed._beat()
        assert all(pool._idle for pool in pools), "the same one as before"
        with store._reading.begun(b"BEGIN"):
            feed._vouched = "former", feed._vouched[1]
            feed._beat()
        assert not any(pool._idle for pool in pools)

    assert is_live(sessions, started)


def test_a_change_while_the_row_is_read_keeps_it_out_of_memory(
    open_sessions: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = open_sessions(), open_sessions()
    started = start(here)
    hold_in_memory(there, started)
    there._memory.forget(None)
    looking_up = there.store.looking_up

    @contextmanager
    def looking_up_meanwhile() -> Iterator[Reads]:
        with looking_up() as reads:
            yield reads
            terminate(here, started)

    monkeypatch.setattr(there.store, "looking_up", looking_up_meanwhile)
    assert is_live(there, started), "it was when the request began"
    monkeypatch.undo()

    assert there.store.is_fresh()
    assert held(there, started.token) is None
    assert not is_live(there, started)
