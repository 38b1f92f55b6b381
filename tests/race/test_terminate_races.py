"""Terminate means terminated, against everything that runs at the same time.

Four processes with two threads each check one token as fast as they can, from changing
addresses, while another writes the uses every few milliseconds. The test ends the
session in one way after the other. A request that begins after the end has returned must
be refused in each of them, and the row must stay ended.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from signedin.core.errors import RotationRefusedError, StoreUnavailableError
from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.wiring import Sessions
from tests.clients import client
from tests.race.workers import ROUNDS, Board, workers

ROOT = Actor.admin("root")
End = Callable[[Sessions, Started], list[str]]  # ends the session; the tokens that are dead then


def by_terminate(sessions: Sessions, started: Started) -> list[str]:
    sessions.terminate(started.session.id, user_id="42", by=ROOT)
    return [started.token]


def by_log_out(sessions: Sessions, started: Started) -> list[str]:
    sessions.log_out(started.token)
    return [started.token]


def by_everywhere(sessions: Sessions, started: Started) -> list[str]:
    sessions.terminate_all("42", by=ROOT)
    return [started.token]


def by_a_login_in_the_same_browser(sessions: Sessions, started: Started) -> list[str]:
    sessions.start("42", client(device=started.device_token), methods=["pwd"])
    return [started.token]


def by_terminate_while_it_is_rotated(sessions: Sessions, started: Started) -> list[str]:
    tokens = [str(started.token)]

    def rotate() -> None:
        with suppress(RotationRefusedError):
            tokens.append(sessions.rotate(started.token, methods=["pwd"]).token)

    rotation = threading.Thread(target=rotate)
    rotation.start()
    sessions.terminate(started.session.id, user_id="42", by=ROOT)
    rotation.join()
    return tokens


WAYS: list[End] = [
    by_terminate,
    by_log_out,
    by_everywhere,
    by_a_login_in_the_same_browser,
    by_terminate_while_it_is_rotated,
]


def play(url: str, rounds: int) -> Board:
    sessions, board = Sessions(url), Board()
    with workers(url, board):
        for number in range(rounds):
            started = sessions.start("42", client(), methods=["pwd"])
            board.play(started.token)
            board.all_have(board.accepted)
            dead = WAYS[number % len(WAYS)](sessions, started)
            board.returned_at.value = time.monotonic_ns()
            board.all_have(board.refused)
            for token in dead:
                assert sessions.check(token, client()).session is None
            assert sum(board.violations) == 0
    ended = {session.id: session for session in sessions.history("42")}
    assert all(session.ended for session in ended.values())
    assert len(sessions.list("42")) <= 1
    sessions.close()
    return board


def test_no_request_that_begins_after_the_end_returned_is_accepted(url: str) -> None:
    """X-01, attack 18."""
    board = play(url, rounds=ROUNDS // (1 if url.startswith("sqlite:") else 2))

    assert sum(board.violations) == 0
    assert sum(board.errors) == 0
    assert sum(board.checks) > 1_000


def terminate_while_stopped(sessions: Sessions, started: Started, process: int) -> None:
    """Stop the process and end the session; one stopped inside a write lets nobody else write."""
    while True:
        os.kill(process, signal.SIGSTOP)
        try:
            by_terminate(sessions, started)
        except StoreUnavailableError:  # it says that nothing is ended yet
            os.kill(process, signal.SIGCONT)
            with sessions.work():
                pass  # wait until it has let go of the write lock
        else:
            return


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # PostgreSQL: test_nodes.py
def test_a_process_that_was_stopped_meanwhile_refuses_when_it_goes_on(url: str) -> None:
    sessions, board = Sessions(url), Board()
    with workers(url, board) as processes:
        for stopped in processes:
            started = sessions.start("42", client(), methods=["pwd"])
            board.play(started.token)
            board.all_have(board.accepted)
            terminate_while_stopped(sessions, started, stopped.pid or 0)
            board.returned_at.value = time.monotonic_ns()
            os.kill(stopped.pid or 0, signal.SIGCONT)
            board.all_have(board.refused)
    sessions.close()

    assert sum(board.violations) == 0


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_same_over_thousands_of_rounds(url: str) -> None:
    board = play(url, rounds=5_000)

    assert sum(board.violations) == 0
