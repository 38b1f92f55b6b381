"""What memory may hold tells its change to every node, whoever writes (freshness.md, triggers)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from signedin.core.policy import Policy
from signedin.wiring import Sessions
from tests.clients import client
from tests.cluster import program
from tests.databases import Open, shell
from tests.nodes import ROOT, hold_in_memory, is_live, start, terminate
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


@contextmanager
def heard(url: str) -> Iterator[Callable[[], list[list[str]]]]:
    """Answers what changes have told since the last time, in order."""
    with shell(url) as listener:
        listener.execute("LISTEN signedin")

        def read() -> list[list[str]]:
            words = [note.payload.partition(" ") for note in listener.notifies(timeout=0.2)]
            return [json.loads(rest) for word, _, rest in words if word == "changed"]

        yield read


END = "ended_at = 1, ended_reason = 'idle', ended_by_kind = 'policy'"


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    ("statement", "is_told"),
    [
        (f"UPDATE signedin_sessions SET {END}", True),
        ("UPDATE signedin_sessions SET token_used = NULL", True),
        ("UPDATE signedin_sessions SET generation = 0", True),
        ("UPDATE signedin_sessions SET user_id = '43'", True),
        ("UPDATE signedin_sessions SET organizations = '{\"acme\":1}'", True),
        ("UPDATE signedin_sessions SET reauthenticated_at = 1", True),
        ("UPDATE signedin_sessions SET created_at = 1", True),
        ("UPDATE signedin_sessions SET persistent = true", True),
        ("UPDATE signedin_sessions SET ends_by = 1", True),
        ("UPDATE signedin_sessions SET methods = '[]'", True),
        ("UPDATE signedin_sessions SET name = 'Office'", True),
        ("DELETE FROM signedin_sessions", True),
        ("UPDATE signedin_sessions SET last_used_at = last_used_at + 1", False),
        ("UPDATE signedin_sessions SET last_address = NULL, name = name", False),
    ],
)
def test_what_memory_may_hold_tells_its_change_and_a_use_is_none(
    url: str, sessions: Sessions, role: str, statement: str, is_told: bool
) -> None:
    started = start(sessions)
    with heard(url) as told, shell(url) as other:
        other.execute(f"SET session_replication_role = {role}")
        other.execute(statement)

        assert told() == [[started.session.id]] * is_told


def test_a_rotation_and_the_first_use_of_the_new_token_tell_themselves(
    url: str, sessions: Sessions
) -> None:
    started = start(sessions)
    with heard(url) as told:
        rotated = sessions.rotate(started.token, methods=["pwd"])
        assert told() == [[started.session.id]]

        sessions.check(rotated.token, client())
        assert told() == [[started.session.id]]


def test_a_policy_tells_whom_it_concerns(url: str, sessions: Sessions) -> None:
    with heard(url) as told:
        for scope, subject in (("user:42", "user:42"), ("organization:a", "*"), ("default", "*")):
            sessions.policies.set(scope, Policy(), by=ROOT, reason="new")
            assert told() == [[subject]]
            sessions.policies.set(scope, Policy(), by=ROOT, reason="replaced")
            assert {name for names in told() for name in names} == {subject}
            with shell(url) as other:  # takes the policy away without a new one
                take = "UPDATE signedin_policies SET replaced_at = %s WHERE replaced_at IS NULL"
                other.execute(take, (10**15,))
            assert told() == [[subject]]


def test_a_table_that_is_emptied_empties_memory(url: str, sessions: Sessions) -> None:
    started = start(sessions)
    hold_in_memory(sessions, started)
    with shell(url) as other:
        other.execute("TRUNCATE signedin_sessions CASCADE")

    wait_until(lambda: not is_live(sessions, started))


@pytest.mark.parametrize(
    ("people", "told_of"),
    [(1, ["user:42"]), (100, [f"user:{number}" for number in range(42, 142)]), (500, ["*"])],
)
def test_many_ends_are_one_notification_of_at_most_8000_bytes(
    url: str, sessions: Sessions, people: int, told_of: list[str]
) -> None:
    """Ids if there is room for them, else whose they are, else all; 8,000 bytes would abort."""
    started = start(sessions)
    long = "x" * 30 if people == 500 else ""
    with heard(url) as told, shell(url) as other:
        other.execute(
            "INSERT INTO signedin_sessions (id, token_hash, generation, user_id, organizations, "
            "created_at, last_used_at, persistent, methods, client_seq, "
            "first_place_seq) SELECT gen_random_uuid(), sha256(n::text::bytea), "
            "generation, (42 + n %% %s)::text || %s, organizations, created_at, "
            "last_used_at, persistent, methods, client_seq, first_place_seq "
            "FROM signedin_sessions, generate_series(1, 500) n",
            (people, long),
        )
        assert told() == []
        other.execute(f"UPDATE signedin_sessions SET {END}")

        (subjects,) = told()
    assert sorted(subjects) == sorted(told_of)
    assert not is_live(sessions, started)


def test_many_sessions_that_become_another_persons_tell_of_both(
    url: str, sessions: Sessions
) -> None:
    """Memory still has them as the former person's."""
    started = [start(sessions) for _ in range(250)]
    hold_in_memory(sessions, started[0])
    with heard(url) as told, shell(url) as other:
        other.execute("UPDATE signedin_sessions SET user_id = '43'")

        (subjects,) = told()
    assert sorted(subjects) == ["user:42", "user:43"]
    wait_until(lambda: sessions._memory.entries == {})


def test_words_that_nobody_knows_empty_memory(url: str, sessions: Sessions) -> None:
    started = start(sessions)
    nobodys = "confirm signedin_7;-- 7"
    for payload in ("renamed 7", "changed", "changed 7", "confirm x", nobodys, "beat x"):
        hold_in_memory(sessions, started)
        forgotten = sessions._memory.changes
        with shell(url) as other:
            other.execute("SELECT pg_notify('signedin', %s)", (payload,))

        wait_until(lambda: sessions._memory.changes > forgotten)  # noqa: B023
        assert sessions._memory.entries == {}


def test_a_backup_that_is_restored_beside_live_nodes_empties_their_memory(
    url: str, open_sessions: Open, tmp_path: Path
) -> None:
    """Tables that are dropped and made anew tell no change of any session."""
    node, other = open_sessions(), open_sessions()
    kept = start(node)
    backup = tmp_path / "backup"
    subprocess.run([program("pg_dump"), "-Fc", "-f", backup, url], check=True)
    lost = start(node, "43")
    hold_in_memory(node, kept)
    hold_in_memory(node, lost)

    restore = [program("pg_restore"), "--clean", "--single-transaction", "-d", url, str(backup)]
    subprocess.run(restore, check=True)

    wait_until(lambda: not is_live(node, lost))
    hold_in_memory(node, kept)
    terminate(other, kept)
    assert not is_live(node, kept)
