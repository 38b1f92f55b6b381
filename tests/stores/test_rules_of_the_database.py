"""The rules that the database keeps by itself, whoever writes (I1, freshness.md rule 1)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from signedin.core.permission import Actor, ActorKind
from signedin.core.session import EndedReason, Started
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client

COPY = (
    "SELECT {seq}, {id}, {token}, token_used, generation, user_id, organizations, "
    "device_key, created_at, authenticated_at, last_used_at, persistent, ends_by, methods, "
    "client_seq, first_address, last_address, name, NULL, NULL, NULL, "
    "NULL, data, NULL, first_place_seq, last_place_seq FROM signedin_sessions WHERE id = ?"
)
UPSERT = "ON CONFLICT DO UPDATE SET ended_at = NULL, ended_reason = NULL, ended_by_kind = NULL"


@pytest.fixture
def ended(sessions: Sessions) -> Started:
    started = sessions.start("42", client(), methods=["pwd"])
    sessions.terminate(started.session.id, user_id="42", by=Actor.admin("root"))
    return started


@pytest.fixture
def live(sessions: Sessions) -> Started:
    return sessions.start("42", client(FIREFOX), methods=["pwd"])


@pytest.fixture
def shell(database: Path, sessions: Sessions) -> Iterator[sqlite3.Connection]:
    """A person in a database shell, who knows nothing of signedin."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield connection


def is_ended(shell: sqlite3.Connection, started: Started) -> bool:
    rows = shell.execute(
        "SELECT ended_at FROM signedin_sessions WHERE id = ?", (started.session.id,)
    ).fetchall()
    return bool(rows) and rows[0][0] is not None


@pytest.mark.parametrize("verb", ["UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE"])
@pytest.mark.parametrize(
    "change",
    [
        "ended_at = NULL",
        "ended_at = NULL, ended_reason = NULL, ended_by_kind = NULL, ended_by_id = NULL",
        "ended_at = ended_at + 1",
        "ended_reason = 'idle'",
    ],
)
def test_no_update_revives_or_rewrites_an_end(
    shell: sqlite3.Connection, ended: Started, verb: str, change: str
) -> None:
    """X-03."""
    with pytest.raises(sqlite3.IntegrityError, match="ended is final"):
        shell.execute(f"{verb} signedin_sessions SET {change}")
    assert is_ended(shell, ended)


@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"])
@pytest.mark.parametrize(
    ("seq", "id_", "token"),
    [("NULL", "id", "randomblob(32)"), ("NULL", "'new'", "token_hash"), ("seq", "'new'", "x'00'")],
    ids=["same id", "same token", "same row"],
)
def test_no_insert_makes_a_row_twice(
    shell: sqlite3.Connection, ended: Started, verb: str, seq: str, id_: str, token: str
) -> None:
    copy = COPY.format(seq=seq, id=id_, token=token)

    with pytest.raises(sqlite3.IntegrityError, match="exists already"):
        shell.execute(f"{verb} INTO signedin_sessions {copy}", (ended.session.id,))
    assert is_ended(shell, ended)


def test_no_upsert_revives(shell: sqlite3.Connection, ended: Started) -> None:
    copy = COPY.format(seq="NULL", id="id", token="token_hash")

    with pytest.raises(sqlite3.IntegrityError):
        shell.execute(
            f"INSERT INTO signedin_sessions {copy} AND true {UPSERT}", (ended.session.id,)
        )
    assert is_ended(shell, ended)


def test_an_ended_session_cannot_take_over_a_live_row(
    shell: sqlite3.Connection, ended: Started, live: Started
) -> None:
    for column in ("id", "seq"):
        with pytest.raises(sqlite3.IntegrityError, match="cannot become another"):
            shell.execute(
                f"UPDATE OR REPLACE signedin_sessions SET {column} = "
                f"(SELECT {column} FROM signedin_sessions WHERE id = ?) WHERE id = ?",
                (ended.session.id, live.session.id),
            )
    assert is_ended(shell, ended)
    assert not is_ended(shell, live)


def test_a_token_changes_only_by_rotation_and_to_one_never_used(
    shell: sqlite3.Connection, sessions: Sessions, ended: Started, live: Started
) -> None:
    taken = (
        "(SELECT token_hash FROM signedin_sessions WHERE ended_at IS NOT NULL)",
        "randomblob(32)",
    )
    for value in taken:
        with pytest.raises(sqlite3.IntegrityError, match="only by rotation"):
            shell.execute(
                f"UPDATE OR REPLACE signedin_sessions SET token_hash = {value} WHERE id = ?",
                (live.session.id,),
            )

    rotated = sessions.rotate(live.token, methods=["pwd"])
    with pytest.raises(sqlite3.IntegrityError, match="only by rotation"):
        shell.execute(
            "UPDATE signedin_sessions SET token_hash = "
            "(SELECT token_hash FROM signedin_former_tokens) WHERE id = ?",
            (live.session.id,),
        )
    assert sessions.check(rotated.token, client()).session is not None


def test_a_replaced_token_is_never_worth_more_again(
    shell: sqlite3.Connection, sessions: Sessions, ended: Started, live: Started
) -> None:
    sessions.rotate(live.token, methods=["pwd"])

    for change in ("grace_ends_at = grace_ends_at + 1", "token_hash = x'00'"):
        with pytest.raises(sqlite3.IntegrityError, match="never worth more"):
            shell.execute(f"UPDATE OR REPLACE signedin_former_tokens SET {change}")
    with pytest.raises(sqlite3.IntegrityError, match="only the current token"):
        shell.execute(
            "INSERT OR REPLACE INTO signedin_former_tokens "
            "SELECT token_hash, ?, 0, 1, 0, '[]' FROM signedin_sessions WHERE id = ?",
            (live.session.id, ended.session.id),
        )


