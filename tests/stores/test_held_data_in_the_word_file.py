"""What proves held data to be fresh on SQLite, when the file that says so is new, old or wrong."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from signedin.core.errors import StoreUnavailableError
from signedin.stores.sqlite import store
from signedin.stores.sqlite.store import word_path
from signedin.wiring import Sessions
from tests.databases import Open
from tests.processes import look, restored
from tests.stores.held import begin_to_write, hold, no_file_longer_than, put, read, reads_of, start

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


def test_a_word_that_stayed_ahead_is_repaired(
    here: Sessions, shell: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(here)
    begin_to_write(shell, here, started, 1)
    shell.execute("ROLLBACK")
    hold(here, started)
    assert reads_of(here, started, monkeypatch) == 1
    look(here, times=store.REPAIRED_AFTER)
    hold(here, started)

    assert reads_of(here, started, monkeypatch) == 0


def test_a_backup_that_is_restored_while_all_run_is_believed(
    here: Sessions, there: Sessions, shell: sqlite3.Connection
) -> None:
    started, other = start(here), start(here)
    with restored(shell):
        put(here, started, 1)
        put(here, other, 1)
        hold(there, started)
        hold(there, other)
    look(there, times=store.REPAIRED_AFTER)

    assert read(there, other) == 0
    put(here, started, 2)  # by the number that its change had before the backup came back
    put(here, other, 3)
    assert (read(there, started), read(there, other)) == (2, 3)


@pytest.mark.parametrize("first", ["the same", "another"])
def test_and_so_it_is_when_somebody_writes_before_the_watch_looks(
    here: Sessions, there: Sessions, shell: sqlite3.Connection, first: str
) -> None:
    started, other = start(here), start(here)
    with restored(shell):
        put(here, started, 1)
        hold(there, started)
    put(here, started if first == "the same" else other, 2)

    assert read(there, started) == (2 if first == "the same" else 0)


def test_a_new_word_file_brings_no_old_data_back(
    here: Sessions, there: Sessions, database: Path
) -> None:
    started = start(here)
    hold(there, started)
    word_path(database).unlink()
    put(here, started, 1)
    look(there)

    assert read(there, started) == 1
    put(here, started, 2)
    assert read(there, started) == 2


def test_a_new_word_file_begins_with_the_changes_that_were(
    here: Sessions, there: Sessions, database: Path
) -> None:
    started = start(here)
    hold(there, started)
    put(here, started, 1)
    word_path(database).unlink()
    look(there)

    assert read(there, started) == 1


def make_as_before(word: Path) -> bytes:
    """Leave of a word file what the code had before it held data."""
    content = word.read_bytes()[:64]
    os.truncate(word, 64)
    return content


def test_a_word_file_from_before_grows_and_stays_what_it_is(
    open_sessions: Open, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, word = open_sessions(), word_path(database)
    started = start(here)
    put(here, started, 1)
    here.close()
    content = make_as_before(word)
    word.chmod(0o660)  # only its owner could change that
    written_from = []
    pwrite = os.pwrite

    def noted(descriptor: int, data: bytes, offset: int) -> int:
        written_from.append(offset)
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", noted)
    there = open_sessions()

    assert read(there, started) == 1
    assert written_from == [64], "processes with the code from before have the rest mapped"
    assert word.read_bytes()[:64] == content
    assert word.stat().st_mode & 0o777 == 0o660


def test_nor_does_a_word_file_grow_half_and_kill_us_when_the_disk_is_full(
    here: Sessions, open_sessions: Open, database: Path
) -> None:
    started = start(here)
    make_as_before(word_path(database))
    there = open_sessions()
    with no_file_longer_than(20_000), pytest.raises(StoreUnavailableError):
        there.data.read(started.session.id)

    assert read(there, started) == 0
