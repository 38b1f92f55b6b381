"""Taking over the sessions of what an application used before, so that nobody is logged out.

An old credential opens its session once more: the answer carries a token of ours, and the old
one is a former token, with its short grace (I8). What was taken over once is spent, whatever
becomes of the session; a signed cookie, of which nobody has a list, when it is first seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from signedin.core.errors import CapReachedError, InvalidUserIdError
from signedin.core.event import Event, EventKind
from signedin.core.permission import Actor
from signedin.core.place import Place
from signedin.core.policy import scopes_of
from signedin.core.session import USER_AGENT_LENGTH, Client, Session, Sighting, Started
from signedin.core.token import ID_ENTROPY, SessionToken, new_session_id, old_hash
from signedin.core.user_id import check_user_id
from signedin.service.check import GRACE
from signedin.service.clock import Clock
from signedin.service.ports import Found, Store, Transaction
from signedin.service.start import bounded, start
from signedin.service.work import Work

SPENT_KEPT = timedelta(days=400)  # no old session lives longer, however long the window is made
AT_ONCE = 100  # sessions a transaction; larger ones keep a terminate waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class OldSession:
    """A session of the former mechanism, as far as it told.

    ``credential`` is what its browser sends. ``used_at`` is when it was issued or last used,
    and counts as its beginning, since no more is known.
    """

    credential: bytes
    user_id: str | None
    used_at: datetime
    ends_by: datetime | None = None
    persistent: bool = True
    data: str | None = None
    user_agent: str = ""
    ip_address: str | None = None

    def __repr__(self) -> str:
        return f"OldSession(user_id={self.user_id!r}, credential=hidden)"


@dataclass(frozen=True, slots=True)
class Adopted:
    """The session that an old credential opens, and its token if it was given one just now."""

    session: Session
    token: SessionToken | None
    device_token: SessionToken | None = None


class Adoption:
    """Takes over old sessions."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        find_place: Callable[[str | None], Place],
        work: Callable[[], Work],
    ) -> None:
        self._store = store
        self._clock = clock
        self._find_place = find_place
        self._work = work

    def take_over(self, olds: Iterable[OldSession]) -> int:
        """Let sessions that a database knew appear in the lists at once.

        Returns:
            How many there were; what was taken over before is left as it is, and so is what was
            issued before all of the person's sessions were ended.
        """
        taken, batch = 0, []
        for old in olds:
            batch.append(old)
            if len(batch) == AT_ONCE:
                taken += self._take_over(batch)
                batch = []
        return taken + self._take_over(batch)

    def redeem(self, credential: bytes) -> Adopted | None:
        """The session that an old credential of a database opens; ``None``: it opens nothing.

        Raises:
            StoreUnavailableError: It is not known.
        """
        opened_by = old_hash(credential)
        with self._store.reading() as reads:
            if reads.by_token(opened_by) is None:
                return None
        with self._work() as work:
            return self._redeem(work, opened_by)

    def honour(self, old: OldSession, client: Client, *, until: datetime) -> Adopted | None:
        """Start the session that an old signed cookie stands for, the first time it is seen.

        Args:
            old: What the cookie says; its signature was checked.
            until: When old cookies are honoured no longer.

        Returns:
            ``None``: it was honoured before, all of the person's sessions were ended since it
            was issued, there is no room for another, or nobody can have that
            user id.

        Raises:
            StoreUnavailableError: It is not known.
        """
        opened_by = old_hash(old.credential)
        with self._store.reading() as reads:  # so that a spent one costs no write
            is_known = reads.by_token(opened_by) is not None
            if self._clock.now() >= until or (not is_known and reads.is_spent(opened_by)):
                return None
        try:
            with self._work() as work:
                if work.transaction.by_token(opened_by) is not None:
                    return self._redeem(work, opened_by)
                if not self._spend(work, old, until) or _ended_since(work, old):
                    return None
                started = self._start(work, old, client, opened_by)
                return self._exchange(work, started.session, opened_by, started)
        except (CapReachedError, InvalidUserIdError):
            return None  # and nothing was changed

    def _take_over(self, olds: list[OldSession]) -> int:
        with self._work() as work:
            until = self._clock.now()
            new = [old for old in olds if self._spend(work, old, until)]
            live = [old for old in new if not _ended_since(work, old)]
            for old in live:
                self._insert(work.transaction, old)
        return len(live)

    def _spend(self, work: Work, old: OldSession, until: datetime) -> bool:
        kept_until = max(until, self._clock.now() + SPENT_KEPT)
        return work.transaction.spend_cookie(old_hash(old.credential), until=kept_until)

    def _insert(self, transaction: Transaction, old: OldSession) -> None:
        if old.user_id is not None:
            check_user_id(old.user_id)
        seen = Sighting(old.ip_address, self._find_place(old.ip_address))
        session = Session(
            id=new_session_id(self._clock.now(), self._clock.entropy(ID_ENTROPY)),
            user_id=old.user_id,
            organizations={},
            generation=transaction.generation(),
            created_at=old.used_at,
            authenticated_at=old.used_at,
            last_used_at=old.used_at,
            persistent=old.persistent,
            ends_by=old.ends_by,
            methods=(),
            user_agent=bounded(old.user_agent, USER_AGENT_LENGTH),
            client_hints={},
            first_seen_from=seen,
            last_seen_from=seen,
        )
        transaction.insert(
            session, token_hash=old_hash(old.credential), device_key=None, data=old.data
        )
        event = Event(
            kind=EventKind.STARTED,
            at=self._clock.now(),
            actor=Actor.system(),
            user_id=old.user_id,
            session_id=session.id,
        )
        transaction.record(event)

    def _start(self, work: Work, old: OldSession, client: Client, opened_by: bytes) -> Started:
        return start(
            work,
            client,
            user_id=old.user_id,
            login=None,
            clock=self._clock,
            place=self._find_place(client.ip_address),
            methods=(),
            persistent=old.persistent,
            organizations=(),
            ends_by=old.ends_by,
            data=old.data,
            replaces=None,
            remember_browser=True,
            end=(),
            opened_by=opened_by,
            authenticated_at=min(old.used_at, self._clock.now()),
        )

    def _redeem(self, work: Work, opened_by: bytes) -> Adopted | None:
        found: Found | None = work.transaction.by_token(opened_by)
        if found is None or work.end_if_past_limit(found.session.id) is not None:
            return None
        if found.former is None:
            return self._exchange(work, found.session, opened_by)
        now = self._clock.now()
        if now < found.former.grace_ends_at:
            unused = work.transaction.unused_token(found.session.id, since=now - GRACE)
            if unused is None:
                return Adopted(found.session, None)
            return self._exchange(work, found.session, unused)  # the answer with it was lost
        work.end_for_reuse(found.session)
        return None

    def _exchange(
        self, work: Work, session: Session, opened_by: bytes, started: Started | None = None
    ) -> Adopted:
        rotated = work.replace_token(session, session, old=opened_by)
        device_token = None if started is None else started.device_token
        return Adopted(rotated.session, rotated.token, device_token)


def _ended_since(work: Work, old: OldSession) -> bool:
    """Whether the person's sessions were all ended after the cookie was issued."""
    scopes = scopes_of(old.user_id, ())
    if any(work.transaction.ended_before(scope, old.used_at) for scope in scopes):
        return True
    versions = [version for scope in scopes for version in work.policies.of_scope(scope)]
    limits = [version.policy.not_before for version in versions]
    return any(limit is not None and old.used_at < limit for limit in limits)