@pytest.mark.parametrize("end", ["'kicked', 'admin'", "'terminated', 'root'", "'', ''"])
def test_an_end_in_words_that_nobody_knows_is_refused(
    shell: sqlite3.Connection, sessions: Sessions, live: Started, end: str
) -> None:
    """It could never be mended, and no list with it in could be read any more."""
    with pytest.raises(sqlite3.IntegrityError, match="terminated and ended_by_kind admin would do"):
        shell.execute(
            f"UPDATE signedin_sessions SET ended_at = 1, (ended_reason, ended_by_kind) = ({end})"
        )
    assert not is_ended(shell, live)


@pytest.mark.parametrize("reason", EndedReason)
def test_every_end_that_there_is_can_be_written_and_read(
    shell: sqlite3.Connection, sessions: Sessions, live: Started, reason: str
) -> None:
    for kind in ActorKind:
        started = sessions.start("42", client(FIREFOX), methods=["pwd"])
        shell.execute(
            "UPDATE signedin_sessions SET ended_at = 1, ended_reason = ?, ended_by_kind = ? "
            "WHERE id = ?",
            (reason, kind, started.session.id),
        )

        assert sessions.check(started.token, client()).reason == reason


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE signedin_sessions SET ended_at = 1, ended_reason = 'terminated', "
        "ended_by_kind = 'admin' WHERE ended_at IS NULL",
        "DELETE FROM signedin_sessions WHERE ended_at IS NULL",
        "UPDATE signedin_sessions SET user_id = '43'",
        "UPDATE signedin_sessions SET ends_by = 1",
        "UPDATE signedin_sessions SET authenticated_at = 1",
        "UPDATE signedin_sessions SET organizations = '{\"x\":0}'",
    ],
)
def test_what_others_may_hold_in_memory_is_written_to_the_change_list(
    shell: sqlite3.Connection, live: Started, statement: str
) -> None:
    (before,) = shell.execute("SELECT count(*) FROM signedin_changes").fetchone()

    shell.execute(statement)

    rows = shell.execute("SELECT session_id FROM signedin_changes").fetchall()
    assert (live.session.id,) in rows[before:]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM signedin_changes",
        "UPDATE signedin_changes SET session_id = 'other'",
        "UPDATE OR REPLACE signedin_changes SET position = position - 1",
        "INSERT OR REPLACE INTO signedin_changes SELECT position, 'x' FROM signedin_changes",
    ],
)
def test_a_change_stays_in_the_list_until_it_is_trimmed(
    shell: sqlite3.Connection, ended: Started, live: Started, statement: str
) -> None:
    """Else a process would read on behind it, and go on to believe what it holds."""
    shell.execute("DELETE FROM signedin_sessions WHERE ended_at IS NULL")

    with pytest.raises(sqlite3.IntegrityError, match="until others have read it"):
        shell.execute(statement)


def test_a_use_is_no_change(shell: sqlite3.Connection, live: Started) -> None:
    (before,) = shell.execute("SELECT count(*) FROM signedin_changes").fetchone()

    shell.execute("UPDATE signedin_sessions SET last_used_at = last_used_at + 1")

    assert shell.execute("SELECT count(*) FROM signedin_changes").fetchone() == (before,)


def test_the_database_holds_no_token_in_the_clear(
    database: Path, sessions: Sessions, live: Started
) -> None:
    rotated = sessions.rotate(live.token, methods=["pwd"])
    sessions.check(rotated.token, client(device=live.device_token))
    sessions.close()

    content = b"".join(path.read_bytes() for path in database.parent.iterdir())
    for secret in (live.token, rotated.token, live.device_token):
        assert secret is not None
        assert secret.encode() not in content
        assert secret.encode()[3:20] not in content


@pytest.mark.parametrize("verb", ["UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE"])
@pytest.mark.parametrize(
    "change",
    [
        "position = position + 100",
        "at = at + 1",
        "kind = 'session_renamed'",
        "user_id = '43'",
        "session_id = NULL",
        "actor_kind = 'system'",
        "actor_id = 'somebody'",
        "details = '{}'",
        "address = '203.0.113.9'",
    ],
)
def test_what_happened_is_kept_as_it_was(
    shell: sqlite3.Connection, ended: Started, verb: str, change: str
) -> None:
    before = shell.execute("SELECT * FROM signedin_events").fetchall()

    with pytest.raises(sqlite3.IntegrityError, match="kept as it was"):
        shell.execute(f"{verb} signedin_events SET {change} WHERE kind = 'session_ended'")

    assert shell.execute("SELECT * FROM signedin_events").fetchall() == before


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
def test_no_event_takes_the_place_of_another(
    shell: sqlite3.Connection, ended: Started, verb: str
) -> None:
    before = shell.execute("SELECT * FROM signedin_events").fetchall()

    with pytest.raises(sqlite3.IntegrityError, match="kept as it was"):
        shell.execute(
            f"{verb} INTO signedin_events (position, at, kind, actor_kind, details) "
            "VALUES (1, 1, 'session_started', 'user', '{}')"
        )

    assert shell.execute("SELECT * FROM signedin_events").fetchall() == before
