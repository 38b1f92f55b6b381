"""Databases full of sessions as the product writes them, for measurements that depend on size.

Tokens, ids and places follow from a session's number, so that any of them can be asked for
without a list of all.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg

from signedin.core.permission import Actor
from signedin.core.session import Client, Session
from signedin.core.token import (
    ID_ENTROPY,
    TOKEN_ENTROPY,
    SessionToken,
    new_session_id,
    new_token,
    token_hash,
)
from signedin.stores.rows import organizations_text, session_values, to_json, to_number
from signedin.stores.sqlite.connections import QUERIES
from signedin.wiring import Sessions, is_postgres
from tests.clients import client

OF_ONE_PERSON, ONE_IN = 3, 10  # sessions; people in the organization
ORGANIZATION = "acme"
AGES = timedelta(days=10)  # the last uses are spread over so long
AGENTS, PLACES = 1_000, 1_000  # different ones
OPERATOR = Actor.admin("benchmark")
_CACHE_KIB = 2_000_000  # of SQLite, while it fills


def fill(sessions: Sessions, url: str, size: int) -> None:
    """Add so many live sessions, the oldest first as they would come."""
    template = sessions.start("0", client(), methods=["pwd"]).session
    sessions.terminate(template.id, user_id="0", by=OPERATOR)
    (_into_postgres if is_postgres(url) else _into_sqlite)(url, template, size)


def token_of(number: int) -> SessionToken:
    return new_token(_random("token", number)[:TOKEN_ENTROPY])


def person_of(number: int) -> str:
    return str(number // OF_ONE_PERSON)


def client_of(number: int) -> Client:
    """What asks for a session, as it was when the session was last used."""
    return Client(_address(_random("session", number)), agent(number))


def told(what: str, size: int) -> Iterator[int]:
    """The numbers below ``size``, with the progress on stderr."""
    step = max(1, size // 10)
    for number in range(size):
        if number % step == 0:
            tell(f"{what}: {100 * number // size} %")
        yield number


def tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _random(what: str, number: int) -> bytes:
    return sha256(f"{what} {number}".encode()).digest()


def _rows(kind: str, template: Session, size: int) -> Iterator[dict[str, Any]]:
    values = session_values(template, token_hash=b"", device_key=None, data=None)
    member = {ORGANIZATION: template.created_at - 2 * AGES}
    organizations = organizations_text({}), organizations_text(member)
    places = [place(number) for number in range(PLACES)]
    agents = [agent(number) for number in range(AGENTS)]

    def used(number: int) -> datetime:
        return template.last_used_at - AGES * ((size - 1 - number) / size)

    for number in told(f"{kind}: filling {size:,}", size):
        at, person = used(number), number // OF_ONE_PERSON
        began = at - timedelta(days=1)
        entropy = _random("session", number)
        address = _address(entropy)
        where = places[int.from_bytes(entropy[3:5]) % PLACES]
        yield values | {
            "id": new_session_id(began, entropy[:ID_ENTROPY]),
            "token_hash": token_hash(token_of(number)),
            "device_key": _random("device", number),
            "user_id": str(person),
            "organizations": organizations[person % ONE_IN == 0],
            "created_at": to_number(began),
            "authenticated_at": to_number(began),
            "last_used_at": to_number(at),
            "user_agent": agents[number % AGENTS],
            "first_address": address,
            "last_address": address,
            "first_place": where,
            "last_place": where,
        }


def _address(entropy: bytes) -> str:
    return f"198.{18 + entropy[0] % 2}.{entropy[1]}.{entropy[2]}"


def agent(number: int) -> str:
    return client().user_agent.replace("141.0.0.0", f"{number % AGENTS}.0.0.0")


def place(number: int) -> str:
    """As it stands in a row."""
    return to_json({"city": f"Musterstadt {number:03}", "country_code": "DE", "region": "Hessen"})


def _into_sqlite(url: str, template: Session, size: int) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        hints = to_json(template.client_hints)
        for number in range(AGENTS):
            values = {"user_agent": agent(number), "client_hints": hints}
            connection.execute(QUERIES["insert_client"], values)
        connection.executemany(QUERIES["insert_session"], _rows("SQLite", template, size))


# Its columns, and where the value of each is found; each token was used as soon as it was there.
_COLUMNS = {
    name: name
    for name in (
        *("id", "token_hash", "generation", "user_id", "organizations", "device_key"),
        *("created_at", "authenticated_at", "last_used_at", "persistent", "ends_by", "methods"),
        *("first_address", "first_place", "last_address", "last_place", "name", "data"),
    )
} | {"token_first_used_at": "created_at"}


def _into_postgres(url: str, template: Session, size: int) -> None:
    """By COPY; the triggers for single rows look for what cannot be here and are left out."""
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE signedin_sessions DISABLE TRIGGER USER")
        connection.execute("SET LOCAL synchronous_commit = off")
        hints, clients = to_json(template.client_hints), {}
        for number in range(AGENTS):
            ((clients[agent(number)],),) = (
                connection.execute(
                    "INSERT INTO signedin_clients (user_agent, client_hints) VALUES (%s, %s)"
                    " ON CONFLICT DO NOTHING RETURNING seq",
                    (agent(number), hints),
                ).fetchall()
                or connection.execute(
                    "SELECT seq FROM signedin_clients WHERE user_agent = %s", (agent(number),)
                ).fetchall()
            )
        columns = ", ".join([*_COLUMNS, "client_seq"])
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY signedin_sessions ({columns}) FROM STDIN") as copy,
        ):
            for row in _rows("PostgreSQL", template, size):
                copy.write_row([*map(row.get, _COLUMNS.values()), clients[row["user_agent"]]])
        for (name,) in connection.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'signedin_sessions'::regclass"
            " AND NOT tgisinternal"
        ).fetchall():
            connection.execute(f"ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER {name}")
