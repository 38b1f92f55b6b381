"""What the service does inside one write transaction, as statements; the same on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from signedin.core.event import Event
from signedin.core.session import End, Session
from signedin.service.ports import FormerToken, Found
from signedin.stores.rows import (
    event_values,
    found_by_former_token,
    found_by_token,
    session_from,
    session_values,
    to_json,
    to_number,
)


class Execute(Protocol):
    """Runs one named statement on an open connection: the rows, and how many were changed."""

    def __call__(
        self, statement: str, values: dict[str, Any]
    ) -> tuple[list[tuple[Any, ...]], int]: ...


class SqlTransaction:
    """The statements of one transaction; the engine's store begins and ends it."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    def run(self, statement: str, **values: Any) -> int:
        return self._execute(statement, values)[1]

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        return self._execute(statement, values)[0]

    def lock_person(self, user_id: str) -> None:
        """SQLite has one writer at a time: whoever is here holds the lock on everybody."""

    def generation(self) -> int:
        return int(self.rows("generation")[0][0])

    def scope_generation(self, scope: str) -> int:
        rows = self.rows("scope_generation", scope=scope)
        return int(rows[0][0]) if rows else 0

    def raise_generation(self, scope: str) -> None:
        self.run("raise_generation")
        self.run("store_scope_generation", scope=scope)

    def by_id(self, session_id: str) -> Session | None:
        rows = self.rows("session_by_id", id=session_id)
        return session_from(rows[0]) if rows else None

    def by_token(self, token_hash: bytes) -> Found | None:
        return find_by_token(self._execute, token_hash)

    def live_of(self, user_id: str) -> list[Session]:
        return sessions_from(self.rows("live_of_person", user_id=user_id))

    def live_in_browser(self, user_id: str, device_key: bytes) -> list[Session]:
        rows = self.rows("live_in_browser", user_id=user_id, device_key=device_key)
        return sessions_from(rows)

    def insert(
        self, session: Session, *, token_hash: bytes, device_key: bytes | None, data: str | None
    ) -> None:
        values = session_values(session, token_hash=token_hash, device_key=device_key, data=data)
        self.run(
            "insert_client",
            user_agent=values["user_agent"],
            client_hints=values["client_hints"],
        )
        self.run("insert_session", **values)

    def data_of(self, session_id: str) -> str | None:
        rows = self.rows("data_of_session", id=session_id)
        return rows[0][0] if rows else None

    def end(self, session_id: str, end: End) -> bool:
        changed = self.run(
            "end_session",
            id=session_id,
            at=to_number(end.at),
            reason=end.reason.value,
            by_kind=end.by.kind.value,
            by_id=end.by.id,
        )
        return changed == 1

    def rename(self, session_id: str, name: str | None) -> None:
        self.run("rename_session", id=session_id, name=name)

    def replace_token(
        self,
        session: Session,
        *,
        old: bytes,
        new: bytes,
        former: FormerToken,
    ) -> None:
        self.run(
            "insert_former_token",
            token_hash=old,
            session_id=session.id,
            replaced_at=to_number(former.replaced_at),
            grace_ends_at=to_number(former.grace_ends_at),
            authenticated_at=to_number(former.authenticated_at),
            methods=to_json(former.methods),
        )
        self.run(
            "replace_token",
            id=session.id,
            old=old,
            new=new,
            methods=to_json(session.methods),
            now=to_number(session.authenticated_at),
            ends_by=None if session.ends_by is None else to_number(session.ends_by),
        )

    def note_first_use(self, session_id: str, *, at: datetime, grace: timedelta) -> None:
        if self.run("note_first_use", id=session_id, at=to_number(at)):
            self.run("shorten_grace", id=session_id, grace_ends_at=to_number(at + grace))

    def record(self, event: Event) -> None:
        self.run("insert_event", **event_values(event))


def find_by_token(execute: Execute, token_hash: bytes) -> Found | None:
    """The session behind a token, current or former."""
    rows, _ = execute("session_by_token", {"token_hash": token_hash})
    if rows:
        return found_by_token(rows[0])
    rows, _ = execute("session_by_former_token", {"token_hash": token_hash})
    return found_by_former_token(rows[0]) if rows else None


def sessions_from(rows: Sequence[Sequence[Any]]) -> list[Session]:
    """Sessions from the rows of any statement that answers them."""
    return [session_from(row) for row in rows]
