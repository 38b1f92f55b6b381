"""A forked child begins anew, whatever its parent was doing (freshness.md, both engines 7)."""

from __future__ import annotations

import gc
import os
import signal
import threading
import warnings
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

import pytest

from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.service.upkeep import Upkeep
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.databases import sqlite_store

PATIENCE = 20  # seconds that a child has; one that waits for a lock of its parent waits for ever

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@pytest.fixture
def started(sessions: Sessions) -> Started:
    return sessions.start("42", client(), methods=["pwd"])


def told_by_child(act: Callable[[], object], *held: threading.Lock) -> str:
    """What ``act`` brings in a child that is forked while these locks are held."""
    reading, writing = os.pipe()
    with ExitStack() as stack, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads: as meant
        for lock in held:
            stack.enter_context(lock)
        child = os.fork()
        if child == 0:
            signal.alarm(PATIENCE)
            try:
                os.write(writing, str(act()).encode())
            finally:
                os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        return told.read()


def test_a_child_waits_for_no_lock_of_its_parent(
    sessions: Sessions, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upkeep, "ensure_running", lambda self: None)
    assert sessions.check(started.token, client()).session is not None
    store = sqlite_store(sessions)

    def do_everything() -> object:
        sessions.check(started.token, client())
        listed = sessions.list("42")
        receipt = sessions.terminate(started.session.id, user_id="42", by=Actor.admin("root"))
        return len(listed), receipt.ended, sessions.check(started.token, client()).reason

    told = told_by_child(
        do_everything,
        sessions._memory._lock,
        sessions._activity._flushing,
        sessions._upkeep._starting,
        store._catching_up,
        store._fresh._lock,
        store._durable._lock,
        store._reading._lock,
        store._flushing._lock,
    )

    assert told == "(1, 1, <EndedReason.TERMINATED: 'terminated'>)"
    assert sessions.check(started.token, client()).session is None


def test_a_child_writes_none_of_the_uses_that_its_parent_noted(
    sessions: Sessions, started: Started, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upkeep, "ensure_running", lambda self: None)
    clock.advance(timedelta(minutes=1))
    assert sessions.check(started.token, client()).session is not None

    def last_use_after_a_flush() -> object:
        sessions._flush()
        with sessions.store.reading() as reads:
            return reads.live_of("42")[0].last_used_at == started.session.created_at

    assert told_by_child(last_use_after_a_flush) == "True"
    assert sessions.list("42")[0].last_used_at == clock.now()


def test_a_child_has_a_maintenance_thread_of_its_own(sessions: Sessions, started: Started) -> None:
    def names_of_threads() -> object:
        sessions.check(started.token, client())
        return [thread.name for thread in threading.enumerate()]

    assert "signedin-upkeep" in [thread.name for thread in threading.enumerate()]
    assert "signedin-upkeep" in told_by_child(names_of_threads)


def test_a_child_closes_nothing_that_its_parent_opened(
    sessions: Sessions, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite forbids it, and what is referenced no longer is closed by the garbage collector."""
    monkeypatch.setattr(Upkeep, "ensure_running", lambda self: None)
    sessions.check(started.token, client())
    store = sqlite_store(sessions)
    inherited = [weakref.ref(each) for each in (store._fresh, store._durable, store._word)]

    def kept() -> object:
        sessions.check(started.token, client())
        gc.collect()
        return [each() is not None for each in inherited]

    assert told_by_child(kept) == "[True, True, True]"
