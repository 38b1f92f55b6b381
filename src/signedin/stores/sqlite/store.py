"""Sessions in one SQLite file, provably fresh in any number of processes.

Reads like `freshness.md`: a transaction announces its changes before it commits;
catching up applies what was committed and only then remembers the position; the watch
repairs what others left behind.
"""

from __future__ import annotations

import functools
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from signedin.core.errors import StoreUnavailableError
from signedin.core.place import Place
from signedin.service.ports import Horizons, Use
from signedin.service.process import stand_still_for_forks
from signedin.stores.migrate import refuse_old
from signedin.stores.purge import purge
from signedin.stores.reads import SqlReads
from signedin.stores.sqlite.change_word import ChangeWord
from signedin.stores.sqlite.connections import Connection, execute, snapshot, writing
from signedin.stores.sqlite.data_numbers import announcing_data, newest_data, number_anew
from signedin.stores.sqlite.file import DatabaseFile
from signedin.stores.sqlite.forks import Standstill
from signedin.stores.sqlite.schema import bring_up_to_date, version_of
from signedin.stores.transaction import SqlTransaction
from signedin.stores.uses import write_each

CHANGES_KEPT = 10_000
_AHEAD_AT_MOST = 2**40  # changes; a word that is further ahead is nonsense
REPAIRED_AFTER = 4  # looks of the watch, about a second: a writer needs less
_UNTRUSTED = (-2,)  # equals no position: memory is not used


