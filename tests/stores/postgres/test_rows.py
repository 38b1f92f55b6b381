"""What finds a row on PostgreSQL, and what writing one costs."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from signedin.core.errors import SessionNotFoundError
from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.core.token import token_hash
from signedin.stores.postgres.connections import QUERIES
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client
from tests.cluster import Cluster
from tests.databases import shell
from tests.waiting import wait_until

MADE = 2_000  # sessions, so that a plan without an index would cost more
COPIES = (
    "INSERT INTO signedin_sessions (id, token_hash, token_used, generation, user_id, "
    "organizations, created_at, last_used_at, persistent, methods, client_seq, first_place_seq) "
    "SELECT gen_random_uuid(), sha256(n::text::bytea), true, generation, n::text, organizations, "
    "created_at, last_used_at, persistent, methods, client_seq, first_place_seq "
    f"FROM signedin_sessions, generate_series(1, {MADE}) n"
)
COPY = (
    "INSERT INTO signedin_sessions (id, token_hash, generation, organizations, created_at, "
    "last_used_at, persistent, methods, client_seq, first_place_seq) "
    "SELECT {}, {}, generation, organizations, created_at, last_used_at, persistent, methods, "
    "client_seq, first_place_seq FROM signedin_sessions"
)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def started(sessions: Sessions) -> Started:
    return sessions.start("42", client(FIREFOX), methods=["pwd"])


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("session_by_token", "signedin_token_once"),
        ("session_by_id", "signedin_sessions_pkey"),
        ("write_use", "signedin_sessions_pkey"),
        ("live_of_person", "signedin_live_of_person"),
        ("live_after", "signedin_sessions_pkey"),
    ],
)
def test_a_session_is_found_by_an_index(
    url: str, started: Started, statement: str, index: str
) -> None:
    values: dict[str, Any] = {
        "id": started.session.id,
        "token_hash": token_hash(started.token),
        "user_id": "42",
        "at": 0,
        "address": None,
        "position": started.session.id,
        "limit": 10,
    }
    with shell(url) as connection:
        connection.execute(COPIES)
        connection.execute("ANALYZE signedin_sessions")

        plan = connection.execute(b"EXPLAIN " + QUERIES[statement], values).fetchall()

    assert any(index in line for (line,) in plan), plan


@pytest.mark.parametrize(
    "statement",
    [
        *("session_by_token", "session_by_id", "live_of_person", "end_sessions", "write_use"),
        *("insert_event_of_each", "data_and_server", "hold_data", "write_data", "unmark_data"),
    ],
)
def test_and_is_so_by_what_was_planned_when_there_was_hardly_one(
    cluster: Cluster, statement: str
) -> None:
    """A plan is kept while the table grows, until somebody gathers statistics."""
    url = cluster.make()
    sessions = Sessions(url)
    started = sessions.start("42", client(FIREFOX), methods=["pwd"])
    sessions.close()
    values: dict[str, Any] = {
        "id": started.session.id,
        "list": json.dumps([started.session.id]),
        "token_hash": token_hash(started.token),
        **{"user_id": "42", "at": 0, "address": None, "data": None, "mark": 1, "note": None},
        **{"reason": "idle", "by_kind": "policy", "by_id": None, "details": "{}"},
        **{"kind": "session_ended", "actor_kind": "policy", "actor_id": None},
    }
    with shell(url) as connection:
        plan = connection.execute(b"EXPLAIN " + QUERIES[statement], values).fetchall()

    assert not any("Seq Scan on signedin_sessions" in line for (line,) in plan), plan


@pytest.mark.parametrize(
    ("same", "columns"),
    [
        ("id", ("'01900000-0000-7000-8000-000000000001'", "sha256(%s)")),
        ("token", ("gen_random_uuid()", r"sha256('\x01')")),
    ],
)
def test_of_two_that_come_at_the_same_moment_one_is_refused(
    url: str, started: Started, same: str, columns: tuple[str, str]
) -> None:
    """The trigger sees only what was there before; the index sees both."""
    copy = COPY.format(*columns).encode()

    def insert(connection: psycopg.Connection[tuple[Any, ...]], number: bytes) -> None:
        connection.execute(copy, (number,) if same == "id" else None)

    with (
        psycopg.connect(url) as first,
        psycopg.connect(url) as second,
        shell(url) as watcher,
        ThreadPoolExecutor(1) as others,
    ):
        insert(first, b"1")
        late = others.submit(insert, second, b"2")
        wait_until(lambda: watcher.execute(WAITING).fetchone() == (1,))
        first.commit()

        with pytest.raises(psycopg.IntegrityError, match=r"pkey|token_once"):
            late.result(timeout=10)


def test_a_look_up_of_the_former_version_fails(url: str, started: Started) -> None:
    """It would take an id for another thing than what the feed calls by it, and miss its end."""
    with shell(url) as connection, pytest.raises(psycopg.errors.UndefinedColumn):
        connection.execute("SELECT id, authenticated_at FROM signedin_sessions")


def test_uses_make_no_new_entry_in_any_index(url: str, started: Started) -> None:
    """A fifth of each page is free for them."""
    with shell(url) as connection:
        connection.execute(COPIES)
        ids = [
            str(i) for (i,) in connection.execute("SELECT id FROM signedin_sessions ORDER BY ctid")
        ]
        used = ids[::10]
        connection.execute("BEGIN")
        connection.execute(
            QUERIES["write_uses"],
            {
                "ids": used,
                "times": [2**60] * len(used),
                "addresses": ["203.0.113.9"] * len(used),
            },
        )

        counted = connection.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables "
            "WHERE relname = 'signedin_sessions'"
        ).fetchone()

    assert counted == (len(used), len(used))


@pytest.mark.parametrize("nonsense", ["", "nonsense", "1", "{", "' OR true", "0" * 36])
def test_what_is_no_id_is_nobodys(sessions: Sessions, started: Started, nonsense: str) -> None:
    by = Actor.admin("root")

    assert sessions.data.read(nonsense) is None
    for act in (
        lambda: sessions.find(nonsense),
        lambda: sessions.terminate(nonsense, user_id="42", by=by),
        lambda: sessions.terminate(nonsense, user_id=None, by=by),
        lambda: sessions.rename(nonsense, "x", user_id="42", by=by),
    ):
        with pytest.raises(SessionNotFoundError):
            act()
    assert sessions.check(started.token, client(FIREFOX)).session is not None
