"""Databases full of sessions as the product writes them, for measurements that depend on size.

Every so many sessions there is one that can be asked for: its token follows from its number.
Those in between are made of it by the database itself, which is much quicker; they have the same
lengths, and ids, tokens, people and times of their own.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from itertools import islice
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
from signedin.stores.postgres.connections import QUERIES as POSTGRES
from signedin.stores.rows import browser_key, organizations_text, session_values, to_json, to_number
from signedin.stores.sqlite.connections import QUERIES
from signedin.wiring import Sessions, is_postgres
from tests.clients import client

OF_ONE_PERSON, ONE_IN = 3, 10  # sessions; people in the organization
ORGANIZATION = "acme"
AGES = timedelta(days=10)  # the last uses are spread over so long
AGENTS, PLACES = 1_000, 1_000  # different ones
MOVED = 4  # one session in so many was last used somewhere else than first
OPERATOR = Actor.admin("benchmark")
KNOWN = 20_000  # sessions that can be asked for, at most about twice as many
_CHUNK = 20  # of them are written before those in between
_CACHE_KIB = 2_000_000  # of SQLite, while it fills


def fill(sessions: Sessions, url: str, size: int) -> None:
    """Add so many live sessions, the oldest first as they would come."""
    template = sessions.start("0", client(), methods=["pwd"]).session
    sessions.terminate(template.id, user_id="0", by=OPERATOR)
    into = _into_postgres if is_postgres(url) else _into_sqlite
    into(url, to_json(template.client_hints), _chunks(template, size), size)


def every(size: int) -> int:
    """The number of a session that can be asked for is a multiple of this."""
    return max(1, size // KNOWN)


def token_of(number: int) -> SessionToken:
    return new_token(_random("token", number)[:TOKEN_ENTROPY])


def person_of(number: int) -> str:
    return str(number // OF_ONE_PERSON)


def client_of(number: int) -> Client:
    """What asks for a session, as it was when the session was last used."""
    return Client(_last_address(number), agent(number))


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


def _chunks(template: Session, size: int) -> Iterator[list[dict[str, Any]]]:
    """The rows of those that can be asked for, with their numbers, some at a time."""
    rows = _rows(template, size)
    for _ in told(f"filling {size:,}", -(-size // every(size) // _CHUNK)):
        yield list(islice(rows, _CHUNK))


def _rows(template: Session, size: int) -> Iterator[dict[str, Any]]:
    values = session_values(template, token_hash=b"", device_key=None, data=None)
    member = {ORGANIZATION: template.created_at - 2 * AGES}
    organizations = organizations_text({}), organizations_text(member)
    for number in range(0, size, every(size)):
        at = template.last_used_at - AGES + (number + 1) * _step(size)
        began, person = at - timedelta(days=1), number // OF_ONE_PERSON
        entropy = _random("session", number)
        where = place(int.from_bytes(entropy[3:5]) % PLACES)
        yield values | {
            "number": number,
            "id": new_session_id(began, entropy[:ID_ENTROPY]),
            "token_hash": token_hash(token_of(number)),
            "device_key": browser_key(_random("device", number)),
            "user_id": str(person),
            "organizations": organizations[person % ONE_IN == 0],
            "created_at": to_number(began),
            "authenticated_at": to_number(began),
            "last_used_at": to_number(at),
            "user_agent": agent(number),
            "first_address": _address(entropy),
            "last_address": _last_address(number),
            "first_place": where,
            "last_place": place(entropy[5]) if _has_moved(number) else where,
        }


def _step(size: int) -> timedelta:
    return AGES / size


def _has_moved(number: int) -> bool:
    return _random("moved", number)[0] % MOVED == 0


def _last_address(number: int) -> str:
    return _address(_random("elsewhere" if _has_moved(number) else "session", number))


def _address(entropy: bytes) -> str:
    return f"198.{18 + entropy[0] % 2}.{entropy[1]}.{entropy[2]}"


def agent(number: int) -> str:
    version = number // 7 % AGENTS
    return client().user_agent.replace("141.0.0.0", f"{version}.0.0.0")


def _agents() -> Iterator[str]:
    return map(agent, range(0, 7 * AGENTS, 7))


def _places() -> list[dict[str, str]]:
    return [{"place": place(number)} for number in range(PLACES)]


def place(number: int) -> str:
    """As it stands in a row."""
    return to_json({"city": f"Musterstadt {number:03}", "country_code": "DE", "region": "Hessen"})


# Of each session of a chunk those that follow it until the next one.
_IN_BETWEEN = """
INSERT INTO signedin_sessions (
    id, token_hash, device_key, user_id,
    token_used, created_at, {authenticated_at}, last_used_at,
    generation, organizations, persistent, ends_by, methods, client_seq,
    first_address, first_place_seq, last_address, last_place_seq, name, data
)
SELECT
    {id}, {bytes}, substr({bytes}, 1, 16),
    CAST((:number + place * :every + k) / :of_one_person AS text),
    token_used, created_at + k * :step, {authenticated_at} + k * :step,
    last_used_at + k * :step,
    generation, organizations, persistent, ends_by, methods, client_seq,
    first_address, first_place_seq, last_address, last_place_seq, name, data
