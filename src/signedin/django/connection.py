"""The store on Django's own connection: inside a transaction of the application, or in memory.

What is read here is what that transaction sees, so nothing of it is ever kept
(`freshness.md`, both engines, 2). What is written holds when the outermost block commits:
until then a receipt is pending (5).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DataError, Error, IntegrityError, ProgrammingError

from signedin.core.errors import StoreUnavailableError, TransactionOpenError
from signedin.core.place import Place
from signedin.service.ports import Heard, Horizons, Use
from signedin.stores.purge import purge
from signedin.stores.queries import statements_for, with_marks
from signedin.stores.reads import Execute, SqlReads
from signedin.stores.transaction import SqlTransaction
from signedin.stores.uses import write_each

ENGINES = {"sqlite": "sqlite", "postgresql": "postgres"}  # Django's word for one, and ours
WAIT = 5.0  # seconds that the write lock is waited for on PostgreSQL; on SQLite Django says it
_MISTAKES = (IntegrityError, ProgrammingError, DataError)  # of ours, or a rule of the schema


class ConnectionStore:
    """What of `service/ports.py` reads and writes, through ``connections[alias]``.

    Args:
        announce: Called with the open connection before what was written can be committed.
        announcing_data: The same around a change of a session's data, with the session's id.
        committed: Called when a transaction of the application has committed such a change.
    """

    def __init__(
        self,
        alias: str,
        *,
        announce: Callable[[BaseDatabaseWrapper], None],
        announcing_data: Callable[[BaseDatabaseWrapper, str], AbstractContextManager[None]],
        committed: Callable[[], None],
    ) -> None:
        self._alias = alias
        self._announce = announce
        self._announcing_data = announcing_data
        self._committed = committed

    @contextmanager
    def reading(self) -> Iterator[SqlReads]:
        with _here(self._alias) as connection:
            yield SqlReads(_execute_on(connection))

    def looking_up(self) -> AbstractContextManager[SqlReads]:
        return self.reading()

    def scanning(self) -> AbstractContextManager[SqlReads]:
        return self.reading()

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """One transaction, or a part of the application's that is undone alone if it fails.

        Raises:
            TransactionOpenError: The application commits by itself and tells nobody.
        """
        connection = connection_of(self._alias)
        is_part = connection.in_atomic_block
        if not is_part and commits_by_hand(connection):
            raise TransactionOpenError(
                "The application has switched autocommit off: it cannot be told when an end "
                "would hold. Commit, or use transaction.atomic()."
            )
        with _here(self._alias), transaction.atomic(self._alias):
            execute = _execute_on(connection)
            _take_write_lock(connection, execute)
            self._announce(connection)  # what others have left behind comes first
            ours = SqlTransaction(execute)
            ours.heard = Heard(pending=is_part)
            yield ours
            self._announce(connection)
            if is_part and _has_changed(connection, execute, ours):
                transaction.on_commit(self._committed, using=self._alias)

    def write_uses(self, uses: Sequence[Use], find_place: Callable[[str | None], Place]) -> None:
        with _here(self._alias) as connection, transaction.atomic(self._alias):
            execute = _execute_on(connection)
            _take_write_lock(connection, execute)
            write_each(execute, uses, find_place)

    def read_data(self, session_id: str, *, hold: bool = False) -> tuple[str | None, None]:
        with self.reading() as reads:
            return reads.data_of(session_id), None

    def change_data(self, session_id: str, merge: Callable[[str | None], str | None]) -> bool:
        with _here(self._alias) as connection, transaction.atomic(self._alias):
            execute = _execute_on(connection)
            _take_write_lock(connection, execute)
            with self._announcing_data(connection, session_id):
                ours = SqlTransaction(execute)
                found = ours.change_data(session_id, merge)
            if connection.vendor != "sqlite" and execute("has_changed_data", {})[0] == [(True,)]:
                heard = functools.partial(self._data_committed, session_id, ours.data_mark)
                transaction.on_commit(heard, using=self._alias)
            return found

    def _data_committed(self, session_id: str, mark: int | None) -> None:
        """Wait until all have heard, then say so in the row; see `PostgresStore.change_data`."""
        self._committed()
        with _here(self._alias) as connection:
            if mark is not None and not is_in_transaction(connection):
                _execute_on(connection)("unmark_data", {"id": session_id, "mark": mark})

    def purge(self, before: Horizons) -> None:
        purge(self.scanning, self.transaction, before)


def commits_by_hand(connection: BaseDatabaseWrapper) -> bool:
    """Whether a transaction of the application may be open that Django knows no end of."""
    return connection.connection is not None and not connection.autocommit


def is_in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Whether what this connection reads and writes is part of the application's transaction."""
    return connection.in_atomic_block or commits_by_hand(connection)


@functools.cache
def _queries(engine: str) -> Mapping[str, str]:
    return {name: with_marks(text) for name, text in statements_for(engine).items()}


def _execute_on(connection: BaseDatabaseWrapper) -> Execute:
    queries = _queries(ENGINES[connection.vendor])

    def execute(statement: str, values: dict[str, Any]) -> tuple[list[tuple[Any, ...]], int]:
        with connection.cursor() as cursor:
            cursor.execute(queries[statement], values)
            rows = cursor.fetchall() if cursor.description else []
            return rows, cursor.rowcount

    return execute


def _take_write_lock(connection: BaseDatabaseWrapper, execute: Execute) -> None:
    """Be the only writer from here to the commit, as with the engine's own store."""
    if connection.vendor == "sqlite":
        execute("take_write_lock", {})
        return
    from signedin.stores.postgres.store import WRITERS  # it needs a driver

    execute("prepare_to_write", {"wait": f"{WAIT:.0f}s"})
    execute("take_write_lock", {"writers": WRITERS})
    execute("wait_as_before", {})


def _has_changed(connection: BaseDatabaseWrapper, execute: Execute, ours: SqlTransaction) -> bool:
    if ours.all_must_hear or connection.vendor == "sqlite":
        return True
    return execute("has_changed", {})[0] == [(True,)]


_lent: ContextVar[BaseDatabaseWrapper | None] = ContextVar("signedin connection", default=None)


@contextmanager
def lent_to_other_threads(alias: str) -> Iterator[None]:
    """Let threads that work for this one use its connection, one at a time, while it waits.

    Without it they would not see what a test has put into a transaction, or into memory.
    """
    connection = connections[alias]
    connection.inc_thread_sharing()
    before = _lent.set(connection)
    try:
        yield
    finally:
        _lent.reset(before)
        connection.dec_thread_sharing()


def connection_of(alias: str) -> BaseDatabaseWrapper:
    """The connection of this thread, or of the one that it works for."""
    return _lent.get() or connections[alias]


@contextmanager
def _here(alias: str) -> Iterator[BaseDatabaseWrapper]:
    """That connection as the one that Django uses in this thread; its errors become ours."""
    own, connection = connections[alias], connection_of(alias)
    connections[alias] = connection
    try:
        with _errors_as_ours():
            yield connection
    finally:
        connections[alias] = own


@contextmanager
def _errors_as_ours() -> Iterator[None]:
    try:
        yield
    except _MISTAKES:
        raise
    except Error as error:
        raise StoreUnavailableError(
            f"The database cannot be used ({error}). Nothing was changed."
        ) from error
