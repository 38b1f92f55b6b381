"""Memory on PostgreSQL is trusted only while it is provably fresh (freshness.md, nodes and lease).

Each ``Sessions`` is like another process: a node of its own, with its own feed and lease.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from signedin.core.errors import InvalidSettingError, OutcomeUnknownError, StoreUnavailableError
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import Receipt, Started
from signedin.service.ports import Heard, Reads
from signedin.stores.postgres import feed as feed_module
from signedin.stores.postgres.confirmations import Confirmations
from signedin.stores.postgres.connections import Connections
from signedin.stores.postgres.feed import Feed
from signedin.stores.postgres.lease import Lease, now
from signedin.stores.postgres.patience import PatientConnection
from signedin.stores.postgres.store import PostgresStore
from signedin.wiring import Sessions
from tests.clients import client, held
from tests.cluster import Cluster, program
from tests.databases import Open, shell
from tests.proxy import Proxy, proxy_before
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

ROOT = Actor.admin("root")
LEASE = 2.0  # seconds


def store_of(sessions: Sessions) -> PostgresStore:
    return cast("PostgresStore", sessions.store)


def feed_of(sessions: Sessions) -> Feed:
    return store_of(sessions)._feed


def start(sessions: Sessions, user_id: str = "42") -> Started:
    return sessions.start(user_id, client(), methods=["pwd"])


def hold_in_memory(sessions: Sessions, started: Started) -> None:
    """Check until the answer comes from memory."""

    def is_held() -> bool:
        assert sessions.check(started.token, client()).session is not None
        return held(sessions, started.token) is not None

    wait_until(is_held)


def is_live(sessions: Sessions, started: Started) -> bool:
    return sessions.check(started.token, client()).session is not None


def terminate(sessions: Sessions, started: Started) -> Receipt:
    return sessions.terminate(started.session.id, user_id=None, by=ROOT)


def seconds(receipt: Receipt) -> float:
    return receipt.took.total_seconds()


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[Proxy]:
    with proxy_before(cluster.folder) as running:
        yield running


@pytest.fixture
def there(url: str, cluster: Cluster, proxy: Proxy, open_sessions: Open) -> Sessions:
    """A node that hears of changes through a proxy."""
    behind = url.replace(cluster.folder.name, proxy.folder.name)
    assert behind != url
    return open_sessions(feed=behind)


@pytest.fixture
def in_background() -> Iterator[Callable[..., Future[Any]]]:
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit


# What tells itself.


@contextmanager
def heard(url: str) -> Iterator[Callable[[], list[list[str]]]]:
    """Answers what changes have told since the last time, in order."""
    with shell(url) as listener:
        listener.execute("LISTEN signedin")

        def read() -> list[list[str]]:
            words = [note.payload.partition(" ") for note in listener.notifies(timeout=0.2)]
            return [json.loads(rest) for word, _, rest in words if word == "changed"]

        yield read


END = "ended_at = 1, ended_reason = 'idle', ended_by_kind = 'policy'"


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    ("statement", "is_told"),
    [
        (f"UPDATE signedin_sessions SET {END}", True),
        ("UPDATE signedin_sessions SET token_used = NULL", True),
        ("UPDATE signedin_sessions SET generation = 0", True),
        ("UPDATE signedin_sessions SET user_id = '43'", True),
        ("UPDATE signedin_sessions SET organizations = '{\"acme\":1}'", True),
        ("UPDATE signedin_sessions SET authenticated_at = 1", True),
        ("UPDATE signedin_sessions SET created_at = 1", True),
        ("UPDATE signedin_sessions SET persistent = 1", True),
        ("UPDATE signedin_sessions SET ends_by = 1", True),
        ("UPDATE signedin_sessions SET methods = '[]'", True),
        ("UPDATE signedin_sessions SET name = 'Office'", True),
        ("DELETE FROM signedin_sessions", True),
        ("UPDATE signedin_sessions SET last_used_at = last_used_at + 1", False),
        ("UPDATE signedin_sessions SET last_address = NULL, name = name", False),
    ],
)
def test_what_memory_may_hold_tells_its_change_and_a_use_is_none(
    url: str, sessions: Sessions, role: str, statement: str, is_told: bool
) -> None:
    started = start(sessions)
    with heard(url) as told, shell(url) as other:
        other.execute(f"SET session_replication_role = {role}")
        other.execute(statement)

        assert told() == [[started.session.id]] * is_told


def test_a_rotation_and_the_first_use_of_the_new_token_tell_themselves(
    url: str, sessions: Sessions
) -> None:
    started = start(sessions)
    with heard(url) as told:
        rotated = sessions.rotate(started.token, methods=["pwd"])
        assert told() == [[started.session.id]]

        sessions.check(rotated.token, client())
        assert told() == [[started.session.id]]


def test_a_policy_tells_whom_it_concerns(url: str, sessions: Sessions) -> None:
    with heard(url) as told:
        for scope, subject in (("user:42", "user:42"), ("organization:a", "*"), ("default", "*")):
            sessions.policies.set(scope, Policy(), by=ROOT, reason="new")
            assert told() == [[subject]]
            sessions.policies.set(scope, Policy(), by=ROOT, reason="replaced")
            assert {name for names in told() for name in names} == {subject}
            with shell(url) as other:  # takes the policy away without a new one
                take = "UPDATE signedin_policies SET replaced_at = %s WHERE replaced_at IS NULL"
                other.execute(take, (10**15,))
            assert told() == [[subject]]


def test_a_table_that_is_emptied_empties_memory(url: str, sessions: Sessions) -> None:
    started = start(sessions)
    hold_in_memory(sessions, started)
    with shell(url) as other:
        other.execute("TRUNCATE signedin_sessions CASCADE")

    wait_until(lambda: not is_live(sessions, started))


@pytest.mark.parametrize(
    ("people", "told_of"),
    [(1, ["user:42"]), (100, [f"user:{number}" for number in range(42, 142)]), (500, ["*"])],
)
def test_many_ends_are_one_notification_of_at_most_8000_bytes(
    url: str, sessions: Sessions, people: int, told_of: list[str]
) -> None:
    """Ids if there is room for them, else whose they are, else all; 8,000 bytes would abort."""
    started = start(sessions)
    long = "x" * 30 if people == 500 else ""
    with heard(url) as told, shell(url) as other:
        other.execute(
            "INSERT INTO signedin_sessions (id, token_hash, generation, user_id, organizations, "
            "created_at, authenticated_at, last_used_at, persistent, methods, client_seq, "
            "first_place_seq) SELECT gen_random_uuid(), sha256(n::text::bytea), "
            "generation, (42 + n %% %s)::text || %s, organizations, created_at, authenticated_at, "
            "last_used_at, persistent, methods, client_seq, first_place_seq "
            "FROM signedin_sessions, generate_series(1, 500) n",
            (people, long),
        )
        assert told() == []
        other.execute(f"UPDATE signedin_sessions SET {END}")

        (subjects,) = told()
    assert sorted(subjects) == sorted(told_of)
    assert not is_live(sessions, started)


def test_many_sessions_that_become_another_persons_tell_of_both(
    url: str, sessions: Sessions
) -> None:
    """Memory still has them as the former person's."""
    started = [start(sessions) for _ in range(250)]
    hold_in_memory(sessions, started[0])
    with heard(url) as told, shell(url) as other:
        other.execute("UPDATE signedin_sessions SET user_id = '43'")

        (subjects,) = told()
    assert sorted(subjects) == ["user:42", "user:43"]
    wait_until(lambda: sessions._memory.entries == {})


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


