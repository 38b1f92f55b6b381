"""The rules that PostgreSQL keeps by itself, whoever writes (I1, I6, I8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import IntegrityError

from signedin.core.permission import Actor, ActorKind
from signedin.core.policy import Policy
from signedin.core.session import EndedReason, Started
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client
from tests.clock import FixedClock
from tests.databases import shell as shell_on
from tests.policies import DAY, HOUR, NO_POLICIES, change
from tests.waiting import wait_until

Shell = psycopg.Connection[tuple[Any, ...]]

COPY = (
    "INSERT INTO signedin_sessions (id, token_hash, generation, organizations, created_at, "
    "last_used_at, persistent, methods, client_seq, first_place_seq) "
    "SELECT {id}, {token}, generation, organizations, created_at, "
    "last_used_at, persistent, methods, client_seq, first_place_seq "
    "FROM signedin_sessions WHERE id = %s "
)
UPSERT = "DO UPDATE SET ended_at = NULL, ended_reason = NULL, ended_by_kind = NULL"
NEW_TOKEN = r"'\x01'"
GOOD = '{"when_full":"ask"}'


@pytest.fixture
def ended(sessions: Sessions) -> Started:
    started = sessions.start("42", client(), methods=["pwd"])
    sessions.terminate(started.session.id, user_id="42", by=Actor.admin("root"), note="lost")
    return started


@pytest.fixture
def live(sessions: Sessions) -> Started:
    return sessions.start("42", client(FIREFOX), methods=["pwd"])


@pytest.fixture(params=["origin", "replica"])
def shell(request: pytest.FixtureRequest, url: str) -> Iterator[Shell]:
    """A person in a database shell; one whose session calls itself a replica, too."""
    with shell_on(url) as connection:
        connection.execute(f"SET session_replication_role = {request.param}")
        yield connection


def rows(shell: Shell, table: str) -> list[tuple[Any, ...]]:
    return shell.execute(f"SELECT * FROM signedin_{table} ORDER BY 1".encode()).fetchall()


@pytest.mark.parametrize(
    "edit",
    [
        "ended_at = NULL",
        "ended_at = NULL, ended_reason = NULL, ended_by_kind = NULL, ended_by_id = NULL",
        "ended_at = ended_at + 1",
        "ended_reason = 'idle'",
        "ended_by_id = 'somebody else'",
        "ended_note = NULL",
    ],
)
def test_no_update_revives_or_rewrites_an_end(shell: Shell, ended: Started, edit: str) -> None:
    before = rows(shell, "sessions")

    with pytest.raises(IntegrityError, match="ended is final"):
        shell.execute(f"UPDATE signedin_sessions SET {edit}".encode())

    assert rows(shell, "sessions") == before


@pytest.mark.parametrize("conflict", ["", "ON CONFLICT DO NOTHING", f"ON CONFLICT (id) {UPSERT}"])
@pytest.mark.parametrize(
    ("id_", "token"),
    [("id", NEW_TOKEN), ("gen_random_uuid()", "token_hash")],
    ids=["same id", "same token"],
)
def test_no_insert_makes_a_row_twice(
    shell: Shell, ended: Started, conflict: str, id_: str, token: str
) -> None:
    before = rows(shell, "sessions")

    with pytest.raises(IntegrityError, match="exists already"):
        shell.execute((COPY.format(id=id_, token=token) + conflict).encode(), (ended.session.id,))

    assert rows(shell, "sessions") == before


def test_an_insert_cannot_even_say_that_it_would_replace_the_row_of_a_token(
    shell: Shell, ended: Started
) -> None:
    copy = COPY.format(id="gen_random_uuid()", token="token_hash")

    with pytest.raises(psycopg.ProgrammingError, match="not supported"):
        shell.execute(
            f"{copy} ON CONFLICT ON CONSTRAINT signedin_token_once {UPSERT}".encode(),
            (ended.session.id,),
        )


def test_what_a_deleted_session_had_for_tokens_goes_with_it(
    shell: Shell, sessions: Sessions, live: Started
) -> None:
    for remove in ("DELETE FROM signedin_sessions", "TRUNCATE signedin_sessions"):
        started = sessions.start("42", client(FIREFOX), methods=["pwd"])
        sessions.rotate(started.token, methods=["pwd"])
        assert len(rows(shell, "former_tokens")) == 1

        shell.execute(remove.encode())

        assert rows(shell, "former_tokens") == []


def test_a_session_cannot_become_another(shell: Shell, ended: Started, live: Started) -> None:
    with pytest.raises(IntegrityError, match="cannot become another"):
        shell.execute(
            b"UPDATE signedin_sessions SET id = gen_random_uuid() WHERE id = %s",
            (live.session.id,),
        )


def test_a_token_changes_only_by_rotation_and_to_one_never_used(
    shell: Shell, sessions: Sessions, ended: Started, live: Started
) -> None:
    ended_token = "(SELECT token_hash FROM signedin_sessions WHERE ended_at IS NOT NULL)"
    rotate = "UPDATE signedin_sessions SET token_hash = {} WHERE id = %s"
    for token in (NEW_TOKEN, ended_token):
        with pytest.raises(IntegrityError, match="only by rotation"):
            shell.execute(rotate.format(token).encode(), (live.session.id,))

    rotated = sessions.rotate(live.token, methods=["pwd"])
    former = "(SELECT token_hash FROM signedin_former_tokens)"
    with pytest.raises(IntegrityError, match="only by rotation"):
        shell.execute(rotate.format(former).encode(), (live.session.id,))
    assert sessions.check(rotated.token, client()).session is not None


def test_a_replaced_token_is_never_worth_more_again(
    shell: Shell, sessions: Sessions, ended: Started, live: Started
) -> None:
    sessions.rotate(live.token, methods=["pwd"])

    for edit in ("grace_ends_at = grace_ends_at + 1", f"token_hash = {NEW_TOKEN}"):
        with pytest.raises(IntegrityError, match="never worth more"):
            shell.execute(f"UPDATE signedin_former_tokens SET {edit}".encode())
    with pytest.raises(IntegrityError, match="only the current token"):
        shell.execute(
            b"INSERT INTO signedin_former_tokens "
            b"SELECT token_hash, %s, 0, 1, 0, '[]' FROM signedin_sessions WHERE id = %s",
            (live.session.id, ended.session.id),
        )


@pytest.mark.parametrize("end", ["'kicked', 'admin'", "'terminated', 'root'", "'', ''"])
def test_an_end_in_words_that_nobody_knows_is_refused(
    shell: Shell, live: Started, end: str
) -> None:
    with pytest.raises(IntegrityError, match="end_in_known_words"):
        shell.execute(
            f"UPDATE signedin_sessions SET ended_at = 1, "
            f"(ended_reason, ended_by_kind) = ({end})".encode()
        )


@pytest.mark.parametrize("reason", EndedReason)
def test_every_end_that_there_is_can_be_written_and_is_heard_of(
    shell: Shell, sessions: Sessions, reason: str
) -> None:
    for kind in ActorKind:
        started = sessions.start("42", client(FIREFOX), methods=["pwd"])
        assert sessions.check(started.token, client()).session is not None

        shell.execute(
            b"UPDATE signedin_sessions SET ended_at = 1, ended_reason = %s, ended_by_kind = %s "
            b"WHERE id = %s",
            (reason, kind.value, started.session.id),
        )

        wait_until(lambda: sessions.check(started.token, client()).session is None)  # noqa: B023
        assert sessions.check(started.token, client()).reason == reason


@pytest.mark.parametrize(
    "edit",
    ["at = at + 1", "kind = 'x'", "user_id = '43'", "details = '{}'", "address = '203.0.113.9'"],
)
def test_what_happened_is_kept_as_it_was(shell: Shell, ended: Started, edit: str) -> None:
    before = rows(shell, "events")

    for statement in (f"UPDATE signedin_events SET {edit}", "TRUNCATE signedin_events"):
        with pytest.raises(IntegrityError, match="kept as it was"):
            shell.execute(statement.encode())

    assert rows(shell, "events") == before


# Policies are kept for ever, and what cannot be read is none.


@pytest.fixture
def two_policies(sessions: Sessions, clock: FixedClock) -> None:
    change(sessions, Policy(idle_timeout=DAY), reason="first")
    clock.advance(HOUR)
    change(sessions, Policy(idle_timeout=HOUR), reason="second")


@pytest.mark.usefixtures("two_policies")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE signedin_policies SET after = '{}'",
        "UPDATE signedin_policies SET reason = 'x', replaced_at = 1",
        "UPDATE signedin_policies SET replaced_at = NULL",
        "UPDATE signedin_policies SET replaced_at = 1",
        "UPDATE signedin_policies SET replaced_at = 1000000000000000000 WHERE replaced_at IS NULL",
        "DELETE FROM signedin_policies",
        "TRUNCATE signedin_policies",
    ],
)
def test_what_a_policy_was_is_kept(shell: Shell, statement: str) -> None:
    before = rows(shell, "policies")

    with pytest.raises(IntegrityError, match="what a policy was is kept"):
        shell.execute(statement.encode())

    assert rows(shell, "policies") == before


INSERT = (
    "INSERT INTO signedin_policies (scope, changed_at, before, after, generation, actor_kind, "
    "reason) VALUES (%s, %s, %s, %s, %s, 'admin', '') "
)


@pytest.mark.usefixtures("two_policies")
@pytest.mark.parametrize("conflict", ["", "ON CONFLICT (scope) WHERE replaced_at IS NULL "
                                      "DO UPDATE SET after = excluded.after"])  # fmt: skip
def test_no_insert_takes_the_place_of_a_policy(shell: Shell, conflict: str) -> None:
    before = rows(shell, "policies")

    with pytest.raises(IntegrityError):
        shell.execute((INSERT + conflict).encode(), ("default", 1, None, GOOD, 0))

    assert rows(shell, "policies") == before


@pytest.mark.parametrize("text", NO_POLICIES)
def test_what_is_no_policy_is_refused(shell: Shell, text: str) -> None:
    for before, after in ((None, text), (text, GOOD)):
        with pytest.raises(IntegrityError, match="this is no policy"):
            shell.execute(INSERT.encode(), ("organization:new", 1, before, after, 0))


def test_a_not_before_ahead_of_its_change_is_refused_but_can_be_replaced(shell: Shell) -> None:
    ahead = '{"when_full":"ask","not_before":2}'
    with pytest.raises(IntegrityError, match="this is no policy"):
        shell.execute(INSERT.encode(), ("organization:new", 1, None, ahead, 0))

    shell.execute(INSERT.encode(), ("organization:new", 1, ahead, GOOD, 0))


@pytest.mark.parametrize(("at", "generation"), [(1, 10**9), (10**18, 0), (-1, 0)])
def test_what_no_later_policy_could_repair_is_refused(
    shell: Shell, at: int, generation: int
) -> None:
    with pytest.raises(IntegrityError, match="this is no policy"):
        shell.execute(INSERT.encode(), ("organization:new", at, None, GOOD, generation))


def test_the_database_holds_no_token_in_the_clear(
    url: str, sessions: Sessions, live: Started
) -> None:
    rotated = sessions.rotate(live.token, methods=["pwd"])
    sessions.check(rotated.token, client(device=live.device_token))

    with shell_on(url) as connection:
        tables = [name for (name,) in connection.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'signedin%'"
        )]  # fmt: skip
        content = "".join(
            str(connection.execute(f"SELECT {name}::text FROM {name}").fetchall())
            for name in tables
        )
    assert live.session.id in content
    for secret in (live.token, rotated.token, live.device_token):
        assert secret is not None
        assert secret[3:20] not in content
        assert secret.encode()[3:20].hex() not in content
