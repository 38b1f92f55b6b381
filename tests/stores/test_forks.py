"""A forked child begins anew, whatever its parent was doing (freshness.md, both engines 7)."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from datetime import timedelta

import pytest

from signedin.core.errors import StoreUnavailableError
from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.service.upkeep import Upkeep
from signedin.stores.sqlite import forks
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.databases import shell, sqlite_store

PATIENCE = 20  # seconds that a child has; one that waits for a lock of its parent waits for ever

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@pytest.fixture
def started(sessions: Sessions) -> Started:
    return sessions.start("42", client(), methods=["pwd"])


def told_by_child(act: Callable[[], object], *held: AbstractContextManager[object]) -> str:
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
        store._opening,
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


# Uses the sessions, and goes on in a child, as what becomes a daemon does.
DAEMON = """
import os, sys
from signedin.wiring import Sessions
from tests.clients import client

sessions, token = Sessions(sys.argv[1]), sys.argv[2]
sessions.check(token, client())
if os.fork():
    os._exit(0)
for _ in sys.stdin:
    print(sessions.check(token, client()).session is not None, flush=True)
"""


def test_a_child_whose_parent_has_gone_hears_of_every_end(url: str) -> None:
    with closing(Sessions(url)) as sessions:
        started = sessions.start("42", client(), methods=["pwd"])
    with subprocess.Popen(
        [sys.executable, "-c", DAEMON, url, started.token],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as daemon:
        asked, answered = daemon.stdin, daemon.stdout
        assert asked is not None
        assert answered is not None

        def is_accepted() -> bool:
            print("?", file=asked, flush=True)
            return answered.readline() == "True\n"

        assert is_accepted()
        with closing(Sessions(url)) as other:
            assert len(other.list("42")) == 1
        assert is_accepted()
        with closing(Sessions(url)) as other:
            other.terminate(started.session.id, user_id="42", by=Actor.admin("root"))
            assert not is_accepted()


def test_a_child_that_is_forked_while_others_write_can_write(
    sessions: Sessions, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upkeep, "ensure_running", lambda self: None)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            sessions.start("7", client(), methods=["pwd"])

    def look() -> None:
        while not stop.is_set():
            sessions.list("42")
            sessions.everybodys()

    def write_at_last() -> str | None:
        while True:  # who writes without a pause can hold up others for longer than they wait
            with suppress(StoreUnavailableError):
                return sessions.start("42", client(), methods=["pwd"]).session.user_id

    others = [threading.Thread(target=act) for act in (write, look)]
    for thread in others:
        thread.start()
    try:
        told = [told_by_child(write_at_last) for _ in range(5)]
    finally:
        stop.set()
        for thread in others:
            thread.join()

    assert told == ["42"] * 5
    assert len(sessions.list("42")) == 6


def test_who_looks_goes_on_after_a_fork_and_hears_of_what_was_done_in_a_shell(
    sessions: Sessions, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upkeep, "ensure_running", lambda self: None)
    store = sqlite_store(sessions)
    sessions.check(started.token, client())
    store.watch()

    told_by_child(lambda: None)
    with shell(f"sqlite:///{store._path}") as somebody:
        somebody.execute(
            "UPDATE signedin_sessions"
            " SET ended_at = 1, ended_reason = 'terminated', ended_by_kind = 'admin'"
        )
    store.watch()

    assert sessions.check(started.token, client()).session is None


def test_a_child_that_was_forked_inside_a_use_of_the_database_refuses_to_use_it(
    sessions: Sessions, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forks, "PATIENCE", 0.05)
    monkeypatch.setattr(Upkeep, "ensure_running", lambda self: None)

    def what_a_check_says() -> object:
        try:
            return sessions.check(started.token, client()).session
        except StoreUnavailableError as error:
            return error

    with sessions.work():
        told = told_by_child(what_a_check_says)

    assert "forked" in told
    assert sessions.check(started.token, client()).session is not None
