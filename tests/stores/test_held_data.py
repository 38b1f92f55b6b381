"""What an application keeps in a session is held in memory only while it is provably so.

Decision 0012. Each ``Sessions`` on the same file is like another process; their maintenance
threads are off, so that a test decides when the watch looks.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signedin.core.errors import StoreUnavailableError
from signedin.service.app_data import HELD
from signedin.wiring import Sessions
from tests.clients import client
from tests.databases import shell as shell_on
from tests.processes import ROOT, look, terminate
from tests.stores.held import (
    begin_to_write,
    hold,
    no_file_longer_than,
    put,
    read,
    reads_of,
    start,
    write,
)

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


def test_data_that_was_read_is_not_read_again(
    here: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(here)
    hold(here, started)

    assert reads_of(here, started, monkeypatch) == 0


def test_that_a_session_has_no_data_is_held_too(
    here: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = here.start("42", client(), methods=["pwd"])
    hold(here, started)

    assert read(here, started) is None
    assert reads_of(here, started, monkeypatch) == 0


def test_a_change_is_seen_at_once_in_every_process(here: Sessions, there: Sessions) -> None:
    started = start(here)
    for value in range(1, 5):
        hold(here, started)
        hold(there, started)
        put(here if value % 2 else there, started, value)

        assert read(here, started) == read(there, started) == value


def test_a_change_of_one_sessions_data_leaves_the_others_in_memory(
    here: Sessions, there: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, other = start(here), start(here)
    hold(there, changed)
    hold(there, other)
    put(here, changed, 1)

    assert reads_of(there, other, monkeypatch) == 0
    assert reads_of(there, changed, monkeypatch) == 1
    assert there.store.is_fresh(), "nor is any session checked anew"


def test_what_is_read_while_a_writer_is_at_work_is_not_kept(
    here: Sessions, there: Sessions, shell: sqlite3.Connection
) -> None:
    started = start(here)
    hold(there, started)
    begin_to_write(shell, here, started, 1)

    assert read(there, started) == 0
    assert read(there, started) == 0
    shell.execute("COMMIT")

    assert read(there, started) == 1


def test_the_number_of_a_change_that_was_undone_says_nothing_of_the_next(
    here: Sessions, there: Sessions, shell: sqlite3.Connection
) -> None:
    undone, done = start(here), start(here)
    hold(there, undone)
    begin_to_write(shell, here, undone, 1)
    hold(there, undone)
    shell.execute("ROLLBACK")
    put(here, done, 2)
    hold(there, undone)
    hold(there, done)
    put(here, undone, 3)

    assert (read(there, undone), read(there, done)) == (3, 2)


def test_a_writer_that_tells_nobody_is_noticed_by_the_watch(
    here: Sessions, there: Sessions, shell: sqlite3.Connection
) -> None:
    started = start(here)
    hold(there, started)
    write(shell, started, 1)
    look(there)

    assert read(there, started) == 1


def test_nor_is_it_forgotten_when_another_writer_comes_before_the_watch(
    here: Sessions, there: Sessions, shell: sqlite3.Connection
) -> None:
    started, other = start(here), start(here)
    hold(there, started)
    write(shell, started, 1)
    put(here, other, 2)
    look(there)

    assert read(there, started) == 1


def test_nor_when_that_writer_changes_nothing(
    here: Sessions, there: Sessions, shell: sqlite3.Connection
) -> None:
    started, other = start(here), start(here)
    put(here, other, 2)
    hold(there, started)
    write(shell, started, 1)
    put(here, other, 2)
    look(there)

    assert read(there, started) == 1


def test_nor_while_the_disk_is_full(
    here: Sessions,
    there: Sessions,
    shell: sqlite3.Connection,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = start(here)
    hold(there, started)
    write(shell, started, 1)
    log = database.with_name(database.name + "-wal")
    with no_file_longer_than(log.stat().st_size), pytest.raises(StoreUnavailableError):
        look(there)

    assert read(there, started) == 1
    assert reads_of(there, started, monkeypatch) == 1
    look(there)
    hold(there, started)
    assert reads_of(there, started, monkeypatch) == 0


def test_data_of_an_ended_session_is_gone_with_it(here: Sessions, there: Sessions) -> None:
    started = start(here)
    hold(here, started)
    hold(there, started)
    terminate(here, started)

    assert here.data.read(started.session.id) is None
    assert there.data.read(started.session.id) is None


def test_much_data_is_read_each_time_so_that_memory_stays_bounded(
    here: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(here, "x" * HELD)
    hold(here, started)

    assert reads_of(here, started, monkeypatch) == 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["read", "read", "put", "undo", "shell", "rename", "end"]),
        st.integers(0, 2),  # whose process
        st.integers(0, 2),  # which session
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(STEPS)
def test_whatever_happens_everybody_reads_what_was_written_last(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('held')}/sessions.db"
    processes = [Sessions(url) for _ in range(3)]
    kept: dict[int, Any] = dict.fromkeys(range(3), 0)
    started = {index: start(processes[0]) for index in kept}
    for sessions in processes:
        hold(sessions, started[0])
    to_look = set[int]()  # whose watch has not looked since a shell wrote
    for number, (step, process, index) in enumerate(steps, 1):
        sessions, one = processes[process], started[index]
        if index not in kept:
            assert sessions.data.read(one.session.id) is None
        elif step == "put":
            put(sessions, one, number)
            kept[index] = number
        elif step == "rename":
            sessions.rename(one.session.id, f"name {number}", user_id="42", by=ROOT)
        elif step == "end":
            sessions.terminate(one.session.id, user_id="42", by=ROOT)
            del kept[index]
        elif step == "read":
            look(sessions, times=process in to_look)
            to_look.discard(process)
            assert read(sessions, one) == kept[index]
        else:
            with shell_on(url) as writer:
                if step == "undo":
                    begin_to_write(writer, sessions, one, number)
                    writer.execute("ROLLBACK")
                else:
                    write(writer, one, number)
                    kept[index] = number
                    to_look = set(range(len(processes)))
    for sessions in processes:
        look(sessions)
        for index, value in kept.items():
            assert read(sessions, started[index]) == value
    for sessions in processes:
        sessions.close()
