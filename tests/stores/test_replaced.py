"""Another file in the place of the database, or none: nothing that the old one says counts."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from signedin.core.errors import StoreUnavailableError
from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.wiring import Sessions
from tests.clients import client, held
from tests.databases import Open

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

ROOT = Actor.admin("root")


@pytest.fixture
def started(sessions: Sessions) -> Started:
    started = sessions.start("42", client(), methods=["pwd"])
    hold(sessions, started)
    return started


def hold(sessions: Sessions, started: Started) -> None:
    sessions.check(started.token, client())
    assert held(sessions, started.token) is not None


def put_backup_in_place(database: Path) -> None:
    """As somebody does who does not stop the server first."""
    copy = database.with_name("copy.db")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    for name in ("-wal", "-shm"):
        database.with_name(database.name + name).unlink(missing_ok=True)
    copy.replace(database)


def is_accepted(sessions: Sessions, started: Started) -> bool:
    if held(sessions, started.token) is not None:
        return True
    with suppress(StoreUnavailableError):
        return sessions.check(started.token, client()).session is not None
    return False


def test_who_has_the_old_file_accepts_nothing_that_was_ended_in_the_new_one(
    sessions: Sessions, open_sessions: Open, started: Started, database: Path
) -> None:
    put_backup_in_place(database)

    open_sessions().terminate(started.session.id, user_id="42", by=ROOT)

    assert not is_accepted(sessions, started)
    with pytest.raises(StoreUnavailableError, match="another file"):
        sessions.check(started.token, client())


def test_an_end_in_the_old_file_is_none(
    sessions: Sessions, open_sessions: Open, started: Started, database: Path
) -> None:
    put_backup_in_place(database)

    with pytest.raises(StoreUnavailableError, match="another file"):
        sessions.terminate(started.session.id, user_id="42", by=ROOT)

    assert [session.id for session in open_sessions().list("42")] == [started.session.id]


def test_what_is_opened_later_does_not_open_the_new_file(
    sessions: Sessions, started: Started, database: Path
) -> None:
    put_backup_in_place(database)

    with pytest.raises(StoreUnavailableError, match="another file"):
        sessions.everybodys()


def test_what_is_opened_later_makes_no_new_file_where_the_old_one_is_gone(
    sessions: Sessions, started: Started, database: Path
) -> None:
    """In an empty one, everybody would be logged out for whoever starts next."""
    database.rename(database.with_name("away.db"))

    with pytest.raises(StoreUnavailableError, match="gone"):
        sessions.everybodys()

    assert not database.exists()


def test_the_watch_notices_it_before_anybody_has_written(
    sessions: Sessions, started: Started, database: Path
) -> None:
    put_backup_in_place(database)

    sessions.store.watch()

    assert held(sessions, started.token) is None
    with pytest.raises(StoreUnavailableError, match="another file"):
        sessions.list("42")


def test_a_file_that_is_gone_logs_nobody_out_and_is_not_made_anew(
    sessions: Sessions, started: Started, database: Path
) -> None:
    away = database.rename(database.with_name("away.db"))

    sessions.store.watch()

    assert held(sessions, started.token) is None
    with pytest.raises(StoreUnavailableError, match="gone"):
        sessions.check(started.token, client())
    assert not database.exists()

    away.rename(database)

    hold(sessions, started)
    sessions.terminate(started.session.id, user_id="42", by=ROOT)
    assert sessions.check(started.token, client()).session is None


def test_after_closing_the_new_file_is_as_good_as_any(
    sessions: Sessions, open_sessions: Open, started: Started, database: Path
) -> None:
    put_backup_in_place(database)
    sessions.close()

    assert len(sessions.list("42")) == 1
    open_sessions().terminate(started.session.id, user_id="42", by=ROOT)
    assert sessions.check(started.token, client()).session is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_what_is_opened_again_after_a_fork_does_not_open_the_new_file(
    sessions: Sessions, started: Started, database: Path
) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    put_backup_in_place(database)

    with pytest.raises(StoreUnavailableError, match="another file"):
        sessions.list("42")
