"""A store in a database of the Django project, provably fresh outside its transactions.

Outside a transaction of the application, connections of our own read and write, and memory is
trusted as the engine's own store proves it. Inside one everything goes over Django's connection,
and memory is neither asked nor filled. A SQLite database in memory, and one of Django's test
runner, have nothing but that connection.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from django.core import mail
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from signedin.core.errors import InvalidSettingError
from signedin.core.place import Place
from signedin.django.connection import ENGINES, ConnectionStore, connection_of, is_in_transaction
from signedin.service.ports import FeedState, Horizons, Reads, Transaction, Use
from signedin.stores.sqlite.filesystem import refuse_network_file_system
from signedin.stores.sqlite.store import SqliteStore
from signedin.wiring import DatabaseStore


class DjangoStore:
    """The store of `service/ports.py` in ``DATABASES[alias]``; its tables are made by `migrate`.

    Args:
        feed: The alias of the same database without PgBouncer in between, if one is.

    Raises:
        InvalidSettingError: That database is neither SQLite nor PostgreSQL.
    """

    def __init__(self, alias: str, *, feed: str | None = None) -> None:
        refuse_other_engines(alias)
        self.is_remote = connections[alias].vendor != "sqlite"
        self._alias = alias
        self._feed = feed
        self._forget: Callable[[Collection[str] | None], None] = _forget_nothing
        self._opening = threading.Lock()
        self._own: DatabaseStore | None = None
        self._own_name: object = None  # of the database; tests give the alias another one
        self._inside = ConnectionStore(
            alias,
            announce=self._announce,
            announcing_data=self._announcing_data,
            committed=self._committed,
        )

    def bind(self, forget: Callable[[Collection[str] | None], None]) -> None:
        self._forget = forget

    def stands_apart(self) -> bool:
        """Whether our own connections may be used here and now, as by a thread of our own."""
        return self._apart() is not None

    def has_one_connection(self) -> bool:
        """Whether there is nothing but Django's connection, as in a test."""
        return self._own_for(connection_of(self._alias)) is None

    def is_inside(self) -> bool:
        """Whether a transaction of the application is open."""
        return is_in_transaction(connection_of(self._alias))

    def _apart(self) -> DatabaseStore | None:
        connection = connection_of(self._alias)
        return None if is_in_transaction(connection) else self._own_for(connection)

    def _own_for(self, connection: BaseDatabaseWrapper) -> DatabaseStore | None:
        """The engine's own store for this database; none for one in memory, or of a test."""
        name = connection.settings_dict["NAME"]
        if name != self._own_name:
            with self._opening:
                if name != self._own_name:
                    self._let_go()
                    self._own = self._open(connection)
                    self._own_name = name
        return self._own

    def _open(self, connection: BaseDatabaseWrapper) -> DatabaseStore | None:
        store: DatabaseStore
        if _is_under_test():
            return None
        if connection.vendor == "sqlite":
            name = str(connection.settings_dict["NAME"])
            if name == ":memory:" or name.startswith("file:"):
                return None
            path = Path(name).resolve()
            refuse_network_file_system(path)
            store = SqliteStore(path, migrates=False)
        else:
            store = _open_postgres(connection, connections[self._feed] if self._feed else None)
        store.bind(lambda subjects: self._forget(subjects))
        return store

    def _best(self) -> DatabaseStore | ConnectionStore:
        return self._apart() or self._inside

    # What freshness stands on.

    def is_fresh(self) -> bool:
        apart = self._apart()
        return apart is not None and apart.is_fresh()

    def catch_up(self) -> None:
        apart = self._apart()
        if apart is not None:
            apart.catch_up()

    def looking_up(self) -> AbstractContextManager[Reads]:
        return self._best().looking_up()

    def reading(self) -> AbstractContextManager[Reads]:
        return self._best().reading()

    def scanning(self) -> AbstractContextManager[Reads]:
        return self._best().scanning()

    def transaction(self) -> AbstractContextManager[Transaction]:
        return self._best().transaction()

    def write_uses(self, uses: Sequence[Use], find_place: Callable[[str | None], Place]) -> None:
        self._best().write_uses(uses, find_place)

    def data_number(self, session_id: str) -> int | None:
        apart = self._apart()
        return None if apart is None else apart.data_number(session_id)

    def read_data(self, session_id: str, *, hold: bool = False) -> tuple[str | None, int | None]:
        return self._best().read_data(session_id, hold=hold)

    def change_data(self, session_id: str, merge: Callable[[str | None], str | None]) -> bool:
        return self._best().change_data(session_id, merge)

    def purge(self, before: Horizons) -> None:
        self._best().purge(before)

    def watch(self) -> None:
        apart = self._apart()
        if apart is not None:
            apart.watch()

    def checkpoint(self) -> None:
        apart = self._apart()
        if apart is not None:
            apart.checkpoint()

    def feed_state(self) -> FeedState | None:
        apart = self._apart()
        return None if apart is None else apart.feed_state()

    # What the application's own transaction changes.

    def _announce(self, connection: BaseDatabaseWrapper) -> None:
        """On SQLite raise the word before Django commits; on PostgreSQL triggers tell it."""
        own = self._own_for(connection)
        if isinstance(own, SqliteStore):
            own.announce(connection.connection)

    def _announcing_data(
        self, connection: BaseDatabaseWrapper, session_id: str
    ) -> AbstractContextManager[None]:
        own = self._own_for(connection)
        if isinstance(own, SqliteStore):
            return own.announcing_data(connection.connection, session_id)
        return nullcontext()

    def _committed(self) -> None:
        """Wait until all have heard; while a test's own transaction is open, nobody can."""
        apart = self._apart()
        if apart is not None:
            with apart.transaction() as transaction:
                transaction.let_all_hear()

    # Leaving.

    def forked(self) -> None:
        self._opening = threading.Lock()
        if self._own is not None:
            self._own.forked()

    def close(self) -> None:
        """Let go of our own connections; they are opened anew when they are needed."""
        with self._opening:
            self._let_go()

    def _let_go(self) -> None:
        own, self._own, self._own_name = self._own, None, None
        if own is not None:
            own.close()
            self._forget(None)