FROM (
    SELECT s.*, row_number() OVER (ORDER BY s.id) - 1 AS place
    FROM signedin_sessions s WHERE s.id BETWEEN :first AND :last
) AS chunk, {numbers}
ORDER BY place, k
"""
_MILLISECONDS = "((created_at + k * :step) / 1000)"
_SQLITE = _IN_BETWEEN.format(
    id=f"printf('%08x-%04x-7', {_MILLISECONDS} >> 16, {_MILLISECONDS} & 65535)"
    " || substr(lower(hex(randomblob(2))), 2) || '-8' || substr(lower(hex(randomblob(2))), 2)"
    " || '-' || lower(hex(randomblob(6)))",
    bytes="randomblob(32)",
    authenticated_at="authenticated_at",
    numbers="(WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k + 1 < :every)"
    " SELECT k FROM n)",
)
_POSTGRES = re.sub(
    r"(?<!:):([a-z_]+)",
    r"%(\1)s",
    _IN_BETWEEN.format(
        id=f"CAST(lpad(to_hex({_MILLISECONDS} >> 16), 8, '0') || '-'"
        f" || lpad(to_hex({_MILLISECONDS} & 65535), 4, '0')"
        " || '-7' || substr(gen_random_uuid()::text, 16) AS uuid)",
        authenticated_at="reauthenticated_at",
        bytes="uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())",
        numbers="generate_series(1, CAST(:every AS bigint) - 1) AS n (k)",
    ),
)


def _in_between(chunk: list[dict[str, Any]], size: int) -> dict[str, Any]:
    """The values for a chunk, whose ids come one after the other."""
    return {
        "number": chunk[0]["number"],
        "first": chunk[0]["id"],
        "last": chunk[-1]["id"],
        "every": every(size),
        "of_one_person": OF_ONE_PERSON,
        "step": _step(size) // timedelta(microseconds=1),
    }


def _into_sqlite(url: str, hints: str, chunks: Iterable[list[dict[str, Any]]], size: int) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.executemany(QUERIES["insert_place"], _places())
        for text in _agents():
            values = {"user_agent": text, "client_hints": hints}
            connection.execute(QUERIES["insert_client"], values)
        for chunk in chunks:
            connection.executemany(QUERIES["insert_session"], chunk)
            if every(size) > 1:
                connection.execute(_SQLITE, _in_between(chunk, size))


def _into_postgres(url: str, hints: str, chunks: Iterable[list[dict[str, Any]]], size: int) -> None:
    """Without the triggers for single rows, which look for what cannot be here."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("ALTER TABLE signedin_sessions DISABLE TRIGGER USER")
        values = [{"user_agent": text, "client_hints": hints} for text in _agents()]
        cursor.executemany(POSTGRES["insert_client"], values)
        cursor.executemany(POSTGRES["insert_place"], _places())
        for chunk in chunks:
            cursor.executemany(POSTGRES["insert_session"], chunk)
            if every(size) > 1:
                cursor.execute(_POSTGRES.encode(), _in_between(chunk, size))
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'signedin_sessions'::regclass"
            " AND NOT tgisinternal"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER {name}".encode())