# What waits for whom.


def test_an_end_waits_until_every_node_has_confirmed(
    open_sessions: Open, there: Sessions, proxy: Proxy, in_background: Callable[..., Future[Any]]
) -> None:
    here = open_sessions()
    for _ in range(5):
        started = start(here)
        hold_in_memory(here, started)
        hold_in_memory(there, started)
        proxy.hold()
        ending = in_background(terminate, here, started)
        wait_until(lambda: here.find(started.session.id).ended is not None)  # noqa: B023
        assert not ending.done()
        proxy.let_go()

        receipt: Receipt = ending.result()
        assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (2, 0)
        assert seconds(receipt) < LEASE
        assert there.check(started.token, client()).session is None


def test_an_end_waits_out_the_lease_of_a_node_that_hears_nothing_and_the_next_does_not(
    open_sessions: Open, there: Sessions, proxy: Proxy
) -> None:
    here = open_sessions()
    ended, live = start(here), start(here)
    hold_in_memory(there, ended)
    hold_in_memory(there, live)
    proxy.hold()

    receipt = terminate(here, ended)

    assert held(there, live.token) is None, "its lease has run out"
    assert not is_live(there, ended)
    assert is_live(there, live), "without a lease it reads the database and goes on"
    assert receipt.leases_waited_out == 1
    assert LEASE <= seconds(receipt) < LEASE + 3
    proxy.let_go()
    hold_in_memory(there, live)
    assert terminate(here, live).nodes_confirmed == 1
    assert not is_live(there, live)


