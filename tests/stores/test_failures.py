"""What breaks breaks towards refusing: nobody is logged out, and no success is made up (I2, I4)."""

from __future__ import annotations

import os
import resource
import sqlite3
from pathlib import Path

import pytest

from signedin.core.errors import OutcomeUnknownError, StoreUnavailableError
from signedin.core.session import Started
from signedin.stores.sqlite import connections, store
from signedin.wiring import Sessions
from tests.clients import client
from tests.databases import sqlite_store
from tests.processes import hold, is_held, is_live, look, terminate

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


def test_a_read_that_was_broken_off_leaves_no_old_snapshot_behind(
    here: Sessions, there: Sessions, started: Started
) -> None:
    """Ctrl-C can come between any two steps of Python."""
    with sqlite_store(there)._fresh.use() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM signedin_sessions").fetchall()
    terminate(here, started)

    assert not is_live(there, started)


def test_a_write_that_was_broken_off_keeps_nobody_from_writing(
    here: Sessions, there: Sessions, started: Started
) -> None:
    with sqlite_store(here)._durable.use() as connection:
        connection.execute("BEGIN IMMEDIATE")
    sqlite_store(there)._durable._connection.execute("PRAGMA busy_timeout = 20")  # type: ignore[union-attr]

    terminate(there, started)

    assert not is_live(here, started)


def test_a_terminate_that_cannot_get_the_lock_says_that_nothing_is_ended(
    here: Sessions,
    there: Sessions,
    started: Started,
    shell: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sqlite_store(here)._durable._connection.execute("PRAGMA busy_timeout = 50")  # type: ignore[union-attr]
    shell.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailableError, match="Nothing was changed"):
        terminate(here, started)

    assert is_live(there, started)
    shell.execute("ROLLBACK")
    terminate(here, started)
    assert not is_live(there, started)


def test_a_commit_that_breaks_is_told_as_unknown_and_never_as_done(
    here: Sessions, there: Sessions, started: Started, database: Path
) -> None:
    """The disk takes not one byte more in the middle of the commit, after the word was raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        here.list("42")
        full = Path(f"{database}-wal").stat().st_size
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (full, hard))
        try:
            terminate(here, started)
        except OutcomeUnknownError as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, "rb") as told:
        assert b"It may or may not hold" in told.read()

    assert not is_held(there, started), "the word was raised"
    assert is_live(there, started)
    look(there, times=store.REPAIRED_AFTER)
    hold(there, started)
    terminate(here, started)
    assert not is_live(there, started)


def test_what_must_outlive_a_power_cut_is_written_to_the_disk(
    here: Sessions, started: Started
) -> None:
    """Ends and starts are; the last use of a session is not worth as much."""

    def synchronous(connection: connections.Connection) -> int:
        with connection.use() as opened:
            (how,) = opened.execute("PRAGMA synchronous").fetchone()
            return int(how)

    here._flush()

    assert synchronous(sqlite_store(here)._durable) == 2  # FULL
    assert synchronous(sqlite_store(here)._flushing) == 1  # NORMAL


def test_a_busy_database_logs_nobody_out(
    here: Sessions, started: Started, shell: sqlite3.Connection
) -> None:
    shell.execute("BEGIN IMMEDIATE")
    here._memory.forget(None)

    assert is_live(here, started)
    shell.execute("ROLLBACK")


def test_a_full_database_refuses_clearly_and_loses_nothing(
    here: Sessions, started: Started
) -> None:
    connection = sqlite_store(here)._durable._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        for number in range(1000):
            here.start(str(number), client("x" * 500 + str(number)), methods=["pwd"])

    with pytest.raises(StoreUnavailableError, match="full"):
        fill()

    assert is_live(here, started)
    connection.execute("PRAGMA max_page_count = 1000000")
    terminate(here, started)
    assert not is_live(here, started)
