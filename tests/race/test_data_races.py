"""Whoever reads a session's data reads at least what had been written when the read began.

Four processes with two threads each read and change the data of the same few sessions as fast
as they can, each under a key of its own; now and then one is killed and takes the place again, or
stops for longer than a lease and goes on.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.context import SpawnProcess

import pytest

from signedin.core.app_data import DataChange
from signedin.core.errors import SignedInError
from signedin.service import app_data
from signedin.wiring import Sessions
from tests.clients import client
from tests.nodes import LEASE
from tests.race.workers import SPAWN, THREADS, WORKERS, running
from tests.waiting import wait_until

SESSIONS = 3
KEYS = [(worker, thread) for worker in range(WORKERS) for thread in range(THREADS)]
KILLED_EVERY = 100  # changes
READS = 5  # for each change, so that there is something in memory to be wrong about
CHANGES = 1000


class Board:
    """Shared memory: what each key was last known to be, in each session."""

    def __init__(self) -> None:
        self.written = SPAWN.RawArray(ctypes.c_long, SESSIONS * len(KEYS))
        self.stale = SPAWN.RawValue(ctypes.c_long, 0)
        self.reads = SPAWN.RawArray(ctypes.c_long, len(KEYS))
        self.stop = SPAWN.RawValue(ctypes.c_bool, False)

    def changes(self) -> int:
        return sum(self.written)

    def has(self, changes: int) -> bool:
        return self.changes() >= changes


def hammer(url: str, board: Board, worker: int, ids: list[str], tokens: list[str]) -> None:
    """One worker: each of its threads counts its own key up, in one session after the other."""
    app_data.SAME = 1  # so that much is held that changes soon
    sessions = Sessions(url)
    threads = [
        threading.Thread(target=_count_up, args=(sessions, board, (worker, thread), ids, tokens))
        for thread in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sessions.close()


def _count_up(
    sessions: Sessions, board: Board, key: tuple[int, int], ids: list[str], tokens: list[str]
) -> None:
    mine, turn = KEYS.index(key), 0
    while not board.stop.value:
        parent = multiprocessing.parent_process()
        if parent is None or not parent.is_alive():
            return
        turn += 1
        index = turn % SESSIONS
        first = index * len(KEYS)
        for _ in range(READS):
            before = board.written[first : first + len(KEYS)]
            with suppress(SignedInError):
                sessions.check(tokens[index], client())
                found = json.loads(sessions.data.read(ids[index]) or "{}")
                board.reads[mine] += 1
                if any(found.get(str(n), 0) < least for n, least in enumerate(before)):
                    board.stale.value += 1
        value = board.written[first + mine] + 1
        with suppress(SignedInError):
            sessions.data.change(ids[index], DataChange({str(mine): value}))
            board.written[first + mine] = value


Disturb = Callable[[list[SpawnProcess], int, Callable[[], SpawnProcess], Board], None]


def kill(
    processes: list[SpawnProcess], victim: int, another: Callable[[], SpawnProcess], board: Board
) -> None:
    os.kill(processes[victim].pid or 0, signal.SIGKILL)
    processes[victim].join()
    processes[victim] = another()
    processes[victim].start()


def pause(
    processes: list[SpawnProcess], victim: int, another: Callable[[], SpawnProcess], board: Board
) -> None:
    """Until the others have waited out its lease, and undone what it was about to write."""
    before, since = board.changes(), time.monotonic()

    def go_on() -> bool:
        return board.changes() >= before + KILLED_EVERY and time.monotonic() > since + LEASE

    os.kill(processes[victim].pid or 0, signal.SIGSTOP)
    try:
        wait_until(go_on)
    finally:
        os.kill(processes[victim].pid or 0, signal.SIGCONT)


def play(url: str, changes: int, disturb: Disturb = kill) -> Board:
    sessions, board = Sessions(url), Board()
    started = [sessions.start("42", client(), methods=["pwd"]) for _ in range(SESSIONS)]
    ids, tokens = [one.session.id for one in started], [str(one.token) for one in started]

    def process(worker: int) -> SpawnProcess:
        return SPAWN.Process(target=hammer, args=(url, board, worker, ids, tokens))

    processes = [process(worker) for worker in range(WORKERS)]
    with running(processes, board.stop):
        wait_until(lambda: all(board.reads))
        for number, aim in enumerate(range(KILLED_EVERY, changes + 1, KILLED_EVERY)):
            wait_until(partial(board.has, aim))
            victim = number % WORKERS
            disturb(processes, victim, partial(process, victim), board)
    for one in started:
        assert sessions.check(one.token, client()).session is not None
    sessions.close()
    return board


def test_no_process_reads_data_that_was_changed_before(url: str) -> None:
    board = play(url, CHANGES)

    assert board.stale.value == 0


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_nor_does_one_that_was_stopped_for_longer_than_its_lease(url: str) -> None:
    board = play(url, CHANGES, pause)

    assert board.stale.value == 0


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_nor_over_many_thousands(url: str) -> None:
    board = play(url, 20 * CHANGES)

    assert board.stale.value == 0
