"""What the service does inside one write transaction, as statements; the same on every engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from signedin.core.deadline import PolicyChange
from signedin.core.event import Event
from signedin.core.session import End, Session
from signedin.service.ports import FormerToken, Heard
from signedin.stores.policy_rows import insert_values
from signedin.stores.reads import SqlReads
from signedin.stores.rows import (
    event_values,
    organizations_text,
    session_values,
    to_json,
    to_number,
)


class SqlTransaction(SqlReads):
    """The statements of one transaction; the engine's store begins and ends it."""

    heard = Heard()
    all_must_hear = False
    data_mark: int | None = None
    """What stands in a session whose data was changed until all nodes have heard; PostgreSQL's."""

    def run(self, statement: str, **values: Any) -> int:
        return self._execute(statement, values)[1]

    def let_all_hear(self) -> None:
        self.all_must_hear = True

    def lock_person(self, user_id: str) -> None:
        """There is one writer at a time: whoever is here holds the lock on everybody."""

    def scope_generation(self, scope: str) -> int:
        rows = self.rows("scope_generation", scope=scope)
        return int(rows[0][0]) if rows else 0

    def raise_generation(self, scope: str, *, at: datetime | None) -> None:
        self.run("raise_generation")
        at_number = None if at is None else to_number(at)
        self.run("store_scope_generation", scope=scope, at=at_number)

    def ended_before(self, scope: str, issued_at: datetime) -> bool:
        rows = self.rows("scope_ended_at", scope=scope)
        return bool(rows) and (rows[0][0] is None or to_number(issued_at) <= rows[0][0])

    def spend_cookie(self, cookie_hash: bytes, *, until: datetime) -> bool:
        return self.run("spend_cookie", cookie_hash=cookie_hash, kept_until=to_number(until)) == 1

    def unused_token(self, session_id: str, *, since: datetime) -> bytes | None:
        rows = self.rows("unused_token", id=session_id, since=to_number(since))
        return bytes(rows[0][0]) if rows else None

    def insert(
        self, session: Session, *, token_hash: bytes, device_key: bytes | None, data: str | None
    ) -> None:
        values = session_values(session, token_hash=token_hash, device_key=device_key, data=data)
        self.run(
            "insert_client",
            user_agent=values["user_agent"],
            client_hints=values["client_hints"],
        )
        for place in dict.fromkeys([values["first_place"], values["last_place"]]):
            self.run("insert_place", place=place)
        self.run("insert_session", **values)

    def change_data(self, session_id: str, merge: Callable[[str | None], str | None]) -> bool:
        """Replace a live session's data; false: there is none."""
        rows = self.rows("live_data", id=session_id)
        if not rows:
            return False
        ((self.data_mark,),) = self.rows("write_data", id=session_id, data=merge(rows[0][0]))
        return True

    def end(self, session_ids: Collection[str], end: End) -> set[str]:
        rows = self.rows(
            "end_sessions",
            list=to_json([*session_ids]),
            at=to_number(end.at),
            reason=end.reason.value,
            by_kind=end.by.kind.value,
            by_id=end.by.id,
            note=end.note,
        )
        return {session_id for (session_id,) in rows}

    def rename(self, session_id: str, name: str | None) -> None:
        self.run("rename_session", id=session_id, name=name)

    def set_end(self, session_id: str, *, ends_by: datetime | None, persistent: bool) -> None:
        self.run(
            "set_end",
            id=session_id,
            ends_by=None if ends_by is None else to_number(ends_by),
            persistent=persistent,
        )

    def set_organizations(self, session_id: str, organizations: Mapping[str, datetime]) -> None:
        text = organizations_text(organizations)
        self.run("set_organizations", id=session_id, organizations=text)

    def drop_addresses(self, session_id: str, *, before: datetime) -> None:
        self.run("drop_addresses", id=session_id, before=to_number(before))

    def store_policy(self, change: PolicyChange, *, generation: int) -> None:
        self.run("replace_policy", scope=change.scope, at=to_number(change.at))
        self.run("insert_policy", **insert_values(change, generation=generation))

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
            id=session.id,
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
            authenticated_at=to_number(session.authenticated_at),
            now=to_number(former.replaced_at),
            ends_by=None if session.ends_by is None else to_number(session.ends_by),
        )

    def note_first_use(self, session_id: str, *, at: datetime, grace: timedelta) -> None:
        if self.run("note_first_use", id=session_id):
            self.run("shorten_grace", id=session_id, grace_ends_at=to_number(at + grace))

    def record(self, event: Event) -> None:
        self.run("insert_event", **event_values(event))

    def record_of_each(self, session_ids: Collection[str], event: Event) -> None:
        self.run("insert_event_of_each", **event_values(event), list=to_json([*session_ids]))
