"""Processes that hammer the same database, and the board on which they are told what to do."""

from __future__ import annotations

import ctypes
import itertools
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
ROUNDS = 500
IN_PLAY = 10  # sessions at a time: to wait until four processes have seen one takes longest
NOBODY = -1
# Seconds between two checks, and two flushes. An end on PostgreSQL waits until a thread of each
# process has run, and where more threads than cores never wait for anything, that takes a while.
PAUSES = {"sqlite": (0.0, 0.002), "postgresql": (0.005, 0.1)}


class Board:
    """Shared memory: the tokens in play, when their ends returned, and what the workers saw."""

    def __init__(self, workers: int = WORKERS) -> None:
        self.workers = range(workers)
        self.round = SPAWN.RawValue(ctypes.c_long, 0)
        self.count = SPAWN.RawValue(ctypes.c_long, 0)  # of tokens
        self.aim = SPAWN.RawValue(ctypes.c_long, NOBODY)  # the token that is checked most
        self._tokens = [SPAWN.RawArray(ctypes.c_char, 64) for _ in range(IN_PLAY)]
        self.returned_at = SPAWN.RawArray(ctypes.c_longlong, IN_PLAY)  # monotonic ns; 0: not yet
        each = workers * IN_PLAY
        self.accepted = SPAWN.RawArray(ctypes.c_long, each)  # the last round accepted in
        self.refused = SPAWN.RawArray(ctypes.c_long, each)  # the last round refused in
        self.violations = SPAWN.RawArray(ctypes.c_long, workers)
        self.checks = SPAWN.RawArray(ctypes.c_long, workers)
        self.errors = SPAWN.RawArray(ctypes.c_long, workers)
        self.stop = SPAWN.RawValue(ctypes.c_bool, False)

    def play(self, *tokens: str) -> None:
        """Begin a round with these tokens."""
        self.count.value = 0
        for index, token in enumerate(tokens):
            self.returned_at[index] = 0
            self._tokens[index].value = token.encode()
        self.round.value += 1
        self.count.value = len(tokens)

    def token(self, index: int) -> str:
        return self._tokens[index].value.decode()

    def has_returned(self, index: int = 0) -> None:
        """The end of this token's session has just returned."""
        self.returned_at[index] = time.monotonic_ns()

    def all_have(self, seen: Any) -> None:
        """Wait until every worker has seen this of every token in the round in play."""
        self.aim.value = NOBODY
        places = [self.place(w, index) for w in self.workers for index in range(self.count.value)]
        wait_until(lambda: all(seen[place] == self.round.value for place in places))

    @staticmethod
    def place(worker: int, index: int) -> int:
        return worker * IN_PLAY + index


def hammer(url: str, board: Board, number: int) -> None:
    """One worker: several threads check the token in play, another writes uses all the time."""
    sessions, (pause, between) = Sessions(url), PAUSES[engine(url)]
    threads = [threading.Thread(target=_flush, args=(sessions, board, between))]
    turns = itertools.count(1)  # one for all threads, so that no two go over the same tokens
    for _ in range(THREADS):
        given = (sessions, board, number, pause, turns)
        threads.append(threading.Thread(target=_check, args=given))
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


def _check(
    sessions: Sessions, board: Board, number: int, pause: float, turns: Iterator[int]
) -> None:
    while not board.stop.value:
        playing, tokens = board.round.value, board.count.value
        if tokens == 0:
            time.sleep(0)
            continue
        count = next(turns)
        aim = board.aim.value
        index = aim if aim != NOBODY and count % 2 else count // 2 % tokens
        token, place = board.token(index), board.place(number, index)
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
            board.refused[place] = playing
        else:
            returned_at = board.returned_at[index]
            if returned_at and began > returned_at and board.round.value == playing:
                board.violations[number] += 1
            board.accepted[place] = playing
    board.checks[number] = next(turns)


def engine(url: str) -> str:
    return url.partition(":")[0]


@contextmanager
def workers(url: str, board: Board, count: int = WORKERS) -> Iterator[list[SpawnProcess]]:
    """Hammering processes, for as long as the block lasts."""
    processes = [SPAWN.Process(target=hammer, args=(url, board, number)) for number in range(count)]
    with running(processes, board.stop):
        yield processes


@contextmanager
def running(processes: list[SpawnProcess], stop: Any) -> Iterator[None]:
    """Processes that run until they are told to stop; those put in another's place as well."""
    for process in processes:
        process.start()
    try:
        yield
    finally:
        stop.value = True
        for process in processes:
            process.join(PATIENCE)
            with suppress(ValueError):
                process.kill()
