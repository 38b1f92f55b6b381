"""The database is made and migrated on first use, once, and never by looking at it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from signedin.core.errors import InvalidSettingError, SchemaTooNewError, StoreUnavailableError
from signedin.stores.migrate import migrations
from signedin.stores.sqlite.store import word_path
from signedin.wiring import Sessions
from tests.clients import client, held
from tests.databases import Open


def test_a_store_that_nobody_used_leaves_no_file(open_sessions: Open, database: Path) -> None:
    open_sessions().close()

    assert list(database.parent.iterdir()) == []


def test_the_first_use_makes_folder_and_file(tmp_path: Path) -> None:
    sessions = Sessions(f"sqlite:///{tmp_path}/deep/below/sessions.db")
    sessions.start("42", client(), methods=["pwd"])
    sessions.close()

    assert (tmp_path / "deep/below/sessions.db").exists()


@pytest.mark.skipif(os.name != "posix", reason="file modes and users")
def test_the_word_is_of_whom_the_database_is(
    open_sessions: Open, sessions: Sessions, database: Path
) -> None:
    """As SQLite does with its log; else a command of root could lock the server out."""
    sessions.store.migrate()
    database.chmod(0o660)
    if os.geteuid() == 0:
        os.chown(database, 65534, 65534)
    word_path(database).unlink()

    open_sessions().list("42")

    of_database, of_word = database.stat(), word_path(database).stat()
    assert stat.S_IMODE(of_word.st_mode) == 0o660
    assert (of_word.st_uid, of_word.st_gid) == (of_database.st_uid, of_database.st_gid)


def test_nobody_else_can_read_what_the_first_use_made(sessions: Sessions, database: Path) -> None:
    sessions.list("42")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in database.parent.iterdir()}
    assert len(modes) == 4
    assert set(modes.values()) == {0o600}


def test_after_closing_a_use_opens_it_again(sessions: Sessions) -> None:
    started = sessions.start("42", client(), methods=["pwd"])
    sessions.close()

    assert held(sessions, started.token) is None
    assert sessions.check(started.token, client()).session is not None


def test_a_newer_schema_is_refused_with_what_to_do(
    sessions: Sessions, open_sessions: Open, database: Path
) -> None:
    sessions.store.migrate()
    with closing(sqlite3.connect(database)) as shell, shell:
        shell.execute("INSERT INTO signedin_schema VALUES (9999)")

    with pytest.raises(SchemaTooNewError, match="Update signedin"):
        open_sessions().list("42")


def test_many_threads_and_processes_migrate_it_once(database: Path) -> None:
    program = (
        "import sys; from signedin.wiring import Sessions; "
        "s = Sessions(sys.argv[1]); s.list('42'); s.close()"
    )
    command = [sys.executable, "-c", program, f"sqlite:///{database}"]
    processes = [subprocess.Popen(command) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        stores = [Sessions(f"sqlite:///{database}") for _ in range(4)]
        assert [list(found) for found in pool.map(lambda s: s.list("42"), stores)] == [[]] * 4

    assert [process.wait(30) for process in processes] == [0] * 4
    with closing(sqlite3.connect(database)) as shell:
        rows = shell.execute("SELECT version FROM signedin_schema ORDER BY version").fetchall()
    assert [number for (number,) in rows] == [number for number, _, _ in migrations("sqlite")]


def test_a_file_that_is_no_database_is_refused_and_left_alone(
    open_sessions: Open, database: Path
) -> None:
    database.write_bytes(b"something else entirely\n" * 100)
    before = database.read_bytes()

    with pytest.raises(StoreUnavailableError, match="not a database"):
        open_sessions().list("42")
    assert database.read_bytes() == before


def test_a_file_system_that_refuses_is_an_unavailable_store(
    sessions: Sessions, database: Path
) -> None:
    word_path(database).mkdir()
    with pytest.raises(StoreUnavailableError):
        sessions.list("42")

    word_path(database).rmdir()
    assert list(sessions.list("42")) == []


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "mysql://x/y", "sessions.db"])
def test_a_url_of_no_known_database_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(InvalidSettingError, match="sqlite:///"):
        Sessions(url)
