"""Kill -9 at any moment: an end has returned and holds, or the session is still whole."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.service.memory import Memory
from signedin.service.upkeep import Upkeep
from signedin.stores.sqlite import store
from signedin.stores.sqlite.change_word import ChangeWord
from signedin.wiring import Sessions
from tests.clients import client, held

ROOT = Actor.admin("root")


@pytest.fixture(autouse=True)
def no_threads_to_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Upkeep, "ensure_running", lambda self: None)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


def open_sessions(database: Path) -> Sessions:
    return Sessions(f"sqlite:///{database}")


def terminate(sessions: Sessions, started: Started) -> None:
    sessions.terminate(started.session.id, user_id="42", by=ROOT)


def in_child(act: Callable[[], None]) -> int:
    """Run ``act`` in a forked child, which then ends without a word; its process id."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(0)
    return child


def assert_whole(database: Path, holders: list[Sessions], started: Started) -> bool:
    """Everybody says of the session what its row says, now and after repair; whether it lives."""
    with closing(sqlite3.connect(database)) as shell:
        (ended_at,) = shell.execute(
            "SELECT ended_at FROM signedin_sessions WHERE id = ?", (started.session.id,)
        ).fetchone()
    for holder in holders:
        for _ in range(store.REPAIRED_AFTER + 1):
            live = holder.check(started.token, client()).session is not None
            assert live == (ended_at is None)
            holder.store.watch()
        if live:
            holder.check(started.token, client())
            assert held(holder, started.token) is not None, "memory is used again"
    return ended_at is None


def kill_self(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("moment", "lives"),
    [("before the word is raised", True), ("before the commit", True), ("after the commit", False)],
)
def test_a_writer_killed_around_its_commit_leaves_nobody_with_stale_memory(
    database: Path, monkeypatch: pytest.MonkeyPatch, moment: str, lives: bool
) -> None:
    holders = [open_sessions(database) for _ in range(2)]
    started = holders[0].start("42", client(), methods=["pwd"])
    for holder in holders:
        holder.check(started.token, client())

    def raise_and_die(word: ChangeWord, position: int) -> None:
        word.cells[0] = position
        kill_self()

    def act() -> None:
        if moment == "before the word is raised":
            monkeypatch.setattr(ChangeWord, "set", kill_self)
        elif moment == "before the commit":
            monkeypatch.setattr(ChangeWord, "set", raise_and_die)
        victim = open_sessions(database)
        victim.list("42")
        if moment == "after the commit":
            monkeypatch.setattr(Memory, "forget", kill_self)
        terminate(victim, started)

    os.waitpid(in_child(act), 0)

    assert assert_whole(database, holders, started) is lives
    terminate(holders[0], started)
    assert assert_whole(database, holders, started) is False


def rounds_of_killing(database: Path, rounds: int) -> tuple[int, int]:
    """Kill writers at random moments; how many ends had returned, and how many had not."""
    moments, longest = random.Random(7), 0.006  # seconds
    holders = [open_sessions(database) for _ in range(2)]
    returned, unfinished = 0, 0
    for _ in range(rounds):
        started = holders[0].start("42", client(), methods=["pwd"])
        for holder in holders:
            holder.check(started.token, client())
        reading, writing = os.pipe()

        def act(started: Started = started, writing: int = writing) -> None:
            victim = open_sessions(database)
            os.write(writing, b"begin ")
            terminate(victim, started)
            os.write(writing, b"returned")
            while True:
                signal.pause()

        child = in_child(act)
        os.close(writing)
        assert os.read(reading, 6) == b"begin "
        until = time.monotonic() + moments.uniform(0, longest)
        while time.monotonic() < until:
            pass
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        has_returned = os.read(reading, 8) == b"returned"
        os.close(reading)

        lives = assert_whole(database, holders, started)
        assert not (has_returned and lives)
        returned += has_returned
        unfinished += not has_returned
        longest *= 0.8 if has_returned else 1.25  # about half return, however slow the machine
        terminate(holders[1], started)
    for holder in holders:
        holder.close()
    return returned, unfinished


def test_a_writer_killed_at_a_random_moment(database: Path) -> None:
    returned, unfinished = rounds_of_killing(database, rounds=60)

    assert returned > 0
    assert unfinished > 0


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_same_many_times(database: Path) -> None:
    rounds_of_killing(database, rounds=5_000)
