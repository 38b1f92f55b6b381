"""Whole processes on PostgreSQL that are stopped, cut off from their database, or led to another.

The workers hammer as in the other races: a request that begins after an end has returned is
refused by all of them, and nobody is logged out by what befalls a machine.
"""

from __future__ import annotations

import os
import signal
from urllib.parse import quote

import pytest

from signedin.core.errors import StoreUnavailableError
from signedin.core.session import Receipt, Started
from signedin.wiring import Sessions
from tests.clients import client
from tests.cluster import Cluster, running_cluster
from tests.engines import own_cluster
from tests.race import test_data_races as data
from tests.race.test_terminate_races import ROOT
from tests.race.workers import Board, workers
from tests.waiting import wait_until

__all__ = ["own_cluster"]

LEASE = 2.0  # seconds
SLACK = 5.0  # seconds that a busy machine may add to half a second


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.emptied()


def terminate(sessions: Sessions, started: Started) -> Receipt:
    return sessions.terminate(started.session.id, user_id="42", by=ROOT)


def start(sessions: Sessions) -> Started:
    return sessions.start("42", client(), methods=["pwd"])


def terminate_while_stopped(sessions: Sessions, started: Started, process: int) -> Receipt:
    """Stop the process and end the session; one stopped inside a write is undone after 3 s."""
    while True:
        os.kill(process, signal.SIGSTOP)
        try:
            return terminate(sessions, started)
        except StoreUnavailableError:  # it says that nothing is ended yet
            os.kill(process, signal.SIGCONT)


def test_the_lease_of_a_stopped_node_is_waited_out_and_it_refuses_when_it_goes_on(
    url: str,
) -> None:
    sessions, board = Sessions(url), Board(3)
    with workers(url, board, 3) as processes:
        started = start(sessions)
        board.play(started.token)
        board.all_have(board.accepted)
        stopped = processes[1].pid or 0
        receipt = terminate_while_stopped(sessions, started, stopped)
        board.has_returned()
        os.kill(stopped, signal.SIGCONT)
        board.all_have(board.refused)

        assert sum(board.violations) == 0
        assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (2, 1)
        assert LEASE <= receipt.took.total_seconds() < LEASE + 0.5 + SLACK
        after = start(sessions)
        board.play(after.token)
        board.all_have(board.accepted)
        wait_until(lambda: len(nodes(sessions)) == 3)
        assert terminate(sessions, after).nodes_confirmed == 3
    sessions.close()


def nodes(sessions: Sessions) -> list[str]:
    rows = sessions.store.rows("listening_nodes")
    return [node for *_, node, _ in rows if node is not None]


def test_a_server_that_is_killed_under_load_logs_nobody_out_and_lets_nobody_back_in(
    own_cluster: Cluster,
) -> None:
    url = own_cluster.make()
    sessions, board = Sessions(url), Board(2)
    with workers(url, board, 2):
        for _ in range(2):
            ended, live = start(sessions), start(sessions)
            board.play(ended.token)
            board.all_have(board.accepted)
            terminate(sessions, ended)
            board.has_returned()
            board.all_have(board.refused)
            board.play(live.token)
            board.all_have(board.accepted)
            errors = sum(board.errors)

            own_cluster.stop("immediate")
            wait_until(lambda: sum(board.errors) > errors)  # noqa: B023
            own_cluster.start()

            board.play(live.token)
            board.all_have(board.accepted)
            assert all(seen < board.round.value - 1 for seen in board.refused), "logged out"
            board.play(ended.token)
            board.has_returned()
            board.all_have(board.refused)
            assert sum(board.violations) == 0
    sessions.close()


def on_either(primary: Cluster, standby: Cluster) -> str:
    """The URL of a new database, of which no commit returns before the standby has it."""
    primary.wait_for_standby()
    database = primary.make().split("?")[0].rpartition("/")[2]
    hosts = quote(f"{primary.folder},{standby.folder}", safe="")
    return f"postgresql:///{database}?host={hosts}&user=signedin"


def test_what_has_ended_stays_ended_when_a_standby_takes_over(own_cluster: Cluster) -> None:
    with running_cluster(copy_of=own_cluster) as standby:
        url = on_either(own_cluster, standby)
        sessions, board = Sessions(url), Board(2)
        with workers(url, board, 2):
            live = start(sessions)
            ended = [start(sessions) for _ in range(20)]
            for started in ended:
                board.play(started.token)
                board.all_have(board.accepted)
                terminate(sessions, started)
                board.has_returned()
            board.play(live.token)
            board.all_have(board.accepted)

            own_cluster.stop("immediate")
            standby.promote()

            board.play(live.token)
            board.all_have(board.accepted)
            assert all(seen < board.round.value - 1 for seen in board.refused), "logged out"
            for started in ended:
                board.play(started.token)
                board.has_returned()
                board.all_have(board.refused)
            assert sum(board.violations) == 0
            another = start(sessions)
            receipt = terminate(sessions, live)
            assert receipt.leases_waited_out >= 1, "no list to trust there yet"
            assert receipt.took.total_seconds() >= LEASE
            assert terminate(sessions, another).leases_waited_out == 0
        sessions.close()


def test_data_that_was_changed_is_read_when_a_standby_takes_over(own_cluster: Cluster) -> None:
    """Nobody reads what was before, from memory or from the new primary, and nothing is lost."""
    with running_cluster(copy_of=own_cluster) as standby:

        def take_over(_p: object, _v: int, _a: object, board: data.Board) -> None:
            own_cluster.kill()
            before = board.changes()
            standby.promote()
            wait_until(lambda: board.has(before + data.KILLED_EVERY))

        url = on_either(own_cluster, standby)
        board = data.play(url, data.KILLED_EVERY, take_over)

        assert board.stale.value == 0
    own_cluster.start()  # and lets go of what the system still keeps for the one that was killed
