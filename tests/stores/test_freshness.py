"""Memory is used only while it is provably fresh: the rules of freshness.md, one by one.

Each ``Sessions`` on the same file is like another process. Their maintenance threads are
off here, so that a test decides when the watch looks; what must hold without it, holds.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection

import pytest

from signedin.core.session import EndedReason, Started
from signedin.stores.sqlite import connections, schema, store
from signedin.wiring import Sessions
from tests.clients import FIREFOX, SAFARI, client
from tests.databases import Open, sqlite_store
from tests.processes import ROOT, hold, is_held, is_live, look, restored, terminate

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


END_ALL = (
    "UPDATE signedin_sessions SET ended_at = 1, ended_reason = 'terminated', "
    "ended_by_kind = 'admin' WHERE ended_at IS NULL"
)


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
    shell.execute(END_ALL)

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
    here: Sessions, there: Sessions, started: Started, shell: sqlite3.Connection
) -> None:
    with restored(shell):
        late = here.start("42", client(FIREFOX), methods=["pwd"])
        here.rename(late.session.id, "late", user_id="42", by=ROOT)
        hold(there, late)

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


def test_a_migration_that_ends_sessions_is_announced_like_any_writer(
    here: Sessions, open_sessions: Open, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = (9999, "9999_pre_end", f"{END_ALL};\n")
    monkeypatch.setattr(schema, "pending", lambda engine, version: [newer])

    open_sessions().store.migrate()

    assert not is_held(here, started)
    assert not is_live(here, started)


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


def test_freshness_reads_on_a_connection_of_its_own(here: Sessions, started: Started) -> None:
    opened = sqlite_store(here)
    used = {id(connection) for connection in (opened._fresh, opened._durable, opened._reading)}

    assert len(used) == 3
    assert opened._fresh._connection is not None
    assert not opened._fresh._connection.in_transaction
    assert connections.BUSY_TIMEOUT > 1
