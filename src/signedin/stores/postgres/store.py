"""Sessions in a PostgreSQL database that any number of processes on any machines share.

Memory is trusted while the lease holds that the feed keeps (`feed.py`); without it each check
reads the row and its policies in one snapshot of the primary. As on SQLite there is one writer
at a time, so that what a transaction has read still holds when it commits; uses are written
beside each other, but beside no writer. A transaction that changed something is over when every
node has heard of it.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from typing import Any

from signedin.core.errors import InvalidSettingError, StoreUnavailableError
from signedin.core.place import Place
from signedin.service.ports import FeedState, Horizons, Use
from signedin.stores.migrate import pending, refuse_old
from signedin.stores.postgres.connections import (
    BUSY_TIMEOUT,
    DURABLE,
    READ_WRITE,
    CollisionError,
    Connection,
    Connections,
    Cursor,
    commit,
    execute,
)
from signedin.stores.postgres.feed import Feed
from signedin.stores.postgres.lease import Lease
from signedin.stores.purge import purge
from signedin.stores.reads import SqlReads
from signedin.stores.transaction import SqlTransaction
from signedin.stores.uses import use_values, write_address

READERS, SCANNERS, TELLERS = 8, 4, 2  # connections; with more threads at once, some wait a moment
# Seconds that an answer is waited for. One that may have to wait for a lock comes later; what is
# said for a lease is worth nothing after its length; and a scan may read for a while.
PATIENCE, TELLERS_PATIENCE, SCANNERS_PATIENCE = BUSY_TIMEOUT + 2.0, 2.0, 60.0
FLUSH_TRIES = 3
_HEARD_OF = 0  # the number of all data that is held: its next change will be heard of
WRITERS = 0x7369676E6564696E  # "signedin": the advisory lock of those who write
_AT_MOST = f"SET LOCAL lock_timeout = {int(BUSY_TIMEOUT * 1000)}; "
# Who stops in the middle of a transaction is undone before those who wait for it give up.
_PAUSE = "SET LOCAL idle_in_transaction_session_timeout = 3000; "
_SNAPSHOT = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
_READ = _SNAPSHOT + _AT_MOST.encode()
_WRITE = f"{DURABLE}{_AT_MOST}{_PAUSE}SELECT pg_advisory_xact_lock({WRITERS})".encode()
_FLUSH = (
    f"{READ_WRITE}{_AT_MOST}{_PAUSE}SET LOCAL synchronous_commit = off; "
    f"SELECT pg_advisory_xact_lock_shared({WRITERS})"
).encode()
# Beside others who write one row each, and durable.
_BESIDE = f"{DURABLE}{_AT_MOST}{_PAUSE}SELECT pg_advisory_xact_lock_shared({WRITERS})".encode()
# Who only reads does not wait for who writes.
_HOLD = f"{DURABLE}{_PAUSE}SET LOCAL lock_timeout = 20".encode()
# However long another one takes.
_MIGRATE = f"{READ_WRITE}SELECT pg_advisory_xact_lock({WRITERS})".encode()


class PostgresStore:
    """The store of `service/ports.py` on PostgreSQL; safe from any thread and across forks.

    Args:
        migrates: Whether the first use brings the database up to date; else somebody else does.

    Raises:
        InvalidSettingError: The URL cannot be understood.
    """

    is_remote = True

    def __init__(self, url: str, *, feed: str | None = None, migrates: bool = True) -> None:
        self._migrates = migrates
        self._reading = Connections(url, most=READERS, patience=PATIENCE)
        self._writing = Connections(url, most=1, patience=PATIENCE)
        self._flushing = Connections(url, most=1, patience=PATIENCE)
        self._scanning = Connections(url, most=SCANNERS, patience=SCANNERS_PATIENCE)
        self._telling = Connections(url, most=TELLERS, patience=TELLERS_PATIENCE)
        self._migrating = Connections(url, most=1, patience=None)
        self._listening = Connections(feed or url, most=1, patience=TELLERS_PATIENCE)
        self._forget: Callable[[Collection[str] | None], None] = _forget_nothing
        self._inherited: list[Feed] = []
        self._lease = Lease()
        self.is_fresh = self._lease.holds  # nothing in between: every check asks it
        self._begin()

    def _begin(self) -> None:
        self._opening = threading.Lock()
        self._opened = False
        self._lease.until = 0.0
        self._feed = Feed(
            self._listening.connect,
            self._telling,
            self._lease,
            lambda subjects: self._forget(subjects),
            self._let_go_of_former,
        )

    def _let_go_of_former(self) -> None:
        """Say and ask no more on connections to a server that is the primary no longer."""
        for connections in (self._reading, self._writing, self._flushing, self._scanning):
            connections.close()

    @property
    def _connections(self) -> tuple[Connections, ...]:
        return (
            *(self._reading, self._writing, self._flushing, self._scanning, self._telling),
            self._migrating,
        )

    # What freshness stands on.

    def bind(self, forget: Callable[[Collection[str] | None], None]) -> None:
        self._forget = forget

    def catch_up(self) -> None:
        """Be a node from now on: the feed applies every change as it comes."""
        self._open()
        self._feed.start(serving=True)

    def watch(self) -> None:
        """Whoever writes, the database itself announces it."""

    def checkpoint(self) -> None:
        """PostgreSQL does it by itself."""

    @contextmanager
    def looking_up(self) -> Iterator[SqlReads]:
        """A snapshot of the server that is the primary for sure, or was within one lease.

        Raises:
            StoreUnavailableError: No heartbeat can be committed there. A server that no longer
                is the primary may say what is no longer so.
        """
        self._open()
        vouched = self._feed.vouched_server()
        with self._snapshot(self._reading, _READ) as reads:
            ((server,),) = reads.rows("server")
            self._refuse_former(server, vouched)
            yield reads

    def _refuse_former(self, server: str, vouched: str) -> None:
        """Refuse what a server says on which no heartbeat was committed, nor can be."""
        if server != vouched and server != self._feed.vouched_server(other_than=vouched):
            self._reading.close()
            raise StoreUnavailableError("The database has moved to another server. Try again.")

    def reading(self) -> AbstractContextManager[SqlReads]:
        return self._snapshot(self._reading, _READ)

    def scanning(self) -> AbstractContextManager[SqlReads]:
        return self._snapshot(self._scanning, _SNAPSHOT)

    @contextmanager
    def _snapshot(self, connections: Connections, begin: bytes) -> Iterator[SqlReads]:
        self._open()
        with connections.begun(begin) as connection:
            yield SqlReads(functools.partial(execute, connection.cursor()))
            connection.execute(b"COMMIT")

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of one named statement that only reads."""
        with self.reading() as reads:
            return reads.rows(statement, **values)

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        self._open()
        feed = self._feed  # the same from here on, even if the store is closed meanwhile
        feed.start()
        with feed.confirmations.expected() as number:
            with self._writing.begun(_WRITE) as connection:
                transaction = SqlTransaction(functools.partial(execute, connection.cursor()))
                yield transaction
                changed_on = commit(
                    connection,
                    "tell_if_changed",
                    payload=feed.asking(number),
                    must=transaction.all_must_hear,
                )
            if changed_on is not None:
                transaction.heard = feed.confirmations.wait(number, changed_on)

    # Uses, which no process need hear of, and data, which is heard of where it may be held.

    def write_uses(self, uses: Sequence[Use], find_place: Callable[[str | None], Place]) -> None:
        self._open()
        latest = {use.session_id: use for use in sorted(uses, key=lambda use: use.at)}
        values = [use_values(use, find_place) for _, use in sorted(latest.items())]
        for tries_left in reversed(range(FLUSH_TRIES)):
            try:
                with self._flushing.begun(_FLUSH) as connection:
                    _write_uses(connection.cursor(), values, find_place)
                    commit(connection)
            except CollisionError:
                if not tries_left:
                    raise
            else:
                return

    def data_number(self, session_id: str) -> int | None:
        """Always the same one: what changed is dropped, as with sessions, while the lease holds."""
        return _HEARD_OF if self._lease.holds() else None

    def read_data(self, session_id: str, *, hold: bool = False) -> tuple[str | None, int | None]:
        """Held is what the row says may be: whoever changes it tells the nodes.

        Raises:
            StoreUnavailableError: As for ``looking_up``. A session that memory proves may be
                asked for here on a connection to the former primary.
        """
        self._open()
        rows = (self._mark_held(session_id) if hold else []) or self._reading.ask(
            "data_and_server", id=session_id
        )
        ((text, may_be_held, server),) = rows
        is_vouched = self._feed.vouches_for(server)
        if not is_vouched:
            self._refuse_former(server, self._feed.vouched_server())
        return text, _HEARD_OF if may_be_held and is_vouched else None

    def _mark_held(self, session_id: str) -> list[tuple[Any, ...]]:
        """Say in the row that nodes may hold its data, which is answered; nothing if that fails."""
        rows: list[tuple[Any, ...]] = []
        with suppress(StoreUnavailableError), self._reading.begun(_HOLD) as connection:
            found, _ = execute(connection.cursor(), "hold_data", {"id": session_id})
            commit(connection)
            rows = found
        return rows

    def change_data(self, session_id: str, merge: Callable[[str | None], str | None]) -> bool:
        self._open()
        feed = self._feed
        feed.start()
        with feed.confirmations.expected() as number:
            with self._reading.begun(_BESIDE) as connection:
                transaction = SqlTransaction(functools.partial(execute, connection.cursor()))
                found = transaction.change_data(session_id, merge)
                asking = feed.asking(number)
                changed_on = commit(connection, "tell_if_data_changed", payload=asking)
            if changed_on is not None:
                feed.confirmations.wait(number, changed_on)
                with suppress(StoreUnavailableError):  # then the next change waits as well
                    self._unmark(session_id, transaction.data_mark)
        return found

    def _unmark(self, session_id: str, mark: int | None) -> None:
        """Say in the row that all have heard of a change, unless there was another since."""
        if mark is not None:
            self._reading.ask("unmark_data", id=session_id, mark=mark)

    def purge(self, before: Horizons) -> None:
        purge(self.scanning, self.transaction, before)
        self._telling.ask("forget_nodes_without_feed")  # who lives comes back with its next beat

    # Opening and leaving.

    def migrate(self) -> list[str]:
        """Bring the database up to date; the names of what was applied."""
        with closing(self._migrating):
            return list(iter(self._migrate_once, None))

    def _migrate_once(self) -> str | None:
        """One by one, or who reads would wait for what follows on a short lock of one of them."""
        with self._migrating.begun(_MIGRATE) as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS signedin_schema (version integer NOT NULL)"
            )
            for number, name, text in pending("postgres", _version(connection)):
                connection.execute(text.encode())
                connection.execute("INSERT INTO signedin_schema (version) VALUES (%s)", (number,))
                commit(connection)
                return name
        return None

    def _open(self) -> None:
        if not self._opened:
            with self._opening:
                if not self._opened:
                    if self._migrates and self.to_apply():
                        self.migrate()
                    elif not self._migrates:
                        refuse_old("postgres", self._version())
                    ((length,),) = self._telling.ask("lease")
                    self._lease.length = length / 1_000_000
                    self._opened = True

    def to_apply(self) -> list[str]:
        """What ``migrate`` would apply now; looks without the lock, and changes nothing."""
        return [name for _, name, _ in pending("postgres", self._version())]

    def _version(self) -> int:
        with self._reading.begun(_READ) as connection:
            _refuse_encoding(connection)
            ours = connection.execute("SELECT to_regclass('signedin_schema')").fetchone()
            version = 0 if ours == (None,) else _version(connection)
            connection.execute("COMMIT")
        return version

    def feed_state(self) -> FeedState:
        self._open()
        nodes = [node for *_, node, _ in self._telling.ask("listening_nodes") if node]
        ((used,),) = self._telling.ask("queue_usage")
        return FeedState(len(nodes), used, self._lease.age(), self._feed.lag)

    def forked(self) -> None:
        """Begin as another node; the parent's feed is kept referenced and unused."""
        self._inherited.append(self._feed)
        for connections in self._connections:
            connections.forked()
        self._begin()

    def close(self) -> None:
        self._opened = False
        self._feed.stop()
        for connections in self._connections:
            connections.close()
        self._begin()


