"""A look at a SQLite database that changes nothing in it, for ``signedin doctor``.

The database and its log are opened by SQLite alone (`freshness.md`, SQLite rule 8); only the
word file, which SQLite does not know, is read as a file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from signedin.stores.migrate import migrations
from signedin.stores.reads import SqlReads
from signedin.stores.sqlite.change_word import boot_id, read_word
from signedin.stores.sqlite.connections import BUSY_TIMEOUT, execute
from signedin.stores.sqlite.store import word_path

_STEPS = 100_000  # of SQLite's machine between two looks at the time, a few milliseconds
_TOLD = 5  # faults; more say nothing new


@dataclass(frozen=True, slots=True)
class Word:
    """What the word file says, beside what the database does, while nobody writes."""

    position: int
    newest: int  # the newest change in the database
    same_database: bool
    same_boot: bool
    changed_at: float  # seconds since 1970; memory that was written shows a little late


class Diagnosis(SqlReads):
    """One connection that only looks; a ``with`` block closes it.

    ``version`` is the newest migration that was applied; ``None``: the database is not ours.

    Raises:
        sqlite3.Error: There is no database that can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # rw, because a log can be read only by who may share it; it makes no file.
        address = f"{path.absolute().as_uri()}?mode=rw"
        self._connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None
        )
        super().__init__(partial(execute, self._connection))
        try:
            self.version = self._read_version()
        except sqlite3.Error:
            self._connection.close()
            raise

    def __enter__(self) -> Diagnosis:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def journal_mode(self) -> str:
        """How SQLite keeps what is not in the database yet: ``wal`` in ours."""
        (mode,) = self._connection.execute("PRAGMA journal_mode").fetchone()
        return str(mode)

    def faults(self, is_over: Callable[[], bool]) -> list[str] | None:
        """What is broken in the file; ``None`` if time was over before all was looked at."""
        self._connection.set_progress_handler(is_over, _STEPS)
        try:
            found = self._connection.execute(f"PRAGMA quick_check({_TOLD})").fetchall()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return None
            if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT:
                return [str(error)]
            raise
        finally:
            self._connection.set_progress_handler(None, 0)
        return [str(text) for (text,) in found if text != "ok"]

    def word(self) -> Word | None:
        """The change word; ``None`` if there is no file.

        Compared under the write lock: at any other time a writer may be half-way.

        Raises:
            sqlite3.Error: The lock is held for long, or the database cannot be written.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            ((newest, _),) = self.rows("newest_change")
            ((identity,),) = self.rows("identity")
            written = read_word(word_path(self.path))
        finally:
            self._connection.execute("ROLLBACK")
        if written is None:
            return None
        return Word(
            written.position,
            newest,
            same_database=written.identity == identity,
            same_boot=written.boot_id == boot_id(),
            changed_at=written.changed_at,
        )

    def _read_version(self) -> int | None:
        try:
            ((version,),) = self._connection.execute("SELECT max(version) FROM signedin_schema")
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return None
            raise
        return None if version is None else int(version)


def newest_version() -> int:
    """The newest migration that this signedin knows."""
    return migrations("sqlite")[-1][0]


def files_of(path: Path) -> Sequence[Path]:
    """The files that belong to a database, as far as they are there."""
    names = (path, Path(f"{path}-wal"), Path(f"{path}-shm"), word_path(path))
    return [file for file in names if file.exists()]