class SqliteStore:
    """The store of `service/ports.py` on SQLite; safe from any thread and across forks.

    Args:
        migrates: Whether the first use brings the database up to date; else somebody else does.
    """

    is_remote = False

    def __init__(self, path: Path, *, migrates: bool = True) -> None:
        self._path = path
        self._migrates = migrates
        self._forget: Callable[[Collection[str] | None], None] = _forget_nothing
        self._abandoned: list[object] = []
        self._standstill = Standstill()
        self._begin()
        stand_still_for_forks(self)

    def _begin(self) -> None:
        self._file = DatabaseFile(self._path)
        self._opening = threading.RLock()
        self._catching_up = threading.Lock()
        self._fresh = Connection(self._file, synchronous="NORMAL")
        self._durable = Connection(self._file, synchronous="FULL")
        self._reading = Connection(self._file, synchronous="NORMAL")
        self._flushing = Connection(self._file, synchronous="NORMAL")
        self._connections = {self._fresh, self._durable, self._reading, self._flushing}
        self._opened = False
        self._word: ChangeWord | None = None
        self._cells: Sequence[int] = _UNTRUSTED
        self._position = -1  # newest change read from the database; equals no word yet
        self._newest_read: tuple[int, str] | None = None  # that change, unless it was trimmed
        self._data_version: int | None = None
        self._looks_ahead = 0
        self._shared_with_another_machine = False

    def bind(self, forget: Callable[[Collection[str] | None], None]) -> None:
        self._forget = forget

    # What freshness stands on.

    def is_fresh(self) -> bool:
        return self._cells[0] == self._position

    def catch_up(self) -> None:
        """Read the changes after our position, apply them, and last of all remember how far."""
        self._open()
        self._refuse_other_file()
        if self._shared_with_another_machine:
            return
        with self._catching_up, self._fresh.use() as connection:
            self._apply_changes(connection)

    def _apply_changes(self, connection: sqlite3.Connection) -> int:
        """Apply what is committed, under the lock of those who catch up; the newest position."""
        read = self._position
        with snapshot(connection):  # the newest position and all changes up to it
            ((newest, floor),), _ = execute(connection, "newest_change", {})
            first = newest if read < floor else min(read, newest)
            rows, _ = execute(connection, "changes_from", {"position": first})
        # A backup that was restored tells another change at this position, or none.
        known = read == floor or (read > floor and rows[:1] == [self._newest_read])
        if not known:
            self._forget(None)
        elif changed := [subject for position, subject in rows if position > read]:
            self._forget(changed)
        self._newest_read = rows[-1] if rows else None
        self._position = newest
        return int(newest)

    @contextmanager
    def looking_up(self) -> Iterator[SqlReads]:
        self._open()
        with self._fresh.use() as connection, snapshot(connection):
            yield SqlReads(functools.partial(execute, connection))

    @contextmanager
    def reading(self) -> Iterator[SqlReads]:
        self._open()
        with self._reading.use() as connection, snapshot(connection):
            yield SqlReads(functools.partial(execute, connection))

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        self._open()
        with self._durable.use() as connection, writing(connection):
            self.announce(connection)
            yield SqlTransaction(functools.partial(execute, connection))
            self.announce(connection)

    def announce(self, connection: sqlite3.Connection) -> None:
        """Set the word to the newest position, under the write lock and before the commit.

        A word that is ahead was left by a writer that died, or others have read what it tells
        and a backup was restored since. So no position up to it is given again.
        """
        word = self._word_in_place(connection)
        ((newest, _),), _ = execute(connection, "newest_change", {})
        if newest < word.position < newest + _AHEAD_AT_MOST:
            newest = word.position + 1
            execute(connection, "change_everything", {"position": newest})
        word.set(newest)

    def announcing_data(
        self, connection: sqlite3.Connection, session_id: str
    ) -> AbstractContextManager[None]:
        """The same for what a block changes in a session's data, if it does."""
        return announcing_data(connection, self._word_in_place(connection), session_id)

    def _word_in_place(self, connection: sqlite3.Connection) -> ChangeWord:
        self._refuse_other_file()
        word = self._word
        return word if word is not None and word.is_in_place() else self._open_word(connection)

    def _open_word(self, connection: sqlite3.Connection) -> ChangeWord:
        """Map the word file; under the write lock. Memory from before is not trusted."""
        ((identity,),), _ = execute(connection, "identity", {})
        ((newest, _),), _ = execute(connection, "newest_change", {})
        word = ChangeWord(
            word_path(self._path), database=self._path, identity=identity, newest=newest
        )
        if self._word is not None:
            self._abandoned.append(self._word)
        self._word, self._cells, self._position = word, word.cells, -1
        self._forget(None)
        return word

    def watch(self) -> None:
        """Notice writers that announced nothing here, and a word that stayed ahead.

        A word file that was deleted in use shows as a word left behind: announcing maps the
        new one.
        """
        if not self._file.is_in_place():
            self._let_go()
            return
        self._open()
        word = self._word
        if word is None or self._shared_with_another_machine:
            return
        if not word.is_ours():
            self._shared_with_another_machine = True
            self._cells = _UNTRUSTED
            self._forget(None)
            return
        with self._catching_up, self._fresh.use() as connection:
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            if version != self._data_version or not self.is_fresh():
                newest = self._apply_changes(connection)
                self._data_version = version
                behind = self._cells[0] < newest
            else:
                behind = False
            data, told = newest_data(connection)
        behind = behind or data > word.newest_data or data != told
        ahead = not self.is_fresh() or data < word.newest_data
        self._looks_ahead = self._looks_ahead + 1 if ahead else 0
        if behind or self._looks_ahead >= REPAIRED_AFTER:
            self._looks_ahead = 0
            with self._durable.use() as connection, writing(connection):
                self.announce(connection)
                number_anew(connection, self._word_in_place(connection))

    @contextmanager
    def scanning(self) -> Iterator[SqlReads]:
        self._open()
        scanning = Connection(self._file, synchronous="NORMAL")
        self._connections.add(scanning)
        try:
            with scanning.use() as connection, snapshot(connection):
                yield SqlReads(functools.partial(execute, connection))
        finally:
            scanning.close()
            self._connections.discard(scanning)

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of one named statement that only reads."""
        self._open()
        with self._reading.use() as connection:
            return execute(connection, statement, values)[0]

    # Writes that no process need hear of.

    def write_uses(self, uses: Sequence[Use], find_place: Callable[[str | None], Place]) -> None:
        self._open()
        with self._flushing.use() as connection, writing(connection):
            write_each(functools.partial(execute, connection), uses, find_place)

    def data_number(self, session_id: str) -> int | None:
        word = self._word
        return word.data_of(session_id) if word is not None and self.is_fresh() else None

    def read_data(self, session_id: str, *, hold: bool = False) -> tuple[str | None, int | None]:
        rows = self.rows("data_and_number", id=session_id)
        if not rows:
            return None, None
        text, newest = rows[0]
        number = self.data_number(session_id)
        is_committed = number is not None and number <= newest
        return text, number if is_committed else None

    def change_data(self, session_id: str, merge: Callable[[str | None], str | None]) -> bool:
        self._open()
        with self._durable.use() as connection, writing(connection):
            execute_here = functools.partial(execute, connection)
            with self.announcing_data(connection, session_id):
                return SqlTransaction(execute_here).change_data(session_id, merge)

    def purge(self, before: Horizons) -> None:
        purge(self.scanning, self.transaction, before)
        with self.transaction() as transaction:
            ((newest, _),) = transaction.rows("newest_change")
            transaction.run("raise_floor", floor=newest - CHANGES_KEPT)
            transaction.run("trim_changes", floor=newest - CHANGES_KEPT)

    def checkpoint(self) -> None:
        if not self._opened:
            return  # never opened, or closed: there is nothing of ours in the log
        with self._flushing.use() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    # Opening and leaving.

    def migrate(self) -> list[str]:
        """Bring the database up to date; the names of what was applied."""
        with self._durable.use() as connection, writing(connection):
            applied = bring_up_to_date(connection)
            self.announce(connection)
        self._opened = True
        return applied

    def _open(self) -> None:
        if not self._opened:
            with self._opening:
                self._standstill.refuse_torn()
                self._file.refuse_other()
                if not self._opened:
                    if self._migrates:
                        self.migrate()
                    else:
                        self._open_as_it_is()
                    self._opened = True

    def _open_as_it_is(self) -> None:
        with self._durable.use() as connection, writing(connection):
            refuse_old("sqlite", version_of(connection))
            self.announce(connection)

    def feed_state(self) -> None:
        """The change word tells everything."""

    def before_fork(self) -> None:
        self._standstill.begin(self._connections)

    def after_fork(self) -> None:
        self._data_version = None  # each connection counts for itself
        self._standstill.end()

    def forked(self) -> None:
        """Keep the parent's connections referenced and unused: closing one drops its locks."""
        self._standstill.forked(self._connections)
        self._abandoned += [self._fresh, self._durable, self._reading, self._flushing, self._word]
        self._begin()

    def _refuse_other_file(self) -> None:
        if not self._file.is_in_place():
            self._let_go()
            self._file.refuse_other()

    def _let_go(self) -> None:
        """Trust nothing from before: the next use opens it anew."""
        if self._opened:
            self._opened = False
            self._cells = _UNTRUSTED
            self._abandoned.append(self._word)
            self._word = None
            self._forget(None)

    def close(self) -> None:
        with suppress(StoreUnavailableError):
            self.checkpoint()
        self._let_go()
        for connection in (self._fresh, self._durable, self._reading, self._flushing):
            connection.close()
        self._file.forget()


def word_path(database: Path) -> Path:
    """Where the change word of a database is."""
    return database.with_name(database.name + "-word")


def _forget_nothing(session_ids: Collection[str] | None) -> None:
    """Until somebody binds a memory there is nothing to forget."""
