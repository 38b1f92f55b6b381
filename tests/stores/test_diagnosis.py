"""A look at a database changes nothing in it, and tells what stands in the word file."""

from __future__ import annotations

import sqlite3
import stat
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from signedin.core.permission import Actor
from signedin.stores.sqlite import diagnosis
from signedin.stores.sqlite.diagnosis import Diagnosis, Word, newest_version
from signedin.stores.sqlite.store import word_path
from signedin.wiring import Sessions
from tests.clients import client

# What is opened as a file is told by the interpreter itself; SQLite opens its own files.
LIST_OPENED = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from signedin.cli.main import main
main(["doctor", "--database", "sqlite:///" + sys.argv[1]])
print("OPENED", *opened, sep="\\n")
"""


@pytest.fixture
def kept(database: Path, sessions: Sessions) -> Path:
    """A database with a session in it, which a process still has open."""
    sessions.start("42", client(), methods=["pwd"])
    return database


def word_of(path: Path) -> Word:
    with Diagnosis(path) as looked:
        word = looked.word()
    assert word
    return word


def test_a_new_database_and_what_belongs_to_it_are_for_its_owner_alone(kept: Path) -> None:
    files = diagnosis.files_of(kept)

    assert [file.name for file in files] == [
        "sessions.db", "sessions.db-wal", "sessions.db-shm", "sessions.db-word"
    ]  # fmt: skip
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_database_that_was_there_keeps_its_permissions(
    database: Path, sessions: Sessions
) -> None:
    database.touch(mode=0o640)
    database.chmod(0o640)

    sessions.start("42", client(), methods=["pwd"])

    assert stat.S_IMODE(database.stat().st_mode) == 0o640


def test_looking_opens_no_file_whose_locks_are_sqlite_s(kept: Path) -> None:
    out = subprocess.run(
        [sys.executable, "-c", LIST_OPENED, str(kept)],
        check=True,
        cwd=kept.parent,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout

    opened = out.partition("OPENED")[2].splitlines()
    assert str(word_path(kept)) in opened
    assert [name for name in opened if name.endswith(("sessions.db", "-wal", "-shm"))] == []


def test_looking_changes_nothing(kept: Path, sessions: Sessions) -> None:
    sessions.close()
    before = [kept.read_bytes(), word_path(kept).read_bytes()]

    with Diagnosis(kept) as looked:
        assert looked.version == newest_version()
        assert looked.journal_mode() == "wal"
        assert looked.faults(lambda: False) == []
        assert looked.word()

    assert [kept.read_bytes(), word_path(kept).read_bytes()] == before


def test_no_file_is_made_where_none_is(database: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Diagnosis(database)

    assert list(database.parent.iterdir()) == []


def test_the_database_of_somebody_else_has_no_version(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE x (y)")

    with Diagnosis(database) as looked:
        assert looked.version is None


def test_the_word_of_a_running_process_is_where_the_database_is(kept: Path) -> None:
    word = word_of(kept)

    assert word.position == word.newest
    assert word.same_database
    assert word.same_boot


@pytest.mark.parametrize("moved", [-1, 1])
def test_a_word_that_is_elsewhere_is_told(kept: Path, sessions: Sessions, moved: int) -> None:
    sessions.rename(sessions.list("42")[0].id, "Desk", user_id="42", by=Actor.admin("test"))
    sessions.close()
    position = word_of(kept).position
    overwrite(word_path(kept), 0, struct.pack("=Q", position + moved))

    assert word_of(kept).position == word_of(kept).newest + moved


@pytest.mark.parametrize(("at", "told"), [(16, "same_database"), (32, "same_boot")])
def test_the_word_of_another_database_or_another_start_is_told(
    kept: Path, sessions: Sessions, at: int, told: str
) -> None:
    sessions.close()
    overwrite(word_path(kept), at, bytes(16))

    word = word_of(kept)

    wrong = {name for name in ("same_database", "same_boot") if not getattr(word, name)}
    assert wrong == {told}


def overwrite(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def test_a_word_file_that_is_gone_is_told(kept: Path, sessions: Sessions) -> None:
    sessions.close()
    word_path(kept).unlink()

    with Diagnosis(kept) as looked:
        assert looked.word() is None


@pytest.mark.parametrize("table", ["signedin_events", "sqlite_sequence"])
def test_damage_is_told(kept: Path, sessions: Sessions, table: str) -> None:
    sessions.close()
    with closing(sqlite3.connect(kept)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    overwrite(kept, (page - 1) * size, b"\xff" * size)

    with Diagnosis(kept) as looked:
        assert looked.faults(lambda: False)


def test_a_look_that_takes_too_long_is_given_up(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "_STEPS", 1)

    with Diagnosis(kept) as looked:
        assert looked.faults(lambda: True) is None
        assert looked.faults(lambda: False) == []
