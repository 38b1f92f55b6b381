"""Terminate means terminated, against everything that runs at the same time.

Four processes with two threads each check ten tokens as fast as they can, most of all the one
whose session is being ended, from changing addresses, while another writes the uses every few
milliseconds. The test ends one session after the other, in one way after the other. A request
that begins after the end has returned must be refused in each of them, and the row must stay
ended.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from signedin.core.errors import RotationRefusedError, StoreUnavailableError
from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.wiring import Sessions
from tests.clients import client
from tests.race.workers import IN_PLAY, ROUNDS, Board, workers

ROOT = Actor.admin("root")
End = Callable[[Sessions, Started], list[str]]  # ends the session; the tokens that are dead then


def by_terminate(sessions: Sessions, started: Started) -> list[str]:
    sessions.terminate(started.session.id, user_id=started.session.user_id, by=ROOT)
    return [started.token]


def by_log_out(sessions: Sessions, started: Started) -> list[str]:
    sessions.log_out(started.token)
    return [started.token]


def by_everywhere(sessions: Sessions, started: Started) -> list[str]:
    sessions.terminate_all(str(started.session.user_id), by=ROOT)
    return [started.token]


def by_a_login_in_the_same_browser(sessions: Sessions, started: Started) -> list[str]:
    again = client(device=started.device_token)
    sessions.start(started.session.user_id, again, methods=["pwd"])
    return [started.token]


def by_terminate_while_it_is_rotated(sessions: Sessions, started: Started) -> list[str]:
    tokens = [str(started.token)]

    def rotate() -> None:
        with suppress(RotationRefusedError):
            tokens.append(sessions.rotate(started.token, methods=["pwd"]).token)

    rotation = threading.Thread(target=rotate)
    rotation.start()
    by_terminate(sessions, started)
    rotation.join()
    return tokens


WAYS: list[End] = [
    by_terminate,
    by_log_out,
    by_everywhere,
    by_a_login_in_the_same_browser,
    by_terminate_while_it_is_rotated,
]


def play(url: str, ends: int) -> Board:
    sessions, board = Sessions(url), Board()
    ended: set[str] = set()
    with workers(url, board):
        for first in range(0, ends, IN_PLAY):
            hand = [sessions.start(f"{n}", client(), methods=["pwd"]) for n in range(IN_PLAY)]
            board.play(*(started.token for started in hand))
            board.all_have(board.accepted)
            for index, started in enumerate(hand):
                board.aim.value = index
                dead = WAYS[(first // IN_PLAY + index) % len(WAYS)](sessions, started)
                board.has_returned(index)
                for token in dead:
                    assert sessions.check(token, client()).session is None
            board.all_have(board.refused)
            ended |= {started.session.id for started in hand}
            assert sum(board.violations) == 0
    assert ended.isdisjoint(session.id for session in sessions.everybodys())
    sessions.close()
    return board


@pytest.mark.timeout(600)
def test_no_request_that_begins_after_the_end_returned_is_accepted(url: str) -> None:
    """X-01, attack 18."""
    board = play(url, ends=ROUNDS)

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
            board.has_returned()
            os.kill(stopped.pid or 0, signal.SIGCONT)
            board.all_have(board.refused)
    sessions.close()

    assert sum(board.violations) == 0


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_the_same_over_thousands_of_rounds(url: str) -> None:
    board = play(url, ends=10_000)

    assert sum(board.violations) == 0


def race_rotations(url: str, rounds: int) -> int:
    """End sessions while another process rotates their tokens; how often that came first."""
    ending, rotating = Sessions(url), Sessions(url)
    came_first = 0

    def rotate(token: str) -> str | None:
        with suppress(RotationRefusedError):
            return rotating.rotate(token, methods=["pwd"]).token
        return None

    with ThreadPoolExecutor(1) as pool:
        for _ in range(rounds):
            started = ending.start("42", client(), methods=["pwd"])
            rotation = pool.submit(rotate, started.token)
            by_terminate(ending, started)
            fresh = rotation.result()
            came_first += fresh is not None
            for token in (started.token, fresh or started.token):
                assert rotating.check(token, client()).session is None
                assert ending.check(token, client()).session is None
    ending.close()
    rotating.close()
    return came_first


def test_no_token_survives_that_was_rotated_while_its_session_ended(url: str) -> None:
    assert 0 < race_rotations(url, 500) < 500


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_nor_over_ten_thousand_rotations(url: str) -> None:
    assert 0 < race_rotations(url, 10_000) < 10_000