def test_a_second_end_of_the_same_session_waits_like_the_first(
    open_sessions: Open, there: Sessions, proxy: Proxy, in_background: Callable[..., Future[Any]]
) -> None:
    """The first may have died between its commit and its wait."""
    here = open_sessions()
    started = start(here)
    hold_in_memory(there, started)
    terminate(here, started)
    for again in (
        lambda: terminate(here, started),
        lambda: here.log_out(started.token),
        lambda: here.terminate_selected([started.session.id], user_id="42", by=ROOT),
    ):
        proxy.hold()
        ending = in_background(again)
        wait_until(lambda: feed_of(here).confirmations._confirmed != {})
        proxy.let_go()

        receipt: Receipt = ending.result()
        assert (receipt.ended, receipt.already_ended) == (0, 1)
        assert receipt.nodes_confirmed == 1


def test_ending_all_once_more_waits_like_the_first(
    open_sessions: Open, there: Sessions, proxy: Proxy, in_background: Callable[..., Future[Any]]
) -> None:
    """The first may have died between its commit and its wait."""
    here = open_sessions()
    started = start(here)
    hold_in_memory(there, started)
    here.terminate_all("42", by=ROOT)
    for again in (
        lambda: here.terminate_all("42", by=ROOT),
        lambda: here.terminate_all("42", keep=started.session.id, by=ROOT),
    ):
        proxy.hold()
        ending = in_background(again)
        wait_until(lambda: feed_of(here).confirmations._confirmed != {} or ending.done())  # noqa: B023
        assert not ending.done()
        proxy.let_go()

        receipt: Receipt = ending.result()
        assert (receipt.ended, receipt.nodes_confirmed) == (0, 1)


def test_a_node_that_stops_in_the_middle_of_a_heartbeat_is_waited_out_all_the_same(
    url: str, open_sessions: Open, in_background: Callable[..., Future[Any]]
) -> None:
    here, there = open_sessions(), open_sessions()
    hold_in_memory(there, start(here))
    started = start(here)
    with shell(url) as stopped:
        stopped.execute("INSERT INTO signedin_nodes VALUES ('stopped', 7, true)")
        stopped.execute("BEGIN")
        stopped.execute("UPDATE signedin_nodes SET beats = 8 WHERE node = 'stopped'")
        ending = in_background(terminate, here, started)
        try:
            receipt: Receipt = ending.result(LEASE + 5)
        finally:
            stopped.execute("ROLLBACK")
    assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (1, 1)


