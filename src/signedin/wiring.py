"""Puts the parts together: ``Sessions`` from a database URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from signedin.agents import load_engine
from signedin.core.errors import InvalidSettingError
from signedin.core.policy import DEFAULT_POLICY, Policy
from signedin.places.reader import NoPlaces
from signedin.service.clock import Clock, SystemClock
from signedin.service.memory import CAPACITY
from signedin.service.ports import PlaceReader, Store
from signedin.service.sessions import SessionService
from signedin.service.sweep import DEFAULT_RETENTION, Retention
from signedin.stores.sqlite.filesystem import refuse_network_file_system
from signedin.stores.sqlite.store import SqliteStore

_SQLITE, _POSTGRES = "sqlite:///", "postgresql://"


class DatabaseStore(Store, Protocol):
    """A store that is a database of ours, with the accounts in it too."""

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of one named statement that only reads."""
        ...

    def migrate(self) -> list[str]:
        """Bring the database up to date; the names of what was applied."""
        ...


class Sessions(SessionService):
    """The sessions of an application, kept in a database.

    Args:
        database: ``sqlite:///relative.db`` or ``sqlite:////absolute.db``, which is made on
            first use, or ``postgresql://user@host/name``. Both are migrated on first use.
        feed: PostgreSQL behind PgBouncer: the URL of the same database without it, for the one
            connection that listens.
        policy: How long sessions may last.
        places: Says where addresses are; left out, only private networks are told.
        clock: Time and entropy; left out, the machine's.
        capacity: How many sessions a process holds in memory.
        retention: How long ended sessions, addresses and events are kept.
        remember_browsers: Whether a long-lived cookie keeps the list at one row per browser.

    Raises:
        InvalidSettingError: The URL names no database that signedin knows.
    """

    def __init__(
        self,
        database: str,
        *,
        feed: str | None = None,
        policy: Policy = DEFAULT_POLICY,
        places: PlaceReader | None = None,
        clock: Clock | None = None,
        capacity: int = CAPACITY,
        retention: Retention = DEFAULT_RETENTION,
        remember_browsers: bool = True,
    ) -> None:
        self.store = open_store(database, feed)
        super().__init__(
            self.store,
            clock=clock or SystemClock(),
            places=places or NoPlaces(),
            load_engine=load_engine,
            policy=policy,
            capacity=capacity,
            retention=retention,
            remember_browsers=remember_browsers,
        )


def open_store(database: str, feed: str | None = None) -> DatabaseStore:
    """The store that a database URL names; nothing is opened yet.

    Raises:
        InvalidSettingError: No such kind of database, no place for one, or no driver.
    """
    if is_postgres(database):
        return _open_postgres(database, feed)
    if feed is not None:
        raise InvalidSettingError("feed: only a PostgreSQL database has one; leave it out")
    path = sqlite_path(database)
    refuse_network_file_system(path)
    return SqliteStore(path)


def is_postgres(database: str) -> bool:
    """Whether a database URL names a PostgreSQL database."""
    return database.startswith(_POSTGRES)


def _open_postgres(database: str, feed: str | None) -> DatabaseStore:
    try:
        from signedin.stores.postgres.store import PostgresStore
    except ImportError:
        raise InvalidSettingError(
            "database: PostgreSQL needs a driver that is not installed; "
            "install it with: pip install 'signedin[postgres]'"
        ) from None
    return PostgresStore(database, feed=feed)


def sqlite_path(database: str) -> Path:
    """The file that a database URL names.

    Raises:
        InvalidSettingError: It names none.
    """
    if database.startswith(_SQLITE) and len(database) > len(_SQLITE):
        # Whatever a later chdir does; and all links to one file must lead to one change word.
        return Path(database.removeprefix(_SQLITE)).resolve()
    raise InvalidSettingError(
        "database: expected sqlite:///file.db, sqlite:////path/to/file.db or "
        "postgresql://user@host/name, got one that begins with "
        f"{database.partition('://')[0][:20]!r}"  # what follows may hold a password
    )
