"""What the service reads, as statements; the same on every engine, in one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from signedin.core.deadline import Version
from signedin.core.event import Event
from signedin.core.session import Session
from signedin.service.ports import Found, Life
from signedin.stores.policy_rows import versions_from
from signedin.stores.rows import (
    browser_key,
    event_from,
    found_by_former_token,
    found_by_token,
    life_from,
    session_from,
    to_json,
    to_number,
)

# The ids that there can be come between these two (RFC 9562).
_BEFORE_ALL, _BEHIND_ALL = str(UUID(int=0)), str(UUID(int=2**128 - 1))


class Execute(Protocol):
    """Runs one named statement on an open connection: the rows, and how many were changed."""

    def __call__(
        self, statement: str, values: dict[str, Any]
    ) -> tuple[list[tuple[Any, ...]], int]: ...


class SqlReads:
    """The statements that only read; the engine's store begins and ends their snapshot."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        return self._execute(statement, values)[0]

    def generation(self) -> int:
        return int(self.rows("generation")[0][0])

    def by_id(self, session_id: str) -> Session | None:
        return _first(self.rows("session_by_id", id=session_id))

    def by_token(self, token_hash: bytes) -> Found | None:
        rows = self.rows("session_by_token", token_hash=token_hash)
        if rows:
            return found_by_token(rows[0])
        rows = self.rows("session_by_former_token", token_hash=token_hash)
        return found_by_former_token(rows[0]) if rows else None

    def data_of(self, session_id: str) -> str | None:
        rows = self.rows("data_of_session", id=session_id)
        return rows[0][0] if rows else None

    def is_spent(self, cookie_hash: bytes) -> bool:
        return bool(self.rows("spent_cookie", cookie_hash=cookie_hash))

    def live_of(self, user_id: str) -> list[Session]:
        return _sessions(self.rows("live_of_person", user_id=user_id))

    def live_in_browser(self, user_id: str, device_key: bytes) -> list[Session]:
        key = browser_key(device_key)
        return _sessions(self.rows("live_in_browser", user_id=user_id, device_key=key))

    def ended_of(self, user_id: str) -> list[Session]:
        return _sessions(self.rows("ended_of_person", user_id=user_id))

    def live_after(self, position: str | None, limit: int) -> tuple[list[Session], str | None]:
        rows = self.rows("live_after", position=position or _BEFORE_ALL, limit=limit)
        return _sessions(rows), _last(rows, limit)

    def live_before(self, position: str | None, limit: int) -> tuple[list[Session], str | None]:
        rows = self.rows("live_before", position=position or _BEHIND_ALL, limit=limit)
        return _sessions(rows), _last(rows, limit)

    def lives_after(self, position: str | None, limit: int) -> tuple[list[Life], str | None]:
        rows = self.rows("lives_after", position=position or _BEFORE_ALL, limit=limit)
        return [life_from(row) for row in rows], _last(rows, limit)

    def lives_that_may_end(
        self,
        position: str | None,
        limit: int,
        *,
        used: datetime,
        authenticated: datetime,
        generation: int,
    ) -> tuple[list[Life], str | None]:
        rows = self.rows(
            "lives_that_may_end",
            position=position or _BEFORE_ALL,
            limit=limit,
            used=to_number(used),
            authenticated=to_number(authenticated),
            generation=generation,
        )
        return [life_from(row) for row in rows], _last(rows, limit)

    def versions(self, scopes: Collection[str], since: datetime) -> list[Version]:
        values = {"list": to_json([*scopes]), "since": to_number(since)}
        return versions_from(self.rows("policies_of_scopes", **values))

    def current_versions(self) -> list[Version]:
        return versions_from(self.rows("all_current_policies"))

    def events_after(self, position: int, limit: int) -> list[tuple[int, Event]]:
        return [event_from(r) for r in self.rows("events_after", position=position, limit=limit)]

    def events_before(
        self, position: int, limit: int, user_id: str | None
    ) -> list[tuple[int, Event]]:
        if user_id is None:
            rows = self.rows("events_before", position=position, limit=limit)
        else:
            rows = self.rows(
                "events_of_person_before", position=position, limit=limit, user_id=user_id
            )
        return [event_from(row) for row in rows]


def _sessions(rows: Sequence[Sequence[Any]]) -> list[Session]:
    return [session_from(row) for row in rows]


def _last(rows: Sequence[Sequence[Any]], limit: int) -> str | None:
    """Where the next stretch begins, if there may be one."""
    return rows[-1][0] if len(rows) == limit else None


def _first(rows: Sequence[Sequence[Any]]) -> Session | None:
    return session_from(rows[0]) if rows else None
