"""The file that holds the change word: lost, replaced or from elsewhere (freshness.md, SQLite)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from signedin.core.session import Started
from signedin.stores.sqlite import change_word
from signedin.stores.sqlite.store import word_path
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client
from tests.databases import Open, sqlite_store
from tests.processes import hold, is_held, is_live, look, terminate

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


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
    open_sessions: Open, started: Started, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with word_path(database).open("r+b") as file:
        file.write((10**6).to_bytes(8, "little"))

    monkeypatch.setattr(change_word, "boot_id", lambda: b"\xff" * 16)
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
    here: Sessions, open_sessions: Open, started: Started, database: Path, tmp_path: Path
) -> None:
    """The database was replaced, and the file beside it was left."""
    with closing(Sessions(f"sqlite:///{tmp_path}/another.db")) as another:
        another.list("42")
    of_another = word_path(tmp_path / "another.db").read_bytes()
    with word_path(database).open("r+b") as file:
        file.write((10**6).to_bytes(8, "little") + of_another[8:])

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
