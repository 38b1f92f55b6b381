"""Memory is used only while it is provably fresh: the rules of freshness.md, one by one.

Each ``Sessions`` on the same file is like another process. Their maintenance threads are
off here, so that a test decides when the watch looks; what must hold without it, holds.
"""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from signedin.core.errors import OutcomeUnknownError, StoreUnavailableError
from signedin.core.permission import Actor
from signedin.core.session import EndedReason, Started
from signedin.stores.sqlite import connections, schema, store
from signedin.stores.sqlite.store import word_path
from signedin.wiring import Sessions
from tests.clients import FIREFOX, SAFARI, client, held
from tests.databases import Open, sqlite_store

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

ROOT = Actor.admin("root")


@pytest.fixture
def here(open_sessions: Open) -> Sessions:
    return open_sessions()


@pytest.fixture
def there(open_sessions: Open) -> Sessions:
    return open_sessions()


@pytest.fixture
def started(here: Sessions, there: Sessions) -> Started:
    """A session that both processes hold in memory."""
    started = here.start("42", client(), methods=["pwd"])
    hold(here, started)
    hold(there, started)
    return started


@contextmanager
def restored(shell: sqlite3.Connection) -> Iterator[None]:
    """What happens in the block is lost: the database is as it was before."""
    with closing(sqlite3.connect(":memory:")) as backup:
        shell.backup(backup)
        yield
        backup.backup(shell)


def hold(sessions: Sessions, started: Started) -> None:
    sessions.check(started.token, client())
    sessions.check(started.token, client())
    assert is_held(sessions, started)


def is_held(sessions: Sessions, started: Started) -> bool:
    return held(sessions, started.token) is not None


def is_live(sessions: Sessions, started: Started) -> bool:
    return sessions.check(started.token, client()).session is not None


def terminate(sessions: Sessions, started: Started) -> None:
    sessions.terminate(started.session.id, user_id=None, by=ROOT)


def look(sessions: Sessions, times: int = 1) -> None:
    for _ in range(times):
        sessions.store.watch()


@pytest.fixture
def shell(database: Path, here: Sessions) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield connection


END_ALL = (
    "UPDATE signedin_sessions SET ended_at = 1, ended_reason = 'terminated', "
    "ended_by_kind = 'admin' WHERE ended_at IS NULL"
)


def end_in_shell(shell: sqlite3.Connection) -> None:
    shell.execute(END_ALL)


def test_the_position_is_remembered_only_after_the_changes_are_applied(
    here: Sessions, there: Sessions, started: Started
) -> None:
    seen = []

    def forget(session_ids: Collection[str] | None) -> None:
        seen.append(there.store.is_fresh())

    there.store.bind(forget)
    terminate(here, started)
    there.store.catch_up()

    assert seen == [False]
    assert there.store.is_fresh()


def test_a_row_read_while_a_writer_is_at_work_is_not_kept(
    here: Sessions, there: Sessions, started: Started
) -> None:
    other = here.start("43", client(FIREFOX), methods=["pwd"])
    with here.work() as work:
        work.terminate(started.session.id, user_id="42", by=ROOT)
        sqlite_store(here).announce(sqlite_store(here)._durable._connection)  # type: ignore[arg-type]

        kept = len(there._memory.entries)
        assert is_live(there, other)
        assert is_live(there, started), "not committed, so not ended"
        assert not is_held(there, other), "the word is ahead: nothing may be used"
        assert not is_held(there, started)
        assert len(there._memory.entries) == kept, "nor kept"
    assert not is_live(there, started)


def test_a_rolled_back_end_changes_nothing_and_the_word_is_repaired(
    here: Sessions, there: Sessions, started: Started
) -> None:
    def fail_after_the_word_is_raised() -> None:
        with here.work() as work:
            work.terminate(started.session.id, user_id="42", by=ROOT)
            sqlite_store(here).announce(sqlite_store(here)._durable._connection)  # type: ignore[arg-type]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_after_the_word_is_raised()

    assert is_live(there, started)
    assert not is_held(there, started)
    look(there, times=store.REPAIRED_AFTER)
    hold(there, started)


def test_a_writer_that_does_not_know_the_word_is_noticed_by_the_watch(
    here: Sessions, started: Started, shell: sqlite3.Connection
) -> None:
    end_in_shell(shell)

    look(here)

    assert not is_live(here, started)


