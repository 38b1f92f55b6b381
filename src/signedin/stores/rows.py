"""Sessions as rows and rows as sessions. Times in rows are microseconds since 1970 UTC."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from signedin.core.event import Event, EventKind
from signedin.core.permission import Actor, ActorKind
from signedin.core.place import Place, from_dict, to_dict
from signedin.core.session import End, EndedReason, Session, Sighting
from signedin.service.ports import FormerToken, Found, Life

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NO_ORGANIZATIONS = "{}"
_NOTHING: Mapping[str, datetime] = {}
_REMEMBERED = 4096  # different texts of a kind
SESSION_WIDTH = 22  # columns of a session in every statement that answers one


def to_number(at: datetime) -> int:
    """A time as it stands in a row."""
    return (at - _EPOCH) // _MICROSECOND


def to_time(number: int) -> datetime:
    """A row's number as a time."""
    return _EPOCH + timedelta(microseconds=number)


def to_json(value: Mapping[str, Any] | Sequence[str]) -> str:
    """JSON in one form only, so that equal things are equal text."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def session_from(row: Sequence[Any]) -> Session:
    """A session from the columns that every session statement begins with."""
    ended = None
    if row[17] is not None:
        by = Actor(ActorKind(row[19]), row[20])
        ended = End(to_time(row[17]), EndedReason(row[18]), by, row[21])
    created_at = to_time(row[4])
    first_seen_from = Sighting(row[12], _place_from(row[13]))
    last_address = row[14] or None
    is_elsewhere = (last_address, row[15]) != (row[12], row[13])
    return Session(
        id=row[0],
        user_id=row[1],
        organizations=organizations_from(row[2]),
        generation=row[3],
        created_at=created_at,
        authenticated_at=created_at if row[5] == row[4] else to_time(row[5]),
        last_used_at=to_time(row[6]),
        persistent=bool(row[7]),
        ends_by=None if row[8] is None else to_time(row[8]),
        methods=_methods_from(row[9]),
        user_agent=_once(row[10]),
        client_hints=_hints_from(row[11]),
        first_seen_from=first_seen_from,
        last_seen_from=Sighting(last_address, _place_from(row[15]))
        if is_elsewhere
        else first_seen_from,
        name=row[16],
        ended=ended,
    )


def found_by_token(row: Sequence[Any]) -> Found:
    """What stands behind a current token."""
    return Found(session_from(row), first_use_pending=row[SESSION_WIDTH] is None)


def found_by_former_token(row: Sequence[Any]) -> Found:
    """What stands behind a token that was replaced."""
    replaced_at, grace_ends_at, authenticated_at, methods = row[SESSION_WIDTH:]
    former = FormerToken(
        to_time(replaced_at),
        to_time(grace_ends_at),
        to_time(authenticated_at),
        _methods_from(methods),
    )
    return Found(session_from(row), former)


def session_values(
    session: Session, *, token_hash: bytes, device_key: bytes | None, data: str | None
) -> dict[str, Any]:
    """The values of a new row."""
    return {
        "id": session.id,
        "token_hash": token_hash,
        "generation": session.generation,
        "user_id": session.user_id,
        "organizations": organizations_text(session.organizations),
        "device_key": None if device_key is None else browser_key(device_key),
        "created_at": to_number(session.created_at),
        "authenticated_at": to_number(session.authenticated_at),
        "last_used_at": to_number(session.last_used_at),
        "persistent": session.persistent,
        "ends_by": None if session.ends_by is None else to_number(session.ends_by),
        "methods": to_json(session.methods),
        "user_agent": session.user_agent,
        "client_hints": to_json(session.client_hints),
        "first_address": session.first_seen_from.ip_address,
        "first_place": to_json(to_dict(session.first_seen_from.place)),
        "last_address": session.last_seen_from.ip_address,
        "last_place": to_json(to_dict(session.last_seen_from.place)),
        "name": session.name,
        "data": data,
    }


# What many sessions have in common is one object: most of what a held session would weigh.


@lru_cache(_REMEMBERED)
def _once(text: str) -> str:
    return text


@lru_cache(_REMEMBERED)
def _place_from(text: str) -> Place:
    return from_dict(json.loads(text))


@lru_cache(_REMEMBERED)
def _hints_from(text: str) -> Mapping[str, str]:
    hints: Mapping[str, str] = json.loads(text)
    return hints


@lru_cache(_REMEMBERED)
def _methods_from(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def organizations_from(text: str) -> Mapping[str, datetime]:
    """Each organization of a session, and since when it is one."""
    if text == _NO_ORGANIZATIONS:
        return _NOTHING
    return {name: to_time(since) for name, since in json.loads(text).items()}


def organizations_text(organizations: Mapping[str, datetime]) -> str:
    """The same as it stands in a row."""
    return to_json({name: to_number(since) for name, since in organizations.items()})


def browser_key(device_key: bytes) -> bytes:
    """What a row keeps of it: 16 bytes tell one browser from another as well as 32."""
    return device_key[:16]


def life_from(row: Sequence[Any]) -> Life:
    """What a session's end depends on, from the columns of ``lives_after``."""
    return Life(
        id=row[0],
        user_id=row[1],
        organizations=organizations_from(row[2]),
        generation=row[3],
        created_at=to_time(row[4]),
        authenticated_at=to_time(row[5]),
        last_used_at=to_time(row[6]),
        ends_by=None if row[7] is None else to_time(row[7]),
    )


def event_from(row: Sequence[Any]) -> tuple[int, Event]:
    """An event and its position in the log."""
    address, details = row[7], json.loads(row[8])
    return row[0], Event(
        at=to_time(row[1]),
        kind=EventKind(row[2]),
        user_id=row[3],
        session_id=row[4],
        actor=Actor(ActorKind(row[5]), row[6]),
        details=details if address is None else details | {"address": address},
    )


def event_values(event: Event) -> dict[str, Any]:
    """The values of an event's row."""
    return {
        "at": to_number(event.at),
        "kind": event.kind.value,
        "user_id": event.user_id,
        "session_id": event.session_id,
        "actor_kind": event.actor.kind.value,
        "actor_id": event.actor.id,
        "address": event.details.get("address"),
        "details": to_json({n: v for n, v in event.details.items() if n != "address"}),
    }
