"""What the database keeps by itself of policies and of what is said about ends, whoever writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from signedin.core.permission import Actor
from signedin.core.policy import DEFAULT_POLICY, Policy
from signedin.core.session import Started
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client, held
from tests.clock import FixedClock
from tests.databases import Open
from tests.policies import DAY, HOUR, NO_POLICIES, SECOND, change

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

INSERTS = ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"]
UPDATES = ["UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE"]
COLUMNS = "scope, changed_at, after, generation, actor_kind, reason"
GOOD = '{"when_full":"ask"}'


@pytest.fixture
def shell(database: Path, sessions: Sessions, clock: FixedClock) -> Iterator[sqlite3.Connection]:
    """A person in a database shell, where a policy was made and then another."""
    change(sessions, Policy(idle_timeout=DAY), reason="first")
    clock.advance(HOUR)
    change(sessions, Policy(idle_timeout=HOUR), reason="second")
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield connection


@pytest.fixture
def live(sessions: Sessions) -> Started:
    return sessions.start("42", client(FIREFOX), methods=["pwd"])


def all_policies(shell: sqlite3.Connection) -> list[tuple[object, ...]]:
    return shell.execute("SELECT * FROM signedin_policies ORDER BY position").fetchall()


def insert(shell: sqlite3.Connection, **values: object) -> None:
    row = {
        "scope": "organization:new",
        "changed_at": 1,
        "after": GOOD,
        "generation": 0,
        "actor_kind": "admin",
        "reason": "",
    } | values
    marks = ", ".join(f":{name}" for name in row)
    shell.execute(f"INSERT INTO signedin_policies ({', '.join(row)}) VALUES ({marks})", row)


# A policy is kept for ever, as it was.


@pytest.mark.parametrize(
    "edit",
    [
        "after = '{}'",
        "before = NULL",
        "reason = 'another'",
        "actor_id = 'somebody else'",
        "actor_kind = 'system'",
        "scope = 'organization:x'",
        "generation = 7",
        "changed_at = changed_at - 1",
        "position = position + 10",
        "position = 3 - position",
        "replaced_at = NULL",
        "after = '{}', replaced_at = 1",
    ],
)
def test_no_update_rewrites_a_policy(shell: sqlite3.Connection, edit: str) -> None:
    before = all_policies(shell)

    for verb in UPDATES:
        for row in ("replaced_at IS NULL", "replaced_at IS NOT NULL"):
            with pytest.raises(sqlite3.IntegrityError, match="kept as it was"):
                shell.execute(f"{verb} signedin_policies SET {edit} WHERE {row}")
    assert all_policies(shell) == before


def test_a_policy_is_replaced_once(shell: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="kept as it was"):
        shell.execute("UPDATE signedin_policies SET replaced_at = 7 WHERE replaced_at IS NOT NULL")


@pytest.mark.parametrize("where", ["", "WHERE replaced_at IS NULL", "WHERE position = 1"])
def test_no_policy_is_deleted(shell: sqlite3.Connection, where: str) -> None:
    before = all_policies(shell)

    with pytest.raises(sqlite3.IntegrityError, match="kept for ever"):
        shell.execute(f"DELETE FROM signedin_policies {where}")
    assert all_policies(shell) == before


@pytest.mark.parametrize("verb", INSERTS)
@pytest.mark.parametrize(
    ("position", "scope"),
    [("1", "organization:x"), ("2", "organization:x"), ("NULL", "default")],
    ids=["the place of a former one", "the place of the current one", "a second current one"],
)
def test_no_insert_takes_the_place_of_a_policy(
    shell: sqlite3.Connection, verb: str, position: str, scope: str
) -> None:
    before = all_policies(shell)

    with pytest.raises(sqlite3.IntegrityError, match="replaced before there is a new one"):
        shell.execute(
            f"{verb} INTO signedin_policies (position, {COLUMNS}) "
            f"VALUES ({position}, '{scope}', 1, '{GOOD}', 0, 'admin', '')"
        )
    assert all_policies(shell) == before


@pytest.mark.parametrize("target", ["", "(position)", "(scope) WHERE replaced_at IS NULL"])
def test_no_upsert_rewrites_a_policy(shell: sqlite3.Connection, target: str) -> None:
    before = all_policies(shell)

    with pytest.raises(sqlite3.IntegrityError):
        shell.execute(
            f"INSERT INTO signedin_policies (position, {COLUMNS}) "
            f"VALUES (2, 'default', 1, '{GOOD}', 0, 'admin', '') "
            f"ON CONFLICT {target} DO UPDATE SET after = excluded.after"
        )
    assert all_policies(shell) == before


# What cannot be read could never be removed again, and would stop every check.


@pytest.mark.parametrize("column", ["after", "before"])
def test_what_is_no_policy_is_refused(shell: sqlite3.Connection, column: str) -> None:
    for text in NO_POLICIES:
        with pytest.raises(sqlite3.IntegrityError, match="this is no policy"):
            insert(shell, **{column: text})


@pytest.mark.parametrize(
    "values",
    [
        {"generation": 10**9},
        {"changed_at": 10**18},
        {"changed_at": -(10**18)},
        {"actor_kind": "god"},
        {"after": '{"when_full":"ask","not_before":2}', "changed_at": 1},
    ],
    ids=["ends all logins", "after all dates", "before all dates", "nobody", "still to come"],
)
def test_what_no_later_policy_could_repair_is_refused(
    shell: sqlite3.Connection, values: dict[str, object]
) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        insert(shell, **values)


def test_a_policy_is_not_replaced_at_what_is_no_date(shell: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="kept as it was"):
        shell.execute(f"UPDATE signedin_policies SET replaced_at = {10**18} WHERE position = 2")


# Whoever writes a policy tells it to every process, in the same transaction.


@pytest.mark.parametrize(
    ("scope", "subject"),
    [("organization:new", "*"), ("user:42", "user:42"), ("user:%", "user:%")],
)
def test_a_policy_from_a_shell_is_written_to_the_change_list(
    shell: sqlite3.Connection, scope: str, subject: str
) -> None:
    insert(shell, scope=scope)

    newest = "SELECT session_id FROM signedin_changes ORDER BY position DESC LIMIT 1"
    assert shell.execute(newest).fetchone() == (subject,)


def test_a_policy_that_is_taken_away_is_written_to_the_change_list(
    shell: sqlite3.Connection,
) -> None:
    (before,) = shell.execute("SELECT count(*) FROM signedin_changes").fetchone()

    shell.execute("UPDATE signedin_policies SET replaced_at = 7 WHERE replaced_at IS NULL")

    rows = shell.execute("SELECT session_id FROM signedin_changes").fetchall()
    assert rows[before:] == [("*",)]


@pytest.mark.parametrize("scope", ["organization:new", "user:42"])
def test_a_policy_from_a_shell_ends_what_is_held_in_memory(
    sessions: Sessions,
    open_sessions: Open,
    shell: sqlite3.Connection,
    clock: FixedClock,
    scope: str,
) -> None:
    started = sessions.start("42", client(), methods=["pwd"], organizations=["new"])
    other = open_sessions()
    assert other.check(started.token, client()).session is not None
    assert held(other, started.token) is not None
    clock.advance(SECOND)
    at = int(clock.time() * 1_000_000)

    strict = '{"when_full":"ask","idle_timeout":1000000}'
    insert(shell, scope=scope, after=strict, changed_at=at)
    other.store.watch()

    assert other.check(started.token, client()).session is None


@pytest.mark.parametrize(
    ("scope", "then"), [("organization:acme", None), ("default", DEFAULT_POLICY)]
)
def test_where_a_policy_was_taken_away_in_a_shell_nothing_or_what_the_settings_say_holds(
    sessions: Sessions,
    shell: sqlite3.Connection,
    clock: FixedClock,
    scope: str,
    then: Policy | None,
) -> None:
    change(sessions, Policy(lifetime=HOUR), scope)
    at = int(clock.time() * 1_000_000)

    shell.execute(
        "UPDATE signedin_policies SET replaced_at = ? WHERE scope = ? AND replaced_at IS NULL",
        (at, scope),
    )

    version = sessions.policies.get(scope)
    assert (version.policy if version else None) == then
    clock.advance(HOUR)
    change(sessions, Policy(lifetime=DAY), scope)
    newest = sessions.policies.history(scope)[0]
    assert (newest.before, newest.after) == (then, Policy(lifetime=DAY))


# What the person is told about an end.


@pytest.mark.parametrize("verb", UPDATES)
@pytest.mark.parametrize("value", ["NULL", "'another'", "ended_note || '!'"])
def test_what_was_said_about_an_end_is_final(
    sessions: Sessions, shell: sqlite3.Connection, live: Started, verb: str, value: str
) -> None:
    by = Actor.admin("root")
    sessions.terminate(live.session.id, user_id="42", by=by, note="Found in a taxi")

    with pytest.raises(sqlite3.IntegrityError, match="ended is final"):
        shell.execute(f"{verb} signedin_sessions SET ended_note = {value}")
    (session,) = sessions.history("42")
    assert session.ended is not None
    assert session.ended.note == "Found in a taxi"


def test_nothing_is_said_afterwards_about_an_end_without_words(
    sessions: Sessions, shell: sqlite3.Connection, live: Started
) -> None:
    sessions.terminate(live.session.id, user_id="42", by=Actor.admin("root"))

    with pytest.raises(sqlite3.IntegrityError, match="ended is final"):
        shell.execute("UPDATE signedin_sessions SET ended_note = 'x'")


def test_what_a_shell_says_about_a_live_session_is_not_what_is_said_of_its_end(
    sessions: Sessions, shell: sqlite3.Connection, live: Started
) -> None:
    shell.execute("UPDATE signedin_sessions SET ended_note = 'planted'")

    sessions.terminate(live.session.id, user_id="42", by=Actor.admin("root"))

    (session,) = sessions.history("42")
    assert session.ended is not None
    assert session.ended.note is None