def refuse_other_engines(alias: str) -> None:
    """Say at once that sessions cannot be kept there.

    Raises:
        InvalidSettingError: The database is neither SQLite nor PostgreSQL, or there is none.
    """
    if alias not in connections:
        raise InvalidSettingError(f"SIGNEDIN: DATABASES has no {alias!r}")
    vendor = connections[alias].vendor
    if vendor not in ENGINES:
        raise InvalidSettingError(
            f"SIGNEDIN: sessions cannot be kept in DATABASES[{alias!r}], which is {vendor}. "
            "Add a SQLite or PostgreSQL database to DATABASES, "
            "and name it: SIGNEDIN = {'DATABASE': 'sessions'}"
        )


def _is_under_test() -> bool:
    """Whether Django's test environment is set up: it drops a database that nobody may hold."""
    return hasattr(mail, "outbox")


def _open_postgres(
    connection: BaseDatabaseWrapper, feed: BaseDatabaseWrapper | None
) -> DatabaseStore:
    try:
        from signedin.django.postgres import connection_string
        from signedin.stores.postgres.store import PostgresStore
    except ImportError:
        raise InvalidSettingError(
            "SIGNEDIN: PostgreSQL needs psycopg 3; install it with: "
            "pip install 'signedin[postgres]'"
        ) from None
    return PostgresStore(
        connection_string(connection),
        feed=None if feed is None else connection_string(feed),
        migrates=False,
    )


def _forget_nothing(subjects: Collection[str] | None) -> None:
    """Until somebody binds a memory there is nothing to forget."""