def test_a_word_left_behind_by_such_a_writer_is_repaired_at_once(
    here: Sessions, started: Started, shell: sqlite3.Connection
) -> None:
    other = here.start("43", client(FIREFOX), methods=["pwd"])
    shell.execute("UPDATE signedin_sessions SET name = 'x' WHERE user_id = '42'")

    look(here)

    hold(here, other)
    assert sqlite_store(here)._cells[0] == sqlite_store(here)._position


def test_a_process_that_missed_trimmed_changes_forgets_everything(
    here: Sessions, there: Sessions, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CHANGES_KEPT", 0)
    terminate(here, started)
    here.sweeper.purge()

    there.store.catch_up()

    assert not is_held(there, started)
    assert not is_live(there, started)


def test_a_trim_of_what_was_read_long_ago_costs_no_memory(
    here: Sessions, there: Sessions, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CHANGES_KEPT", 0)
    other = here.start("43", client(FIREFOX), methods=["pwd"])
    terminate(here, started)
    hold(there, other)

    here.sweeper.purge()
    look(there)

    assert is_held(there, other)


def test_positions_are_never_given_twice_after_a_trim(
    here: Sessions, there: Sessions, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CHANGES_KEPT", 0)
    other = here.start("43", client(FIREFOX), methods=["pwd"])
    hold(there, other)
    terminate(here, started)
    here.sweeper.purge()
    there.store.catch_up()
    before = sqlite_store(there)._position

    terminate(here, other)

    assert sqlite_store(here)._cells[0] > before
    assert not is_live(there, other)


def test_a_restored_backup_empties_the_memory(
    here: Sessions, there: Sessions, started: Started, database: Path, shell: sqlite3.Connection
) -> None:
    with closing(sqlite3.connect(database.with_name("backup"))) as backup:
        shell.backup(backup)
        late = here.start("42", client(FIREFOX), methods=["pwd"])
        here.rename(late.session.id, "late", user_id="42", by=ROOT)
        hold(there, late)
        backup.backup(shell)

    look(there, times=store.REPAIRED_AFTER + 1)

    assert there.store.is_fresh()
    assert not is_held(there, late)
    assert not is_live(there, late)


@pytest.mark.parametrize("lost", [1, 2, 3], ids=["fewer", "as many", "more"])
def test_what_is_ended_after_a_backup_was_restored_is_heard_of_whatever_was_lost(
    here: Sessions, there: Sessions, started: Started, shell: sqlite3.Connection, lost: int
) -> None:
    """The same positions then tell other changes, and whoever has read them has read others."""
    other = here.start("42", client(FIREFOX), methods=["pwd"])
    hold(there, other)
    with restored(shell):
        for name in range(lost):
            here.rename(started.session.id, str(name), user_id="42", by=ROOT)
        hold(there, started)
        hold(there, other)

    here.terminate_all("42", by=ROOT)

    assert not is_held(there, other)
    assert not is_live(there, started)
    assert not is_live(there, other)


@pytest.mark.parametrize("lost", [1, 2, 3], ids=["fewer", "as many", "more"])
def test_nor_does_a_new_process_after_the_restoring_take_a_position_for_another(
    there: Sessions, open_sessions: Open, started: Started, shell: sqlite3.Connection, lost: int
) -> None:
    with restored(shell):
        for name in range(lost):
            there.rename(started.session.id, str(name), user_id="42", by=ROOT)
        hold(there, started)

    terminate(open_sessions(), started)

    assert not is_live(there, started)


@pytest.mark.parametrize("lost", [1, 2, 3], ids=["fewer", "as many", "more"])
def test_what_is_ended_in_the_shell_that_restored_a_backup_is_noticed_by_the_watch(
    here: Sessions, there: Sessions, started: Started, shell: sqlite3.Connection, lost: int
) -> None:
    other = here.start("42", client(FIREFOX), methods=["pwd"])
    with restored(shell):
        late = here.start("42", client(SAFARI), methods=["pwd"])
        for name in range(lost):
            here.rename(late.session.id, str(name), user_id="42", by=ROOT)
        hold(there, started)
        hold(there, other)
        look(there)
    shell.execute(
        "UPDATE signedin_sessions"
        " SET ended_at = 1, ended_reason = 'terminated', ended_by_kind = 'admin'"
    )

    look(there)

    assert not is_live(there, started)
    assert not is_live(there, other)


def test_a_read_that_was_broken_off_leaves_no_old_snapshot_behind(
    here: Sessions, there: Sessions, started: Started
) -> None:
    """Ctrl-C can come between any two steps of Python."""
    with sqlite_store(there)._fresh.use() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM signedin_sessions").fetchall()
    terminate(here, started)

    assert not is_live(there, started)


def test_a_write_that_was_broken_off_keeps_nobody_from_writing(
    here: Sessions, there: Sessions, started: Started
) -> None:
    with sqlite_store(here)._durable.use() as connection:
        connection.execute("BEGIN IMMEDIATE")
    sqlite_store(there)._durable._connection.execute("PRAGMA busy_timeout = 20")  # type: ignore[union-attr]

    terminate(there, started)

    assert not is_live(here, started)


def test_a_migration_that_ends_sessions_is_announced_like_any_writer(
    here: Sessions, open_sessions: Open, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = (9999, "9999_pre_end", f"{END_ALL};\n")
    monkeypatch.setattr(schema, "pending", lambda engine, version: [newer])

    open_sessions().store.migrate()

    assert not is_held(here, started)
    assert not is_live(here, started)


def test_two_names_of_one_database_share_one_word(
    open_sessions: Open, here: Sessions, database: Path
) -> None:
    started = here.start("42", client(), methods=["pwd"])
    link = database.with_name("current.db")
    link.symlink_to(database)
    there = Sessions(f"sqlite:///{link}", clock=here.clock)
    hold(there, started)

    terminate(here, started)

    assert not is_held(there, started)
    there.close()


def test_a_deleted_word_file_is_noticed_by_the_next_writer_and_by_the_watch(
    here: Sessions, there: Sessions, started: Started, database: Path
) -> None:
    word_path(database).unlink()
    terminate(here, started)

    look(there)

    assert word_path(database).exists()
    assert not is_live(there, started)
    other = here.start("43", client(FIREFOX), methods=["pwd"])
    hold(there, other)
    terminate(here, other)
    assert not is_held(there, other)
    word = sqlite_store(here)._word
    assert word is not None
    assert word.is_in_place()


def test_a_word_file_of_an_earlier_boot_is_made_anew(
    open_sessions: Open, started: Started, database: Path
) -> None:
    with word_path(database).open("r+b") as file:
        file.write((10**6).to_bytes(8, "little"))
        file.seek(32)
        file.write(b"\xff" * 16)

    late = open_sessions()
    hold(late, started)

    assert sqlite_store(late)._cells[0] < 10**6


@pytest.mark.parametrize("position", [2**63 - 2, 2**64 - 1])
def test_a_word_that_makes_no_sense_is_made_anew_and_spoils_no_position(
    here: Sessions, there: Sessions, started: Started, position: int
) -> None:
    other = here.start("43", client(FIREFOX), methods=["pwd"])
    sqlite_store(here)._cells[0] = position  # type: ignore[index]

    terminate(here, started)

    assert not is_live(there, started)
    hold(there, other)


def test_a_word_file_of_another_database_is_made_anew(
    here: Sessions, open_sessions: Open, started: Started, database: Path
) -> None:
    """The database was replaced, and the file beside it was left."""
    with word_path(database).open("r+b") as file:
        file.write((10**6).to_bytes(8, "little"))
        file.seek(16)
        file.write(b"\xff" * 16)

    late = open_sessions()
    hold(late, started)

    assert sqlite_store(late)._cells[0] < 10**6


def test_opening_a_word_file_leaves_it_as_it_is(
    open_sessions: Open, there: Sessions, started: Started, database: Path
) -> None:
    before = word_path(database).stat()

    hold(open_sessions(), started)

    assert word_path(database).stat().st_ino == before.st_ino
    assert is_held(there, started)


def test_a_word_file_taken_over_by_another_machine_is_never_trusted_again(
    here: Sessions, there: Sessions, started: Started, database: Path
) -> None:
    with word_path(database).open("r+b") as file:
        file.seek(32)
        file.write(b"\xff" * 16)

    look(there)

    assert is_live(there, started)
    assert not is_held(there, started)
    terminate(here, started)
    assert not is_live(there, started)


def test_nor_is_a_new_file_in_its_place(
    here: Sessions, there: Sessions, started: Started, database: Path
) -> None:
    other = here.start("43", client(FIREFOX), methods=["pwd"])
    with word_path(database).open("r+b") as file:
        file.seek(32)
        file.write(b"\xff" * 16)
    look(there)
    word_path(database).unlink()

    terminate(there, other)
    look(there, times=2)

    assert is_live(there, started)
    assert not is_held(there, started)


def test_an_unknown_token_is_never_remembered(here: Sessions, started: Started) -> None:
    before = len(here._memory.entries)

    for number in range(50):
        here.check(f"{started.token[:-7]}{number:07}", client())

    assert len(here._memory.entries) == before


def test_memory_is_bounded_and_what_was_used_last_stays(open_sessions: Open) -> None:
    sessions = open_sessions(capacity=20)
    all_started = [sessions.start(str(n), client(), methods=["pwd"]) for n in range(60)]
    for started in all_started:
        assert is_live(sessions, started)

    assert len(sessions._memory.entries) <= 20
    assert is_held(sessions, all_started[-1])
    assert is_live(sessions, all_started[0])


def test_a_forked_child_begins_with_nothing_of_its_parents(
    here: Sessions, started: Started
) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        answers = [
            not is_held(here, started),
            is_live(here, started),
            is_held(here, started),
        ]
        terminate(here, started)
        os.write(writing, bytes(answers))
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)

    assert os.read(reading, 3) == bytes([True, True, True])
    os.close(reading)
    assert not is_held(here, started)
    assert here.check(started.token, client()).reason == EndedReason.TERMINATED


def test_a_terminate_that_cannot_get_the_lock_says_that_nothing_is_ended(
    here: Sessions,
    there: Sessions,
    started: Started,
    shell: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sqlite_store(here)._durable._connection.execute("PRAGMA busy_timeout = 50")  # type: ignore[union-attr]
    shell.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailableError, match="Nothing was changed"):
        terminate(here, started)

    assert is_live(there, started)
    shell.execute("ROLLBACK")
    terminate(here, started)
    assert not is_live(there, started)


def test_a_commit_that_breaks_is_told_as_unknown_and_never_as_done(
    here: Sessions, there: Sessions, started: Started, database: Path
) -> None:
    """The disk takes not one byte more in the middle of the commit, after the word was raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        here.list("42")
        full = Path(f"{database}-wal").stat().st_size
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (full, hard))
        try:
            terminate(here, started)
        except OutcomeUnknownError as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, "rb") as told:
        assert b"It may or may not hold" in told.read()

    assert not is_held(there, started), "the word was raised"
    assert is_live(there, started)
    look(there, times=store.REPAIRED_AFTER)
    hold(there, started)
    terminate(here, started)
    assert not is_live(there, started)


def test_what_must_outlive_a_power_cut_is_written_to_the_disk(
    here: Sessions, started: Started
) -> None:
    """Ends and starts are; the last use of a session is not worth as much."""

    def synchronous(connection: connections.Connection) -> int:
        with connection.use() as opened:
            (how,) = opened.execute("PRAGMA synchronous").fetchone()
            return int(how)

    here._flush()

    assert synchronous(sqlite_store(here)._durable) == 2  # FULL
    assert synchronous(sqlite_store(here)._flushing) == 1  # NORMAL


def test_a_busy_database_logs_nobody_out(
    here: Sessions, started: Started, shell: sqlite3.Connection
) -> None:
    shell.execute("BEGIN IMMEDIATE")
    here._memory.forget(None)

    assert is_live(here, started)
    shell.execute("ROLLBACK")


def test_a_full_database_refuses_clearly_and_loses_nothing(
    here: Sessions, started: Started
) -> None:
    connection = sqlite_store(here)._durable._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        for number in range(1000):
            here.start(str(number), client("x" * 500 + str(number)), methods=["pwd"])

    with pytest.raises(StoreUnavailableError, match="full"):
        fill()

    assert is_live(here, started)
    connection.execute("PRAGMA max_page_count = 1000000")
    terminate(here, started)
    assert not is_live(here, started)


def test_freshness_reads_on_a_connection_of_its_own(here: Sessions, started: Started) -> None:
    opened = sqlite_store(here)
    used = {id(connection) for connection in (opened._fresh, opened._durable, opened._reading)}

    assert len(used) == 3
    assert opened._fresh._connection is not None
    assert not opened._fresh._connection.in_transaction
    assert connections.BUSY_TIMEOUT > 1
