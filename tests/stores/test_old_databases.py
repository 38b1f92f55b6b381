"""A database that an older signedin made comes over with all that was in it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from signedin.core.network import NetworkKind
from signedin.core.place import Certainty, Place
from signedin.core.session import Session, Started
from signedin.core.token import device_key, new_device_token, new_token, token_hash
from signedin.stores import migrate
from signedin.stores.rows import to_number
from signedin.wiring import Sessions, is_postgres, open_store
from tests.clients import client
from tests.clock import FixedClock
from tests.cluster import Cluster
from tests.databases import Open, shell
from tests.engines import cluster

__all__ = ["cluster"]

BERLIN = Place("Berlin", "Land Berlin", "DE", Certainty.CITY, NetworkKind.ORDINARY)
KASSEL = Place("Kassel", "Hessen", "DE", Certainty.CITY, NetworkKind.ORDINARY)
IN_BERLIN, IN_KASSEL = (
    f'{{"certainty":"city","city":"{p.city}","country_code":"DE","network":"ordinary",'
    f'"region":"{p.region}"}}'
    for p in (BERLIN, KASSEL)
)
NAMES = ("at home", "elsewhere", "nowhere now", "forgotten", "ended", "rotated", "former")
TOKENS = {name: new_token(name.encode().ljust(32)) for name in NAMES}
DEVICE = new_device_token(b"d" * 32)
FROM = {  # first address, first place, last address, last place
    "at home": ("203.0.113.1", IN_BERLIN, "203.0.113.1", IN_BERLIN),
    "elsewhere": ("203.0.113.1", IN_BERLIN, "203.0.113.2", IN_KASSEL),
    "nowhere now": ("203.0.113.1", IN_BERLIN, None, IN_BERLIN),
    "forgotten": (None, IN_BERLIN, None, IN_KASSEL),
    "ended": (None, IN_KASSEL, "203.0.113.3", IN_KASSEL),
    "rotated": ("203.0.113.4", IN_KASSEL, "203.0.113.4", IN_KASSEL),
}
IDS = {name: f"01900000-0000-7000-8000-{number:012}" for number, name in enumerate(FROM)}
STEPPED_UP = 300_000_000  # microseconds after it began, "rotated"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/sessions.db"
    made: Cluster = request.getfixturevalue("cluster")
    return made.make()


@pytest.fixture
def old(url: str, clock: FixedClock) -> str:
    """As it was when places stood in each row, with a session of every kind."""
    before = [
        m for m in migrate.migrations("postgres" if is_postgres(url) else "sqlite") if m[0] < 5
    ]
    with patch.object(migrate, "migrations", lambda engine: before):
        store = open_store(url)
        store.migrate()
        store.close()
    mark = "%s" if is_postgres(url) else "?"
    now = to_number(clock.now())
    with shell(url) as connection:

        def insert(table: str, **values: Any) -> None:
            connection.execute(
                f"INSERT INTO signedin_{table} ({', '.join(values)}) "
                f"VALUES ({', '.join([mark] * len(values))})",
                [*values.values()],
            )

        insert("clients", user_agent=client().user_agent, client_hints="{}")
        for name, (first, there, last, here) in FROM.items():
            insert(
                "sessions",
                id=IDS[name],
                token_hash=token_hash(TOKENS["former" if name == "rotated" else name]),
                token_first_used_at=now,
                generation=1,
                user_id="42",
                organizations='{"acme":0}',
                device_key=device_key(DEVICE) if name == "at home" else None,
                **dict.fromkeys(("created_at", "last_used_at"), now),
                authenticated_at=now + (name == "rotated") * STEPPED_UP,
                persistent=1,
                methods='["pwd"]',
                client_seq=1,
                first_address=first,
                first_place=there,
                last_address=last,
                last_place=here,
                name=f"my {name}",
                data='{"a":1}',
                **({"ended_at": now, "ended_reason": "terminated", "ended_by_kind": "admin",
                    "ended_note": "lost"} if name == "ended" else {}),
            )  # fmt: skip
        insert(
            "former_tokens",
            token_hash=token_hash(TOKENS["former"]),
            session_id=IDS["rotated"],
            replaced_at=now,
            grace_ends_at=now + 10**9,
            authenticated_at=now,
            methods='["pwd"]',
        )
        rotate = f"UPDATE signedin_sessions SET token_hash = {mark}, token_first_used_at = NULL "
        values = [token_hash(TOKENS["rotated"]), IDS["rotated"]]
        connection.execute(f"{rotate} WHERE id = {mark}", values)
    return url


@pytest.fixture
def sessions(old: str, open_sessions: Open) -> Sessions:
    return open_sessions()


def test_nobody_is_logged_out_and_what_was_ended_stays_ended(sessions: Sessions) -> None:
    answers = {name: sessions.check(token, client()) for name, token in TOKENS.items()}

    assert {name for name, answer in answers.items() if answer.session} == {*TOKENS} - {"ended"}
    assert answers["ended"].reason == "terminated"


def test_each_was_where_it_was(sessions: Sessions) -> None:
    found = {s.id: s for s in [*sessions.list("42"), *sessions.history("42")]}

    assert {name: seen(found[session_id]) for name, session_id in IDS.items()} == {
        "at home": ("203.0.113.1", BERLIN, "203.0.113.1", BERLIN),
        "elsewhere": ("203.0.113.1", BERLIN, "203.0.113.2", KASSEL),
        "nowhere now": ("203.0.113.1", BERLIN, None, BERLIN),
        "forgotten": (None, BERLIN, None, KASSEL),
        "ended": (None, KASSEL, "203.0.113.3", KASSEL),
        "rotated": ("203.0.113.4", KASSEL, "203.0.113.4", KASSEL),
    }


def test_everything_else_is_as_it_was(sessions: Sessions, clock: FixedClock) -> None:
    assert {s.name: s.id for s in [*sessions.list("42"), *sessions.history("42")]} == {
        f"my {name}": session_id for name, session_id in IDS.items()
    }
    for session in sessions.list("42"):
        assert session.created_at == session.last_used_at == clock.now()
        is_stepped_up = session.id == IDS["rotated"]
        later = timedelta(microseconds=STEPPED_UP * is_stepped_up)
        assert session.authenticated_at == clock.now() + later
        assert (*session.organizations, *session.methods) == ("acme", "pwd")
        assert session.user_agent == client().user_agent
    (ended,) = sessions.history("42")
    assert ended.ended is not None
    assert ended.ended.note == "lost"
    assert sessions.data.read(IDS["at home"]) == '{"a":1}'


def test_the_same_browser_is_known_again(sessions: Sessions) -> None:
    started = sessions.start("42", client(device=DEVICE), methods=["pwd"])

    assert started.ended == (IDS["at home"],)


def test_a_token_that_was_replaced_ends_its_session_when_it_comes_too_late(
    sessions: Sessions, clock: FixedClock
) -> None:
    assert sessions.check(TOKENS["rotated"], client()).session is not None
    clock.advance(timedelta(hours=1))

    assert sessions.check(TOKENS["former"], client()).session is None
    assert sessions.check(TOKENS["rotated"], client()).reason == "token_reused"


def test_new_sessions_come_after_those_that_were_there(sessions: Sessions, old: str) -> None:
    started: Started = sessions.start("42", client(), methods=["pwd"])

    with shell(old) as connection:
        rows = connection.execute("SELECT id FROM signedin_sessions ORDER BY id").fetchall()
    assert [str(session_id) for (session_id,) in rows] == [*IDS.values(), started.session.id]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_who_could_use_the_old_table_can_use_the_new_ones(old: str, sessions: Sessions) -> None:
    with shell(old) as connection:
        connection.execute("DROP ROLE IF EXISTS old_app; CREATE ROLE old_app")
        connection.execute("GRANT SELECT, UPDATE ON signedin_sessions TO old_app, PUBLIC")

    sessions.list("42")

    with shell(old) as connection:
        for table in ("sessions", "places"):
            for privilege, can in {"SELECT": True, "UPDATE": True, "DELETE": False}.items():
                asked = "SELECT has_table_privilege('old_app', %s, %s)"
                answer = connection.execute(asked, (f"signedin_{table}", privilege)).fetchone()
                assert answer == (can,)
        connection.execute("DROP OWNED BY old_app; DROP ROLE old_app")


def seen(session: Session) -> tuple[str | None, Place, str | None, Place]:
    first, last = session.first_seen_from, session.last_seen_from
    return first.ip_address, first.place, last.ip_address, last.place
