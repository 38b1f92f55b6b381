"""Is this token good? Asked on every request, so the first half is all look-up.

``held`` answers from memory if memory is provably fresh: no lock, no read, nothing made
but the digest. ``check`` answers everything else from the database and fills memory
through the guarded put (`freshness.md`, rules 2, 3, 4 and 9).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from signedin.core.errors import StoreUnavailableError
from signedin.core.policy import Limit, LimitPassed, Policy, fixed_end
from signedin.core.session import (
    MALFORMED,
    UNKNOWN,
    Client,
    Decision,
    End,
    EndedReason,
    Session,
)
from signedin.core.token import TOKEN_LENGTH, is_well_formed, token_hash
from signedin.service.activity import FLUSH_INTERVAL, Activity
from signedin.service.clock import Clock
from signedin.service.memory import Entry, Memory
from signedin.service.ports import FormerToken, Store
from signedin.service.work import Work

GRACE = timedelta(seconds=30)  # for requests in flight, from the first use of the new token
FORMER_KEPT = timedelta(hours=24)  # how long reuse of a replaced token is told from nonsense
CLOSE_TO_LIMIT = 2 * FLUSH_INTERVAL  # seconds; uses so close are written before the response


class Checker:
    """Checks tokens against memory and, where that does not do, the database."""

    def __init__(
        self,
        store: Store,
        memory: Memory,
        activity: Activity,
        clock: Clock,
        policy: Policy,
        work: Callable[[], Work],
    ) -> None:
        self._store = store
        self._memory = memory
        self._activity = activity
        self._clock = clock
        self._policy = policy
        self._work = work
        self._is_fresh = store.is_fresh
        self._time = clock.time
        self._entries = memory.entries
        self._waiting = activity.waiting

    def held(self, token: str, client: Client) -> Decision | None:
        """The answer from fresh memory; ``None`` if the database must be asked.

        The form of the token is looked at only on a miss: a text whose hash is held is the
        token. Freshness is looked at before the entry is, never after.
        """
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return MALFORMED
        if not self._is_fresh():
            return None
        entry = self._entries.get(sha256(token.encode()).digest())
        if entry is None:
            return None
        now = self._time()
        if now >= entry.sure_until:
            return None
        entry.used = now
        if client.ip_address != entry.address or client.user_agent != entry.user_agent:
            _note_change(entry, client)
        if not entry.noted:
            entry.noted = True
            self._waiting.append(entry)
        return entry.decision

    def check(self, token: str, client: Client) -> Decision:
        """The answer, from wherever it is to be had.

        Raises:
            StoreUnavailableError: The database was needed and cannot be asked; nobody is
                logged out by that.
        """
        decision = self.held(token, client)
        if decision is not None:
            return decision
        if not is_well_formed(token):
            return MALFORMED
        self._store.catch_up()
        return self.held(token, client) or self._from_store(token_hash(token), client)

    def extend(self, entry: Entry, used: float) -> None:
        """The use at ``used`` is in the database: the entry is good for longer."""
        entry.sure_until = min(entry.fixed_end, self._idle_horizon(used))

    def _from_store(self, digest: bytes, client: Client) -> Decision:
        noted = self._memory.changes
        fresh = self._store.is_fresh()
        found = self._store.find(digest)
        if found is None:
            return UNKNOWN
        session, now = found.session, self._clock.now()
        if session.ended is not None:
            # The browser whose session was replaced has another cookie by now: leave it.
            replaced = session.ended.reason is EndedReason.REPLACED
            return Decision(None, session.ended.reason, "keep" if replaced else "clear")
        if found.former is not None:
            return self._by_former_token(digest, session, found.former, now, client)
        passed = session.passed_limit(self._policy, now)
        if passed is not None:
            return self._refuse(session, passed) or self._from_store(digest, client)
        if found.first_use_pending:
            with self._store.transaction() as transaction:
                transaction.note_first_use(session.id, at=now, grace=GRACE)
            return self._from_store(digest, client)
        entry = self._entry(session)
        self._use(entry, now, client)
        if fresh:
            self._memory.put(digest, entry, noted=noted)
        return entry.decision

    def _by_former_token(
        self, digest: bytes, session: Session, former: FormerToken, now: datetime, client: Client
    ) -> Decision:
        """A replaced token: good in its grace for what it was good for before, then a warning."""
        if now >= former.replaced_at + FORMER_KEPT:
            return UNKNOWN
        if now >= former.grace_ends_at:
            with self._work() as work:
                end = work.end_for_reuse(session)
            return Decision(None, end.reason, "clear")
        passed = session.passed_limit(self._policy, now)
        if passed is not None:
            return self._refuse(session, passed) or self._from_store(digest, client)
        before = replace(session, authenticated_at=former.authenticated_at, methods=former.methods)
        entry = self._entry(before)
        self._use(entry, now, client)
        return entry.decision

    def _refuse(self, session: Session, passed: LimitPassed) -> Decision | None:
        """Refuse for a limit, and write it so that it holds whatever the clock does next.

        Uses that wait to be written come first, and the row is judged again under the write
        lock; ``None`` if it is live after all.

        Raises:
            StoreUnavailableError: Uses could not be written, so that it is not known whether
                the session is idle. A lifetime needs no write to be known.
        """
        end: End | None = End.by_limit(passed)
        try:
            self._activity.flush()
            with self._work() as work:
                end = work.end_if_past_limit(session.id)
        except StoreUnavailableError:
            if passed.limit is Limit.IDLE:
                raise
        return None if end is None else Decision(None, end.reason, "clear")

    def _entry(self, session: Session) -> Entry:
        fixed = fixed_end(
            self._policy, authenticated_at=session.authenticated_at, ends_by=session.ends_by
        )
        fixed_seconds = float("inf") if fixed is None else fixed.timestamp()
        last_used = session.last_used_at.timestamp()
        return Entry(
            Decision(session, None, "keep"),
            session_id=session.id,
            sure_until=min(fixed_seconds, self._idle_horizon(last_used)),
            fixed_end=fixed_seconds,
            address=session.last_seen_from.ip_address,
            user_agent=session.user_agent,
        )

    def _idle_horizon(self, written: float) -> float:
        """Until when a session last used at ``written`` is surely not idle, with a margin."""
        if self._policy.idle_timeout is None:
            return float("inf")
        return written + self._policy.idle_timeout.total_seconds() - CLOSE_TO_LIMIT

    def _use(self, entry: Entry, now: datetime, client: Client) -> None:
        entry.used = now.timestamp()
        if client.ip_address != entry.address or client.user_agent != entry.user_agent:
            _note_change(entry, client)
        if entry.used >= entry.sure_until:
            self._activity.write_now(entry)
        if not entry.noted:
            entry.noted = True
            self._waiting.append(entry)


def _note_change(entry: Entry, client: Client) -> None:
    entry.address = client.ip_address
    entry.user_agent = client.user_agent
    entry.seen = client
