"""Connections to one PostgreSQL database, kept open, each used by one thread at a time.

Nothing is set on a connection for longer than a transaction, and nothing is prepared where a
pooler stands in between. One that died while it lay idle is noticed by the BEGIN, which changes
nothing and is simply sent again on another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict

from signedin.core.errors import (
    InvalidSettingError,
    OutcomeUnknownError,
    StoreUnavailableError,
)
from signedin.stores.postgres.patience import NoAnswerError, PatientConnection
from signedin.stores.queries import statements_for, with_marks

Connection = PatientConnection
Cursor = psycopg.Cursor[tuple[Any, ...]]
T = TypeVar("T")

PREPARED_AFTER = 5  # uses on a connection; to plan a statement takes longer than to run it
BUSY_TIMEOUT = 5.0  # seconds that a lock, or a connection to be free, is waited for
_DEFAULTS = {
    "application_name": "signedin",
    "client_encoding": "UTF8",  # whatever the role or the machine is set to
    "connect_timeout": "5",  # seconds
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",  # milliseconds without an answer until a connection is dead
    "target_session_attrs": "read-write",  # what a standby says may be old
}
# How a transaction begins that writes, and one whose outcome must outlive the machine: where
# commits wait for a standby they go on doing so, and where they wait for nothing they now do.
READ_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
DURABLE = (
    f"{READ_WRITE}SELECT set_config('synchronous_commit', 'on', true) "
    "WHERE current_setting('synchronous_commit') = 'off'; "
)
_SAID = {"note", "reason"}  # by people to people; names nothing
_COLLISIONS = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


class CollisionError(StoreUnavailableError):
    """Two transactions waited for each other; this one was undone, and may run again."""


QUERIES = {name: with_marks(text).encode() for name, text in statements_for("postgres").items()}


class Connections:
    """Up to ``most`` connections, opened when they are needed.

    Args:
        patience: How many seconds an answer is waited for; ``None``: however long it takes.

    Raises:
        InvalidSettingError: The URL cannot be understood.
    """

    def __init__(self, url: str, *, most: int, patience: float | None) -> None:
        try:
            self._settings: dict[str, Any] = {**_DEFAULTS, **conninfo_to_dict(url)}
        except psycopg.ProgrammingError:  # its words may hold the password
            raise InvalidSettingError(
                "database: expected postgresql://USER@HOST/DATABASE, got a postgresql:// URL "
                "that cannot be understood; is there a character that must be written as %XX?"
            ) from None
        self._most = most
        self._patience = patience
        self._inherited: list[object] = []
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._free = threading.BoundedSemaphore(self._most)
        self._changing = threading.Lock()
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._closings = 0

    def connect(self) -> Connection:
        """One more, that is nobody else's.

        Raises:
            psycopg.Error, OSError: There is none to be had.
        """
        connection = PatientConnection.connect(
            autocommit=True, prepare_threshold=None, **self._settings
        )
        connection.patience = self._patience
        if is_direct(connection):
            connection.prepare_threshold = PREPARED_AFTER
        return connection

    def ask(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a named statement that is a transaction of its own, and may run twice.

        Raises:
            StoreUnavailableError: As for ``begun``.
        """
        query = QUERIES[statement]
        with self._using(lambda connection: connection.execute(query, values)) as (_, cursor):
            return _rows(cursor)

    @contextmanager
    def begun(self, begin: bytes) -> Iterator[Connection]:
        """A connection on which ``begin`` was run; what is still open at the end is undone.

        Raises:
            StoreUnavailableError: There is none, or it broke; PostgreSQL's errors become ours.
        """
        with self._using(lambda connection: connection.say(begin)) as (connection, _):
            yield connection

    @contextmanager
    def _using(self, run: Callable[[Connection], T]) -> Iterator[tuple[Connection, T]]:
        if not self._free.acquire(timeout=BUSY_TIMEOUT):
            raise StoreUnavailableError("The database is busy. Nothing was changed; try again.")
        connection, closings = None, self._closings
        try:
            connection, result = self._connect_and_run(run)
            yield connection, result
        except (psycopg.IntegrityError, psycopg.DataError):
            raise  # a rule of the schema, or a mistake of ours: no reason to try again
        except (psycopg.Error, OSError) as error:
            raise unavailable(error) from error
        finally:
            try:
                if connection is not None:
                    self._put_back(connection, closings)
            finally:
                self._free.release()

    def _connect_and_run(self, run: Callable[[Connection], T]) -> tuple[Connection, T]:
        while (idle := self._take()) is not None:
            try:
                result = run(idle)
            except psycopg.OperationalError as error:
                if not idle.broken:
                    self._put_back(idle, self._closings)
                    raise
                self._drop(idle)
                if isinstance(error, NoAnswerError):
                    raise  # the next one would be waited for as long
            except BaseException:
                self._drop(idle)
                raise
            else:
                return idle, result
        connection = self.connect()
        with self._changing:
            self._all.add(connection)
        try:
            return connection, run(connection)
        except BaseException:
            self._drop(connection)
            raise

    def _take(self) -> Connection | None:
        with self._changing:
            return self._idle.pop() if self._idle else None

    def _put_back(self, connection: Connection, closings: int) -> None:
        """Leave no transaction behind that failed or was broken off, as by Ctrl-C."""
        try:
            status = connection.info.transaction_status
            if status in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR):
                connection.execute(b"ROLLBACK")
                status = connection.info.transaction_status
            with self._changing:
                if status is pq.TransactionStatus.IDLE and closings == self._closings:
                    self._idle.append(connection)
                    return
        except psycopg.Error:
            pass  # it is dead
        except BaseException:
            self._drop(connection)
            raise
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        with self._changing:
            self._all.discard(connection)
        with suppress(psycopg.Error):
            connection.close()

    def forked(self) -> None:
        """Keep the parent's connections referenced and unused: closing one would end it there."""
        self._inherited.append((self._idle, self._all))
        self._begin_anew()

    def close(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        with self._changing:
            self._closings += 1
            idle, self._idle = self._idle, []
        for connection in idle:
            self._drop(connection)


def is_direct(connection: Connection) -> bool:
    """Whether the process that answers is the one that took the connection, and no pooler did."""
    answer = connection.execute(b"SELECT pg_backend_pid()").fetchone()
    return answer == (connection.info.backend_pid,)


def execute(
    cursor: Cursor, statement: str, values: dict[str, Any]
) -> tuple[list[tuple[Any, ...]], int]:
    """Run a named statement: the rows, and how many were changed.

    No text in PostgreSQL holds a NUL: nothing is found by one, and what people say loses it.
    """
    query = QUERIES[statement]
    with_nul = {name for name, value in values.items() if isinstance(value, str) and "\0" in value}
    if with_nul:
        if query.startswith(b"SELECT"):
            return [], 0
        said = {name: values[name].replace("\0", "\ufffd") for name in with_nul & _SAID}
        values = values | said
    cursor.execute(query, values)
    return _rows(cursor), cursor.rowcount


def _rows(cursor: Cursor) -> list[tuple[Any, ...]]:
    """None of a statement that has none; `cursor.description` would cost more than the rows."""
    result = cursor.pgresult
    return cursor.fetchall() if result is not None and result.nfields else []


def commit(connection: Connection, last: str | None = None, **values: Any) -> str | None:
    """Make a transaction final, after a ``last`` named statement that goes the same way.

    Returns:
        What that statement answered first; ``None``: no row.

    Raises:
        OutcomeUnknownError: The connection broke meanwhile, or PostgreSQL warned, as it does
            when it no longer waits for the standby that it should wait for.
        StoreUnavailableError: It was rolled back.
    """
    warnings: list[str] = []

    def listen(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING":
            warnings.append(diagnostic.message_primary or "a warning")

    connection.add_notice_handler(listen)
    try:
        results = connection.say(_final(connection, last, values))
    except psycopg.Error as error:
        raise _outcome_unknown(error) if connection.broken else unavailable(error) from error
    finally:
        connection.remove_notice_handler(listen)
    if results[-1].command_status != b"COMMIT":
        raise StoreUnavailableError("The database did not make the change. Nothing was changed.")
    if warnings:
        raise _outcome_unknown(warnings[0])
    answer = results[0].get_value(0, 0) if results[0].ntuples else None
    return None if answer is None else answer.decode()


def _final(connection: Connection, last: str | None, values: dict[str, Any]) -> bytes:
    if last is None:
        return b"COMMIT"
    literals = {name.encode(): sql.Literal(v).as_bytes(connection) for name, v in values.items()}
    return QUERIES[last] % literals + b"; COMMIT"


def unavailable(error: Exception) -> StoreUnavailableError:
    """PostgreSQL's or the system's own words, in a sentence that says what holds now."""
    kind = CollisionError if isinstance(error, _COLLISIONS) else StoreUnavailableError
    return kind(f"The database cannot be used ({words_of(error)}). Nothing was changed.")


def _outcome_unknown(why: Exception | str) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"The database broke while the change was made final ({words_of(why)}). "
        "It may or may not hold; look again before you rely on it."
    )


def words_of(why: Exception | str) -> str:
    """The first line: PostgreSQL's own words go on with what nobody needs."""
    lines = str(why).strip().splitlines()
    return lines[0] if lines else type(why).__name__