def test_a_heartbeat_that_stops_in_the_middle_is_undone_and_the_next_one_counts(
    url: str, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a cut in the network, when the server still waits for the end of the last one."""
    started = start(sessions)
    hold_in_memory(sessions, started)
    open_beats = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    stopped, go_on = threading.Event(), threading.Event()

    def commit(connection: Any) -> None:
        stopped.set()
        go_on.wait()
        connection.execute(b"COMMIT")

    with shell(url) as other:
        monkeypatch.setattr(feed_module, "commit", commit)
        try:
            assert stopped.wait(30)
            wait_until(lambda: other.execute(open_beats).fetchone() == (0,))
        finally:
            monkeypatch.undo()
            go_on.set()
        hold_in_memory(sessions, started)


def test_a_node_that_comes_back_is_not_struck_by_who_counted_its_heartbeats_before(
    url: str, sessions: Sessions
) -> None:
    hold_in_memory(sessions, start(sessions))
    feed = feed_of(sessions)
    with shell(url) as other, feed._beating:
        counted = other.execute("SELECT beats FROM signedin_nodes").fetchone()
        assert counted is not None
        seen = {"node": feed.node, "beats": counted[0]}
        store_of(sessions)._telling.ask("strike_node", **seen)
        assert other.execute("SELECT count(*) FROM signedin_nodes").fetchone() == (0,)
        for _ in range(counted[0]):
            feed._beat()
            store_of(sessions)._telling.ask("strike_node", **seen)
            assert other.execute("SELECT count(*) FROM signedin_nodes").fetchone() == (1,)


def test_a_login_that_ended_nothing_waits_for_nobody(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(confirmations: Confirmations, number: int) -> None:
        raise AssertionError("waited")

    monkeypatch.setattr(Confirmations, "wait", wait)

    assert start(sessions).ended == ()
    with pytest.raises(AssertionError, match="waited"):
        terminate(sessions, start(sessions))


def test_a_login_that_replaces_a_session_waits(open_sessions: Open) -> None:
    here, there = open_sessions(), open_sessions()
    first = start(here)
    hold_in_memory(there, first)

    here.start("42", client(device=first.device_token), methods=["pwd"])

    assert held(there, first.token) is None


def test_a_login_with_the_cookie_of_a_session_that_was_replaced_already_waits_as_well(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login that replaced it may have died before its wait."""
    waited: list[int] = []

    def wait(confirmations: Confirmations, number: int) -> Heard:
        waited.append(number)
        return Heard()

    first = start(sessions)
    sessions.start("42", client(), methods=["pwd"], replaces=first.token)
    monkeypatch.setattr(Confirmations, "wait", wait)

    again = sessions.start("42", client(), methods=["pwd"], replaces=first.token)

    assert (len(waited), again.ended) == (1, ())


def test_a_store_that_is_closed_meanwhile_mixes_up_no_confirmations(
    url: str, sessions: Sessions
) -> None:
    """The next feed asks under the same numbers: what the former was told is not for it."""
    start(sessions)
    store, before = store_of(sessions), feed_of(sessions).node
    with shell(url) as listener:
        listener.execute("LISTEN signedin")
        with store.transaction() as transaction:
            transaction.let_all_hear()
            store.close()
        asked = [note.payload for note in listener.notifies(timeout=1, stop_after=1)]

    assert feed_of(sessions).node != before
    assert [words.split(" ")[1] for words in asked] == [f"signedin_{before}"]


def test_a_process_that_checks_nothing_is_no_node(url: str, sessions: Sessions) -> None:
    receipt = terminate(sessions, start(sessions))

    assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (0, 0)
    with shell(url) as other:
        assert other.execute("SELECT count(*) FROM signedin_nodes").fetchone() == (0,)


def test_a_node_that_is_closed_leaves_the_list(url: str, open_sessions: Open) -> None:
    here, there = open_sessions(), open_sessions()
    started = start(here)
    hold_in_memory(there, started)
    there.close()

    receipt = terminate(here, started)

    assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (0, 0)


def test_a_node_that_was_waited_out_loses_its_row_unless_it_was_renewed(
    url: str, open_sessions: Open
) -> None:
    here, there = open_sessions(), open_sessions()
    hold_in_memory(there, start(here))
    with shell(url) as other:
        other.execute("INSERT INTO signedin_nodes VALUES ('dead', 7, true), ('busy', 7, true)")
        nodes = feed_of(here).confirmations
        wait = nodes._news.wait_for

        def renew_meanwhile(condition: Callable[[], bool], timeout: float) -> bool:
            other.execute("UPDATE signedin_nodes SET beats = 8 WHERE node = 'busy'")
            return wait(condition, timeout)

        nodes._news.wait_for = renew_meanwhile  # type: ignore[method-assign, assignment]
        receipt = terminate(here, start(here))

        assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (1, 2)
        left = {node for (node,) in other.execute("SELECT node FROM signedin_nodes")}
    assert left == {"busy", feed_of(there).node}


def test_on_a_new_primary_a_whole_lease_is_waited_once(url: str, sessions: Sessions) -> None:
    hold_in_memory(sessions, start(sessions))
    with shell(url) as other:
        other.execute("DELETE FROM signedin_timelines")

    first, second = terminate(sessions, start(sessions)), terminate(sessions, start(sessions))

    assert (first.nodes_confirmed, first.leases_waited_out) == (1, 1)
    assert seconds(first) >= LEASE
    assert (second.nodes_confirmed, second.leases_waited_out) == (1, 0)


def test_where_the_list_cannot_be_read_a_whole_lease_is_waited(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(confirmations: Confirmations) -> None:
        raise StoreUnavailableError("away")

    hold_in_memory(sessions, start(sessions))
    monkeypatch.setattr(Confirmations, "_nodes", fail)

    receipt = terminate(sessions, start(sessions))

    assert receipt.leases_waited_out == 1
    assert seconds(receipt) >= LEASE


# What may be answered from memory, and what from the database.


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


def test_a_node_without_a_feed_is_waited_for_by_nobody(
    url: str, open_sessions: Open, there: Sessions, proxy: Proxy
) -> None:
    here = open_sessions()
    started = start(here)
    hold_in_memory(there, started)
    proxy.cut()
    wait_until(lambda: store_of(there)._lease.until == 0.0)
    with shell(url) as other:
        listening = "SELECT count(*) FROM signedin_nodes WHERE listens"
        while other.execute(listening).fetchone() != (0,):
            feed_of(there)._beat_again()

    receipt = terminate(here, started)

    assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (0, 0)
    assert not is_live(there, started)


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


def test_words_that_nobody_knows_empty_memory(url: str, sessions: Sessions) -> None:
    started = start(sessions)
    nobodys = "confirm signedin_7;-- 7"
    for payload in ("renamed 7", "changed", "changed 7", "confirm x", nobodys, "beat x"):
        hold_in_memory(sessions, started)
        forgotten = sessions._memory.changes
        with shell(url) as other:
            other.execute("SELECT pg_notify('signedin', %s)", (payload,))

        wait_until(lambda: sessions._memory.changes > forgotten)  # noqa: B023
        assert sessions._memory.entries == {}


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
    feed = Feed(connections.connect, connections, Lease(), applied.append)
    feed.start()

    wait_until(lambda: ["0"] in applied)
    feed.stop()


def test_a_lease_runs_from_when_the_heartbeat_was_sent_and_a_little_shorter() -> None:
    lease = Lease()
    forgotten: list[Collection[str] | None] = []
    lease.length = LEASE
    nowhere = Connections("postgresql:///nowhere", most=1, patience=1.0)
    feed = Feed(nowhere.connect, nowhere, lease, forgotten.append)
    feed._hears, sent = True, now() - 1
    for number, when in ((1, sent - LEASE), (2, sent), (3, sent - 0.5)):
        feed._committed[number] = when
        feed._take_beat(number)
        assert lease.until == max(when, sent if number > 1 else 0) + 0.99 * LEASE
        assert lease.holds() == (number > 1)

    assert forgotten == [(), ()], "what was being read while there was none is not kept"


def test_a_process_that_only_listened_becomes_a_node_without_losing_its_feed(
    there: Sessions, proxy: Proxy
) -> None:
    started = start(there)
    feed = feed_of(there)
    wait_until(lambda: feed._hears)
    feed._heard_at -= 60  # that long ago it began to listen
    connection = feed._connection
    proxy.hold()
    assert is_live(there, started)
    wait_until(lambda: feed._committed != {} or connection.closed)
    proxy.let_go()

    hold_in_memory(there, started)

    assert feed._connection is connection


def test_a_heartbeat_sent_before_the_feed_was_lost_is_no_lease_after(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then the list may say that the node holds none, and nobody would wait for it."""
    nowhere = Connections("postgresql:///nowhere", most=1, patience=1.0)
    lease = Lease()
    lease.length = LEASE
    feed = Feed(nowhere.connect, nowhere, lease, lambda subjects: None)
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


def test_a_forked_child_is_a_node_of_its_own_without_a_lease(url: str, sessions: Sessions) -> None:
    started = start(sessions)
    hold_in_memory(sessions, started)
    parent = feed_of(sessions).node
    reading, writing = os.pipe()
    with feed_of(sessions)._starting, feed_of(sessions)._granting, feed_of(sessions)._beating:
        child = os.fork()
        if child == 0:
            try:
                was_fresh = sessions.store.is_fresh()
                hold_in_memory(sessions, started)
                node = feed_of(sessions).node
                threads = [t.name for t in threading.enumerate()]
                receipt = terminate(sessions, started)
                told = (was_fresh, node != parent, receipt.nodes_confirmed, threads[1:])
                os.write(writing, str(told).encode())
                sessions.close()
            finally:
                os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told_by_child:
        assert told_by_child.read() == "(False, True, 2, ['signedin-feed'])"
    os.waitpid(child, 0)

    assert not is_live(sessions, started)
    hold_in_memory(sessions, start(sessions))


def test_only_postgresql_has_a_feed() -> None:
    with pytest.raises(InvalidSettingError, match="only a PostgreSQL"):
        Sessions("sqlite:///x.db", feed="postgresql:///x")


def test_a_backup_that_is_restored_beside_live_nodes_empties_their_memory(
    url: str, open_sessions: Open, tmp_path: Path
) -> None:
    """Tables that are dropped and made anew tell no change of any session."""
    node, other = open_sessions(), open_sessions()
    kept = start(node)
    backup = tmp_path / "backup"
    subprocess.run([program("pg_dump"), "-Fc", "-f", backup, url], check=True)
    lost = start(node, "43")
    hold_in_memory(node, kept)
    hold_in_memory(node, lost)

    restore = [program("pg_restore"), "--clean", "--single-transaction", "-d", url, str(backup)]
    subprocess.run(restore, check=True)

    wait_until(lambda: not is_live(node, lost))
    hold_in_memory(node, kept)
    terminate(other, kept)
    assert not is_live(node, kept)
