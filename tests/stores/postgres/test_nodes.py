"""Who is a node, and is waited for: from its first heartbeat until it leaves or is struck."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from signedin.core.session import Receipt
from signedin.stores.postgres import feed as feed_module
from signedin.stores.postgres.store import TELLERS_PATIENCE
from signedin.wiring import Sessions
from tests.databases import Open, shell
from tests.nodes import (
    LEASE,
    feed_of,
    hold_in_memory,
    is_live,
    seconds,
    start,
    store_of,
    terminate,
)
from tests.proxy import Proxy
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


def test_a_process_that_checks_nothing_is_no_node(url: str, sessions: Sessions) -> None:
    receipt = terminate(sessions, start(sessions))

    assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (0, 0)
    with shell(url) as other:
        assert other.execute("SELECT count(*) FROM signedin_nodes").fetchone() == (0,)


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


def test_a_node_that_is_closed_leaves_the_list(url: str, open_sessions: Open) -> None:
    here, there = open_sessions(), open_sessions()
    started = start(here)
    hold_in_memory(there, started)
    there.close()

    receipt = terminate(here, started)

    assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (0, 0)


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
    assert seconds(receipt) < LEASE + TELLERS_PATIENCE, "its row was waited for as well"


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
