"""What the service needs from the outside: a store and a reader of places.

A store is correct when it keeps `freshness.md`: one durable transaction at a time, a
change list written by the database itself, and connections of its own for freshness.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from signedin.core.deadline import PolicyChange, Version
from signedin.core.event import Event
from signedin.core.place import Place
from signedin.core.session import Client, End, Session


class PlaceReader(Protocol):
    """Says where an address is, as far as is known; never raises."""

    def find(self, address: str | None) -> Place: ...


@dataclass(frozen=True, slots=True)
class FormerToken:
    """What still hangs on a token that was replaced: no more than it had before (I8)."""

    replaced_at: datetime
    grace_ends_at: datetime
    authenticated_at: datetime
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The session behind a token, and how the token stands to it."""

    session: Session
    former: FormerToken | None = None  # the token is not the current one
    first_use_pending: bool = False  # the current one replaced another and was never used


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a session to be written: when and from where, and all of that if it is new."""

    session_id: str
    at: datetime
    address: str | None
    seen: Client | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """What a live session's end depends on, and nothing else of it: cheap to read by the million.

    The fields are those of ``core.session.Session``.
    """

    id: str
    user_id: str | None
    organizations: Mapping[str, datetime]
    generation: int
    created_at: datetime
    authenticated_at: datetime
    last_used_at: datetime
    ends_by: datetime | None


class Reads(Protocol):
    """What can be read in one snapshot of the database."""

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows that a named statement of `queries.sql` answers."""
        ...

    def generation(self) -> int:
        """The counter of the database."""
        ...

    def by_id(self, session_id: str) -> Session | None: ...

    def by_token(self, token_hash: bytes) -> Found | None:
        """The session behind a token, current or former."""
        ...

    def data_of(self, session_id: str) -> str | None:
        """The application's data of a session, as JSON; an ended one has none."""
        ...

    def is_spent(self, cookie_hash: bytes) -> bool:
        """Whether an old cookie was honoured before."""
        ...

    def live_of(self, user_id: str) -> list[Session]: ...

    def live_in_browser(self, user_id: str, device_key: bytes) -> list[Session]: ...

    def ended_of(self, user_id: str) -> list[Session]: ...

    def live_after(self, position: str | None, limit: int) -> tuple[list[Session], str | None]:
        """A stretch of all live sessions, by id, and the id at its end; ``None``: the last one.

        Args:
            position: The id at the end of the stretch before; ``None``: the first one.
        """
        ...

    def live_before(self, position: str | None, limit: int) -> tuple[list[Session], str | None]:
        """The same from the newest on."""
        ...

    def lives_after(self, position: str | None, limit: int) -> tuple[list[Life], str | None]:
        """As ``live_after``, with no more than what their ends depend on."""
        ...

    def lives_that_may_end(
        self,
        position: str | None,
        limit: int,
        *,
        used: datetime,
        authenticated: datetime,
        generation: int,
    ) -> tuple[list[Life], str | None]:
        """Of those, who was last used or authenticated by then, or is of an older generation."""
        ...

    def versions(self, scopes: Collection[str], since: datetime) -> list[Version]:
        """The policies of these scopes as they were at any time after ``since``, oldest first."""
        ...

    def current_versions(self) -> list[Version]:
        """The policies of all scopes as they are now."""
        ...

    def events_after(self, position: int, limit: int) -> list[tuple[int, Event]]:
        """Events and their positions, the oldest first."""
        ...

    def events_before(
        self, position: int, limit: int, user_id: str | None
    ) -> list[tuple[int, Event]]:
        """Everybody's events or one person's, the newest first."""
        ...


@dataclass(frozen=True, slots=True)
class FeedState:
    """How a process hears of changes where a feed tells them."""

    nodes: int  # processes that may answer from memory
    queue_used: float  # which part of the database's room for what is not heard yet
    lease_age: float  # seconds since our heartbeat was sent that it runs from; infinite: no lease
    lag: float  # seconds that the last one took to come back


@dataclass(frozen=True, slots=True)
class Heard:
    """How the other processes learned of a change; nobody is asked where the word tells it."""

    nodes_confirmed: int = 0
    leases_waited_out: int = 0
    pending: bool = False  # until the application's own transaction, which it is part of, commits


