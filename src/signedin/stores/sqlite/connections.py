"""Connections to one SQLite file, each for one purpose and used by one thread at a time.

Freshness has a connection of its own in autocommit, so that no snapshot of somebody
else's transaction is ever looked at (`freshness.md`, rule 2). Durable writes run with
``synchronous=FULL``: with NORMAL a power cut could bring a terminated session back.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from signedin.core.errors import OutcomeUnknownError, StoreUnavailableError
from signedin.stores.queries import statements_for
from signedin.stores.sqlite.file import DatabaseFile

QUERIES = statements_for("sqlite")
BUSY_TIMEOUT = 5.0  # seconds that a locked database is waited for
_BUSY_STEP = 0.01  # seconds between two tries where SQLite itself does not wait
_NO_OUTAGE = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)


class Connection:
    """One connection and the lock that lets one thread use it at a time."""

    def __init__(self, file: DatabaseFile, *, synchronous: str) -> None:
        self._file = file
        self._synchronous = synchronous
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def use(self) -> AbstractContextManager[sqlite3.Connection]:
        """The connection, opened if need be; SQLite's errors become ours."""
        return self  # a generator would cost as much as the read itself

    def __enter__(self) -> sqlite3.Connection:
        lock = self._lock
        if not (lock.acquire(blocking=False) or lock.acquire(timeout=BUSY_TIMEOUT)):
            raise StoreUnavailableError("The database is busy. Nothing was changed; try again.")
        if self._connection is None:
            try:
                self._connection = self._open()
            except BaseException as error:
                self._leave()
                _tell(error)
                raise
        return self._connection

    def __exit__(self, kind: object, error: BaseException | None, where: object) -> None:
        self._leave()
        if error is not None:
            _tell(error)

    def _leave(self) -> None:
        """Leave no transaction behind that was broken off, as by Ctrl-C between two steps."""
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.rollback()
        finally:
            self._lock.release()

    def close(self) -> None:
        with self._lock:
            self._close()

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def shut(self, patience: float) -> bool:
        """Close it and let nobody open it until ``unlock``; false: it is in use for so long."""
        if not self._lock.acquire(timeout=patience):
            return False
        self._close()
        return True

    def unlock(self) -> None:
        self._lock.release()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        self._file.refuse_other()
        path = self._file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        try:
            if is_new:  # nobody else's to read, and SQLite gives its -wal and -shm the same mode
                path.chmod(0o600)
            _use_wal(connection)
            self._file.note_opened()
        except BaseException:
            connection.close()
            raise
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # the flusher does it, off the path
        return connection


def _tell(error: BaseException) -> None:
    """Raise what an error means, if it is no rule of the schema and no mistake of ours."""
    if isinstance(error, (sqlite3.Error, OSError)) and not isinstance(error, _NO_OUTAGE):
        raise unavailable(error) from error


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch a new file to WAL. Here SQLite does not wait for others who do the same."""
    last_try = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() >= last_try:
                raise
            time.sleep(_BUSY_STEP)


def execute(
    connection: sqlite3.Connection, statement: str, values: dict[str, Any]
) -> tuple[list[tuple[Any, ...]], int]:
    """Run a named statement and read its cursor to the end, so that no snapshot stays open."""
    cursor = connection.execute(QUERIES[statement], values)
    return cursor.fetchall(), cursor.rowcount


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """All reads of the block see the database as it is at the first of them."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:  # else SQLite itself has ended it, for the error under way
            connection.execute("COMMIT")


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction that holds the write lock from its first statement on."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _failed_commit(connection, error) from error
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def unavailable(error: sqlite3.Error | OSError) -> StoreUnavailableError:
    """SQLite's or the system's own words, in a sentence that says what holds now."""
    return StoreUnavailableError(f"The database cannot be used ({error}). Nothing was changed.")


def _failed_commit(connection: sqlite3.Connection, error: sqlite3.Error) -> StoreUnavailableError:
    if connection.in_transaction:
        return unavailable(error)
    return OutcomeUnknownError(
        f"The database broke while the change was made final ({error}). "
        "It may or may not hold; look again before you rely on it."
    )
