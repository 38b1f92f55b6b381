"""A policy holds in every process once it was set; a cap is a cap under any number of logins."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from signedin.core.errors import CapReachedError, StoreUnavailableError
from signedin.core.permission import Actor
from signedin.core.policy import Policy, WhenFull
from signedin.core.session import EndedReason, Started
from signedin.service.clock import SystemClock
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.race.workers import IN_PLAY, ROUNDS, SPAWN, WORKERS, Board, workers

ROOT = Actor.admin("root")
HOUR = timedelta(hours=1)
CAP, AT_ONCE = 5, 8
Scoped = tuple[str, Policy, bool]  # where, what holds there then, whether all before has ended

# The first ones, in turn, and the last one for who is left: it ends everybody's sessions.
WAYS: list[Scoped] = [
    ("organization:acme{}", Policy(lifetime=HOUR), False),
    ("user:{}", Policy(not_before=SystemClock().now()), False),
    ("organization:acme{}", Policy(), True),
    ("user:{}", Policy(), True),
]
EVERYBODY: Scoped = ("default", Policy(), True)


def play(url: str, changes: int) -> Board:
    """Set one policy after the other that ends a session in play, and take it back.

    The sessions began two hours ago, so that a limit of an hour ends them. Each has a person
    and an organization of its own, because what held once is never forgotten.
    """
    board = Board()
    sessions = Sessions(url)
    earlier = Sessions(url, clock=FixedClock(SystemClock().now() - 2 * HOUR))
    with workers(url, board):
        for first in range(0, changes, IN_PLAY):
            hand = [
                earlier.start(str(n), client(), methods=["pwd"], organizations=[f"acme{n}"])
                for n in range(first, first + IN_PLAY)
            ]
            board.play(*(started.token for started in hand))
            board.all_have(board.accepted)
            for index, started in enumerate(hand):
                board.aim.value = index
                is_last = index == IN_PLAY - 1
                change(sessions, EVERYBODY if is_last else WAYS[index % len(WAYS)], first + index)
                board.has_returned(index)
                assert reason(sessions, started) is EndedReason.POLICY
            board.all_have(board.refused)
            for index in range(IN_PLAY - 1):
                loosen(sessions, WAYS[index % len(WAYS)], first + index)
            assert sum(board.violations) == 0
    assert sessions.everybodys() == []
    earlier.close()
    sessions.close()
    return board


def change(sessions: Sessions, way: Scoped, number: int) -> None:
    scope, policy, ends_earlier = way
    sessions.policies.set(
        scope.format(number), policy, by=ROOT, reason="stricter", end_earlier=ends_earlier
    )


def loosen(sessions: Sessions, way: Scoped, number: int) -> None:
    sessions.policies.set(way[0].format(number), Policy(), by=ROOT, reason="looser")


def reason(sessions: Sessions, started: Started) -> object:
    return sessions.check(started.token, client()).reason


@pytest.mark.timeout(600)
def test_no_request_that_begins_after_a_policy_was_set_is_accepted_past_its_limit(
    url: str,
) -> None:
    board = play(url, changes=ROUNDS)

    assert sum(board.violations) == 0
    assert sum(board.checks) > 1_000


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_the_same_over_thousands_of_rounds(url: str) -> None:
    assert sum(play(url, changes=10_000).violations) == 0


def log_in_often(url: str, board: Board, number: int, how_often: int) -> None:
    """One process: so many logins of the same person, several at a time."""
    sessions = Sessions(url)

    def log_in(_: int) -> bool:
        while True:
            chosen = [session.id for session in sessions.list("42")[-1:]]
            try:
                sessions.start("42", client(), methods=["pwd"], end=chosen if number % 2 else ())
            except CapReachedError:
                return False
            except StoreUnavailableError:
                continue  # a slow machine; nothing was changed
            return True

    with ThreadPoolExecutor(AT_ONCE) as threads:
        board.accepted[number] = sum(threads.map(log_in, range(how_often)))
    sessions.close()


def race_logins(url: str, when_full: WhenFull, logins: int) -> None:
    """Half of the processes choose what ends: only where the policy asks does that make room."""
    board = Board()
    sessions = Sessions(url)
    policy = Policy(max_sessions=CAP, when_full=when_full)
    sessions.policies.set("default", policy, by=ROOT, reason="five")
    done, most = threading.Event(), 0

    def watch() -> None:
        nonlocal most
        while not done.is_set():
            with sessions.store.reading() as reads:
                most = max(most, len(reads.live_of("42")))

    watching = threading.Thread(target=watch)
    watching.start()
    processes = [
        SPAWN.Process(target=log_in_often, args=(url, board, number, logins // WORKERS))
        for number in range(WORKERS)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    done.set()
    watching.join()
    live, came_in = len(sessions.list("42")), sum(board.accepted)
    sessions.close()

    assert [process.exitcode for process in processes] == [0] * WORKERS
    assert live == CAP
    assert most == CAP, "at no commit were there more"
    if when_full is WhenFull.END_OLDEST:
        assert came_in == logins
    elif when_full is WhenFull.REFUSE:
        assert came_in == CAP
    else:
        assert CAP < came_in < logins


@pytest.mark.timeout(600)
@pytest.mark.parametrize("when_full", list(WhenFull))
def test_of_five_hundred_logins_at_once_five_are_live(url: str, when_full: WhenFull) -> None:
    race_logins(url, when_full, ROUNDS)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("when_full", list(WhenFull))
def test_of_ten_thousand_as_well(url: str, when_full: WhenFull) -> None:
    race_logins(url, when_full, 10_000)
