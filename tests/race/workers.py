"""Processes that hammer the same database, and the board on which they are told what to do."""

from __future__ import annotations

import ctypes
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import SpawnProcess
from typing import Any

from signedin.core.errors import SignedInError
from signedin.wiring import Sessions
from tests.clients import client
from tests.waiting import PATIENCE, wait_until

SPAWN = multiprocessing.get_context("spawn")
WORKERS, THREADS = 4, 2
ROUNDS = 200
# Seconds between two checks, and two flushes. An end on PostgreSQL waits until a thread of each
# process has run, and where more threads than cores never wait for anything, that takes a while.
PAUSES = {"sqlite": (0.0, 0.002), "postgresql": (0.0005, 0.02)}


class Board:
    """Shared memory: the token in play, when its end returned, and what the workers saw."""

    def __init__(self, workers: int = WORKERS) -> None:
        self.round = SPAWN.RawValue(ctypes.c_long, 0)
        self.token = SPAWN.RawArray(ctypes.c_char, 64)
        self.returned_at = SPAWN.RawValue(ctypes.c_longlong, 0)  # monotonic ns; 0: not yet
        self.accepted = SPAWN.RawArray(ctypes.c_long, workers)  # the last round accepted in
        self.refused = SPAWN.RawArray(ctypes.c_long, workers)  # the last round refused in
        self.violations = SPAWN.RawArray(ctypes.c_long, workers)
        self.checks = SPAWN.RawArray(ctypes.c_long, workers)
        self.errors = SPAWN.RawArray(ctypes.c_long, workers)
        self.stop = SPAWN.RawValue(ctypes.c_bool, False)

    def play(self, token: str) -> None:
        """Begin a round with this token."""
        self.returned_at.value = 0
        self.token.value = token.encode()
        self.round.value += 1

    def all_have(self, seen: Any) -> None:
        """Wait until every worker has seen this in the round in play."""
        wait_until(lambda: all(number == self.round.value for number in seen))


def hammer(url: str, board: Board, number: int) -> None:
    """One worker: several threads check the token in play, another writes uses all the time."""
    sessions, (pause, between) = Sessions(url), PAUSES[url.partition("://")[0]]
    threads = [threading.Thread(target=_flush, args=(sessions, board, between))]
    for _ in range(THREADS):
        threads.append(threading.Thread(target=_check, args=(sessions, board, number, pause)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sessions.close()


def _flush(sessions: Sessions, board: Board, pause: float) -> None:
    while not board.stop.value:
        parent = multiprocessing.parent_process()
        if parent is None or not parent.is_alive():
            board.stop.value = True  # whoever started us is gone
        with suppress(SignedInError):
            sessions._flush()
        time.sleep(pause)


def _check(sessions: Sessions, board: Board, number: int, pause: float) -> None:
    count = 0
    while not board.stop.value:
        playing = board.round.value
        if playing == 0:
            time.sleep(0)
            continue
        token = board.token.value.decode()
        count += 1
        if pause:
            time.sleep(pause)
        began = time.monotonic_ns()
        try:
            decision = sessions.check(token, client(address=f"203.0.113.{count % 250}"))
        except SignedInError:
            board.errors[number] += 1
            continue
        if board.round.value != playing:
            continue
        if decision.session is None:
            board.refused[number] = playing
        else:
            returned_at = board.returned_at.value
            if returned_at and began > returned_at and board.round.value == playing:
                board.violations[number] += 1
            board.accepted[number] = playing
    board.checks[number] += count


@contextmanager
def workers(url: str, board: Board, count: int = WORKERS) -> Iterator[list[SpawnProcess]]:
    """Hammering processes, for as long as the block lasts."""
    processes = [SPAWN.Process(target=hammer, args=(url, board, number)) for number in range(count)]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        board.stop.value = True
        for process in processes:
            process.join(PATIENCE)
            with suppress(ValueError):
                process.kill()
