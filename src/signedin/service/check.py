"""Is this token good? Asked on every request, so the first half is all look-up.

``held`` answers from memory if memory is provably fresh: no lock, no read, nothing made
but the digest. ``check`` answers everything else from the database and fills memory
through the guarded put (`freshness.md`, rules 2, 3, 4 and 9).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from signedin.core.deadline import Limit, LimitPassed, Version, current, fixed_end
from signedin.core.errors import StoreUnavailableError
from signedin.core.policy import Policy
from signedin.core.session import (
    MALFORMED,
    UNKNOWN,
    Client,
    Decision,
    End,
    EndedReason,
    Session,
)
from signedin.core.token import TOKEN_LENGTH, is_well_formed, sha256, token_hash
from signedin.service.activity import FLUSH_INTERVAL, Activity
from signedin.service.clock import Clock
from signedin.service.measures import Measures
from signedin.service.memory import Entry, Memory
from signedin.service.policy_reader import PolicyReader
from signedin.service.ports import FormerToken, Found, Store
from signedin.service.work import Work

GRACE = timedelta(seconds=30)  # for requests in flight, from the first use of the new token
FORMER_KEPT = timedelta(hours=24)  # how long reuse of a replaced token is told from nonsense
CLOSE_TO_LIMIT = 2 * FLUSH_INTERVAL  # seconds; uses so close are written before the response
# Seconds; a use after so long a gap is written before its response. So the row of a session in
# use is never much older than its last use: a policy that is made stricter ends nothing in use.
LONGEST_UNWRITTEN = 600.0
NEVER = float("inf")


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
        measures: Measures,
    ) -> None:
        self._store = store
        self._memory = memory
        self._activity = activity
        self._clock = clock
        self._settings = policy
        self._work = work
        self._measures = measures
        self._is_fresh = store.is_fresh
        self._time = clock.time
        self._entries = memory.entries

    def held(self, token: bytes, address: str | None, agent: bytes) -> Decision | None:
        """The answer from fresh memory to a client seen before; ``None``: ask ``check``.

        The token and the User-Agent header are taken as they stand in the request. The form
        of the token is looked at only on a miss: a text whose hash is held is the token.
        Freshness is looked at before the entry is, never after.
        """
        if len(token) != TOKEN_LENGTH:
            return MALFORMED
        if not self._is_fresh():
            return None
        entry = self._entries.get(sha256(token).digest())
        if entry is None or address != entry.address or agent != entry.agent:
            return None
        now = self._time()
        if now >= entry.sure_until:
            return None
        entry.used = now
        if not entry.noted:
            self._activity.note(entry)
        return entry.decision

    def is_held(self, session_id: str) -> bool:
        """Whether fresh memory says that a session is live; that is no use of it."""
        if not self._is_fresh():
            return False
        entry = self._memory.of_session(session_id)
        if entry is None:
            return False
        written = entry.sure_until - entry.sure_for  # the last use, or earlier
        return self._time() < min(entry.fixed_end, written + entry.idle_for)

    def check(self, token: str, client: Client) -> Decision:
        """The answer, from wherever it is to be had.

        Raises:
            StoreUnavailableError: The database was needed and cannot be asked; nobody is
                logged out by that.
        """
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return MALFORMED
        sent, agent = token.encode(), _as_sent(client.user_agent)
        decision = self.held(sent, client.ip_address, agent)
        if decision is not None:
            return decision
        if not is_well_formed(token):
            return MALFORMED
        self._store.catch_up()
        digest = token_hash(token)
        entry = self._entries.get(digest)
        if entry is not None:
            _note_change(entry, client)
        decision = self.held(sent, client.ip_address, agent)
        if decision is None:
            return self._from_store(digest, client)
        self._measures.answered_by_memory += 1
        return decision

    def extend(self, entry: Entry, used: float) -> None:
        """The use at ``used`` is in the database: the entry is good for longer."""
        entry.sure_until = min(entry.fixed_end, used + entry.sure_for)

    def _from_store(self, digest: bytes, client: Client) -> Decision:
        self._measures.answered_by_database += 1
        noted = self._memory.changes
        fresh = self._store.is_fresh()
        found, versions = self._read(digest)
        if found is None:
            return UNKNOWN
        session, now = found.session, self._clock.now()
        if session.ended is not None:
            # The browser whose session was replaced has another cookie by now: leave it. A
            # request sent much later still has this one, because the answer was lost.
            end = session.ended
            is_left = end.reason is EndedReason.REPLACED and now < end.at + GRACE
            return Decision(None, end.reason, "keep" if is_left else "clear")
        if found.former is not None:
            return self._by_former_token(digest, session, found.former, versions, now, client)
        passed = session.passed_limit(versions, now)
        if passed is not None:
            return self._refuse(session, passed) or self._from_store(digest, client)
        if found.first_use_pending:
            with self._store.transaction() as transaction:
                transaction.note_first_use(session.id, at=now, grace=GRACE)
            return self._from_store(digest, client)
        policy = current(versions)
        entry = _entry(session, policy)
        self._use(entry, now, client, must_hold=_is_near_idle(policy, session, now))
        if fresh:
            self._memory.put(digest, entry, noted=noted)
        return entry.decision

    def _read(self, digest: bytes) -> tuple[Found | None, list[Version]]:
        """The row and the policies that it is judged by, as of the same instant."""
        with self._store.looking_up() as reads:
            found = reads.by_token(digest)
            if found is None:
                return None, []
            now, began = self._clock.now(), found.session.created_at
            policies = PolicyReader(reads, self._settings, now, since=began)
            return found, policies.of(found.session)

    def _by_former_token(
        self,
        digest: bytes,
        session: Session,
        former: FormerToken,
        versions: list[Version],
        now: datetime,
        client: Client,
    ) -> Decision:
        """A replaced token: good in its grace for what it was good for before, then a warning."""
        if now >= former.replaced_at + FORMER_KEPT:
            return UNKNOWN
        if now >= former.grace_ends_at:
            with self._work() as work:
                end = work.end_for_reuse(session)
            return Decision(None, end.reason, "clear")
        passed = session.passed_limit(versions, now)
        if passed is not None:
            return self._refuse(session, passed) or self._from_store(digest, client)
        before = replace(session, authenticated_at=former.authenticated_at, methods=former.methods)
        policy = current(versions)
        entry = _entry(before, policy)
        self._use(entry, now, client, must_hold=_is_near_idle(policy, session, now))
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
            if passed.limit is not Limit.LIFETIME:
                raise
        return None if end is None else Decision(None, end.reason, "clear")

    def _use(self, entry: Entry, now: datetime, client: Client, *, must_hold: bool) -> None:
        entry.used = now.timestamp()
        _note_change(entry, client)
        if entry.used >= entry.sure_until:
            self._write(entry, must_hold=must_hold)
        self._activity.note(entry)

    def _write(self, entry: Entry, *, must_hold: bool) -> None:
        """Write a use before its response.

        Raises:
            StoreUnavailableError: It could not be written, and ``must_hold``.
        """
        try:
            self._activity.write_now(entry)
        except StoreUnavailableError:
            if must_hold:
                raise


def _is_near_idle(policy: Policy, session: Session, now: datetime) -> bool:
    """Whether a use that is lost with its process could make somebody call the session idle."""
    if policy.idle_timeout is None:
        return False
    return now >= session.last_used_at + policy.idle_timeout - timedelta(seconds=CLOSE_TO_LIMIT)


def _entry(session: Session, policy: Policy) -> Entry:
    fixed, idle_for = fixed_end(policy, session), _idle_for(policy)
    entry = Entry(
        Decision(session, None, "keep"),
        session_id=session.id,
        user_id=session.user_id,
        fixed_end=NEVER if fixed is None else fixed.timestamp(),
        sure_for=min(idle_for, LONGEST_UNWRITTEN),
        idle_for=idle_for,
        address=session.last_seen_from.ip_address,
        agent=_agent_of(session.user_agent),
    )
    entry.sure_until = min(entry.fixed_end, session.last_used_at.timestamp() + entry.sure_for)
    return entry


@lru_cache(4096)
def _idle_for(policy: Policy) -> float:
    """How many seconds after a use that is written no idle limit can have passed.

    One object for all sessions of a policy: memory holds one a session.
    """
    if policy.idle_timeout is None:
        return NEVER
    return policy.idle_timeout.total_seconds() - CLOSE_TO_LIMIT


def _note_change(entry: Entry, client: Client) -> None:
    agent = _as_sent(client.user_agent)
    if client.ip_address != entry.address or agent != entry.agent:
        entry.address = client.ip_address
        entry.agent = agent
        entry.seen = client


@lru_cache(4096)
def _agent_of(user_agent: str) -> bytes:
    """As it is sent, of a session: one object for all that have the same."""
    return _as_sent(user_agent)


def _as_sent(user_agent: str) -> bytes:
    return user_agent.encode("latin-1", "replace")
