"""What changes data without knowing of nodes is told to them by the database."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from signedin.wiring import Sessions
from tests.cluster import program
from tests.databases import shell
from tests.stores.held import put, read, start
from tests.stores.postgres.held_data.steps import heard, hold, is_held, write
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


def test_a_writer_that_waits_for_nobody_is_heard_all_the_same(
    url: str, here: Sessions, node: Sessions
) -> None:
    started = start(here)
    for value in (1, 2):
        hold(node, started)
        with shell(url) as other:
            write(other, started, value)

        wait_until(lambda: read(node, started) == value)  # noqa: B023


def test_nothing_is_heard_of_a_change_that_was_undone(
    url: str, here: Sessions, node: Sessions
) -> None:
    started = start(here)
    hold(node, started)
    with shell(url) as other:
        other.execute("BEGIN")
        write(other, started, 1)
        assert read(node, started) == 0
        other.execute("ROLLBACK")

    assert is_held(node, started)
    put(here, started, 2)
    assert read(node, started) == 2


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    ("held", "change", "told"),
    [
        ("0", "data = '{}'", "data:"),
        ("0", "data = NULL", "data:"),
        ("0", "data_held = 7", "data:"),
        ("0", "data_held = NULL", "data:"),
        ("0", "data = '{}', name = 'Office'", ""),
        ("0", "data = NULL, ended_at = 1, ended_reason = 'idle', ended_by_kind = 'policy'", ""),
        ("0", "data = data, last_used_at = last_used_at + 1", None),
        ("7", "data = '{}'", "data:"),
        ("7", "data_held = 8", "data:"),
        ("7", "data_held = NULL", None),
        ("7", "data_held = 0", None),
        ("NULL", "data = '{}'", None),
        ("NULL", "data_held = 0", None),
    ],
)
def test_what_nodes_may_hold_tells_its_change(
    url: str, here: Sessions, role: str, held: str, change: str, told: str | None
) -> None:
    started = start(here)
    with shell(url) as other:
        other.execute(f"UPDATE signedin_sessions SET data_held = {held}")

    def act(other: Any) -> None:
        other.execute(f"SET session_replication_role = {role}")
        other.execute(f"UPDATE signedin_sessions SET {change}")

    expected = [] if told is None else [[f"{told}{started.session.id}"]]
    assert heard(url, act) == expected


def test_one_statement_that_changes_much_data_and_a_session_tells_each_of_its_own(
    url: str, here: Sessions
) -> None:
    first, second, third = start(here), start(here), start(here)
    hold(here, first)
    change = (
        "UPDATE signedin_sessions SET data = '{}', name = CASE id WHEN %s THEN 'Office' END "
        "WHERE id <> %s"
    )
    (told,) = heard(url, lambda s: s.execute(change, (second.session.id, third.session.id)))

    assert sorted(told) == sorted([f"data:{first.session.id}", second.session.id])


@pytest.mark.parametrize(("people", "told_of"), [("42", ["user:42"]), (None, ["*"])])
def test_of_much_data_at_once_it_is_told_whose_it_is_or_all_is_dropped(
    url: str, here: Sessions, people: str | None, told_of: list[str]
) -> None:
    started = start(here)
    with shell(url) as other:
        other.execute(
            "INSERT INTO signedin_sessions (id, token_hash, generation, user_id, organizations, "
            "created_at, last_used_at, persistent, methods, client_seq, "
            "first_place_seq, data_held) SELECT gen_random_uuid(), sha256(n::text::bytea), "
            "generation, %s, organizations, created_at, last_used_at, "
            "persistent, methods, client_seq, first_place_seq, 0 "
            "FROM signedin_sessions, generate_series(1, 300) n",
            (people,),
        )
    hold(here, started)

    assert heard(url, lambda s: s.execute("UPDATE signedin_sessions SET data = '{}'")) == [told_of]
    wait_until(lambda: not is_held(here, started))


def test_a_backup_that_is_restored_beside_live_nodes_is_believed(
    url: str, here: Sessions, node: Sessions, tmp_path: Path
) -> None:
    started = start(here)
    hold(node, started)
    backup = tmp_path / "backup"
    subprocess.run([program("pg_dump"), "-Fc", "-f", backup, url], check=True)
    put(here, started, 1)
    hold(node, started)

    restore = [program("pg_restore"), "--clean", "--single-transaction", "-d", url, str(backup)]
    subprocess.run(restore, check=True)

    wait_until(lambda: read(node, started) == 0)
    hold(node, started)
    put(here, started, 2)
    assert read(node, started) == 2