def _forget_nothing(subjects: Collection[str] | None) -> None:
    """Until somebody binds a memory there is nothing to forget."""


def _refuse_encoding(connection: Connection) -> None:
    """A name that the database has no letters for would break whatever looks for it.

    Raises:
        InvalidSettingError: It has letters for some names only, or does not know letters.
    """
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise InvalidSettingError(
            f"database: its encoding is {encoding}, which cannot hold every name; "
            "make another: CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'"
        )


def _version(connection: Connection) -> int:
    rows = connection.execute("SELECT coalesce(max(version), 0) FROM signedin_schema").fetchall()
    return int(rows[0][0])


def _write_uses(
    cursor: Cursor,
    values: Sequence[dict[str, Any]],
    find_place: Callable[[str | None], Place],
) -> None:
    """Lock the rows in order, so that two who flush cannot wait for each other."""
    execute(cursor, "lock_used", {"ids": [value["id"] for value in values]})
    elsewhere = [value for value in values if "place" in value]
    for place in sorted({value["place"] for value in elsewhere}):
        execute(cursor, "insert_place", {"place": place})
    for value in sorted(elsewhere, key=lambda v: (v["user_agent"], v["client_hints"])):
        execute(cursor, "insert_client", value)
        execute(cursor, "write_use_from", value)
    again = {value["id"]: value for value in values if "place" not in value}
    columns = {
        "ids": list(again),
        "times": [value["at"] for value in again.values()],
        "addresses": [value["address"] for value in again.values()],
    }
    for session_id, is_elsewhere in execute(cursor, "write_uses", columns)[0]:
        if is_elsewhere:
            # Another process saw it elsewhere in the meantime; now it is here again.
            write_address(functools.partial(execute, cursor), again[session_id], find_place)