class Transaction(Reads, Protocol):
    """One durable write transaction: all of it holds, or none."""

    heard: Heard
    """Once the transaction is over: how others learned of it."""

    def run(self, statement: str, **values: Any) -> int:
        """Run a named statement of `queries.sql`; the number of rows it changed."""
        ...

    def let_all_hear(self) -> None:
        """Wait for the other processes even if nothing is changed.

        Who brought about what is found may have died before it had waited for them.
        """
        ...

    def lock_person(self, user_id: str) -> None:
        """Let no other start or end of this person's sessions run until this one is done."""
        ...

    def scope_generation(self, scope: str) -> int:
        """The counter's value when all of ``scope`` was last ended; 0 if never."""
        ...

    def raise_generation(self, scope: str, *, at: datetime | None) -> None:
        """Raise the counter and store it for ``scope``, so that no login in flight survives.

        ``at`` is when all of its sessions were ended, for ``ended_before``; ``None``: they were
        not.
        """
        ...

    def ended_before(self, scope: str, issued_at: datetime) -> bool:
        """Whether all of ``scope`` was ended since ``issued_at``; or once, nobody knows when."""
        ...

    def spend_cookie(self, cookie_hash: bytes, *, until: datetime) -> bool:
        """Note until ``until`` that an old cookie was honoured; false: it was before."""
        ...

    def unused_token(self, session_id: str, *, since: datetime) -> bytes | None:
        """The hash of a token that replaced another before ``since``, and was never used."""
        ...

    def insert(
        self, session: Session, *, token_hash: bytes, device_key: bytes | None, data: str | None
    ) -> None: ...

    def end(self, session_ids: Collection[str], end: End) -> set[str]:
        """End live sessions, all in the same way; those that this call ended."""
        ...

    def rename(self, session_id: str, name: str | None) -> None: ...

    def set_end(self, session_id: str, *, ends_by: datetime | None, persistent: bool) -> None: ...

    def set_organizations(self, session_id: str, organizations: Mapping[str, datetime]) -> None: ...

    def drop_addresses(self, session_id: str, *, before: datetime) -> None:
        """Forget the addresses that a session was seen from before; the places stay."""
        ...

    def store_policy(self, change: PolicyChange, *, generation: int) -> None:
        """Replace a scope's policy; sessions of an older ``generation`` have ended by it."""
        ...

    def replace_token(
        self, session: Session, *, old: bytes, new: bytes, former: FormerToken
    ) -> None:
        """Store ``session`` as it is after its rotation; what it was is in ``former``."""
        ...

    def note_first_use(self, session_id: str, *, at: datetime, grace: timedelta) -> None: ...

    def record(self, event: Event) -> None: ...

    def record_of_each(self, session_ids: Collection[str], event: Event) -> None:
        """The same of each of these sessions, and of whose it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizons:
    """What is older than this is deleted, by kind."""

    ended: datetime
    visitors: datetime
    former_tokens: datetime
    addresses: datetime  # in ended sessions, by the end, and in events; the place stays
    events: datetime
    spent_cookies: datetime


class Store(Protocol):
    """A database that keeps sessions, and can prove what is fresh."""

    is_remote: bool
    """Whether a read may wait for another machine."""

    def bind(self, forget: Callable[[Collection[str] | None], None]) -> None:
        """Say how changes are applied: forget these sessions, or everything for ``None``."""
        ...

    def is_fresh(self) -> bool:
        """Whether memory may be trusted at this instant; called on every check."""
        ...

    def catch_up(self) -> None:
        """Apply every change that this process has not seen yet."""
        ...

    def looking_up(self) -> AbstractContextManager[Reads]:
        """One snapshot on the connection kept for freshness, for what memory may keep."""
        ...

    def reading(self) -> AbstractContextManager[Reads]:
        """One snapshot for answers that nothing is kept of."""
        ...

    def transaction(self) -> AbstractContextManager[Transaction]:
        """One durable transaction; when the block has been left, all know what it changed.

        Raises:
            StoreUnavailableError: Nothing was changed.
            OutcomeUnknownError: It broke during the commit.
        """
        ...

    def scanning(self) -> AbstractContextManager[Reads]:
        """One snapshot for reads that take seconds, beside everybody else's."""
        ...

    def write_uses(self, uses: Sequence[Use], find_place: Callable[[str | None], Place]) -> None:
        """Move last-used forward on live rows; quick to return, not durable at once."""
        ...

    def data_number(self, session_id: str) -> int | None:
        """The number of the newest change that a session's data may have, zero or more.

        What is held of a live session with the same number is still so. ``None``: nothing held
        may be used, as where memory is not fresh.
        """
        ...

    def read_data(self, session_id: str, *, hold: bool = False) -> tuple[str | None, int | None]:
        """The application's data of a session, as JSON, and the number that it has.

        ``None`` for what may not be held. To ``hold`` it may cost a write, if holding it takes one.
        """
        ...

    def change_data(self, session_id: str, merge: Callable[[str | None], str | None]) -> bool:
        """Replace a live session's data by what ``merge`` makes of it; durable.

        When this returns, nobody uses what was held of it.

        Returns:
            False, and nothing was changed: there is no such session, or it has ended.
        """
        ...

    def purge(self, before: Horizons) -> None:
        """Delete what is kept no longer, and old changes."""
        ...

    def watch(self) -> None:
        """Look for writers that did not announce their change, and repair what they left."""
        ...

    def checkpoint(self) -> None:
        """Move what was written from the log into the database, where an engine needs that."""
        ...

    def feed_state(self) -> FeedState | None:
        """How this process hears of the others; ``None`` where no feed is needed.

        Raises:
            StoreUnavailableError: The database cannot be asked.
        """
        ...

    def forked(self) -> None:
        """Begin anew in a forked child: connections and locks of the parent are not ours."""
        ...

    def close(self) -> None: ...
