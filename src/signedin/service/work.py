"""A unit of work: ends, rotations and what belongs to them, in one transaction.

What it ends is refused everywhere once the ``with`` block has been left, and not before;
the receipt is there from then on. If the block fails, nothing was changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType

from signedin.core.confirmation import (
    ADMINISTRATORS_CONFIRM_WITHIN,
    confirmation_needed,
    is_recent,
)
from signedin.core.deadline import LimitPassed
from signedin.core.errors import (
    ActorEndedError,
    ConfirmationNeededError,
    NotPermittedError,
    RotationRefusedError,
    SessionNotFoundError,
)
from signedin.core.event import Event, EventKind, Scope
from signedin.core.permission import Actor, ActorKind
from signedin.core.policy import Policy, user_scope
from signedin.core.session import End, EndedReason, Receipt, Rotated, Session
from signedin.core.token import TOKEN_ENTROPY, new_token, token_hash
from signedin.core.user_id import is_user_id
from signedin.service.clock import Clock
from signedin.service.measures import Measures
from signedin.service.policy_reader import PolicyReader
from signedin.service.ports import FormerToken, Store, Transaction

LONGEST_GRACE = timedelta(minutes=10)  # of a former token whose successor is never used
# Sessions in a statement: PostgreSQL compares each with each of a list, and undoes who pauses.
ENDED_AT_ONCE = 500


class Work:
    """One transaction on sessions, and its receipt when it is over."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policy: Policy,
        forget: Callable[[Collection[str]], None],
        measures: Measures,
    ) -> None:
        self._context = store.transaction()
        self._clock = clock
        self._settings = policy
        self._forget = forget
        self._measures = measures
        self._reasons: Counter[str] = Counter()
        self._touched: set[str] = set()
        self._ended = 0
        self._already_ended = 0
        self._receipt: Receipt | None = None

    def __enter__(self) -> Work:
        self._began = self._clock.elapsed()
        self.transaction: Transaction = self._context.__enter__()
        self.policies = PolicyReader(self.transaction, self._settings, self._clock.now())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._context.__exit__(kind, error, trace)
        if error is None:
            self._forget(self._touched)
            took = self._clock.elapsed() - self._began
            if self._reasons:
                self._measures.note_ends(self._reasons, took)
            self._receipt = Receipt(
                ended=self._ended,
                already_ended=self._already_ended,
                effective_at=self._clock.now(),
                took=timedelta(seconds=took),
                nodes_confirmed=self.transaction.heard.nodes_confirmed,
                leases_waited_out=self.transaction.heard.leases_waited_out,
                pending=self.transaction.heard.pending,
            )

    @property
    def receipt(self) -> Receipt:
        """What was brought about; only once the block has been left."""
        if self._receipt is None:
            raise RuntimeError("the receipt exists only after the unit of work")
        return self._receipt

    def terminate(
        self, session_id: str, *, user_id: str | None, by: Actor, note: str | None = None
    ) -> None:
        """End one session; ending it a second time is no error and changes nothing.

        Args:
            note: What an administrator tells the person about it.

        Raises:
            SessionNotFoundError: There is none of this person's with this id.
            ActorEndedError: Who asks has been ended.
            ConfirmationNeededError: Who asks must prove again who they are.
        """
        acting = self.admit(by, user_id)
        session = self.transaction.by_id(session_id)
        if session is None or (user_id is not None and session.user_id != user_id):
            raise SessionNotFoundError(session_id)
        self.refuse_unconfirmed(by, acting, [session])
        own = by.kind is ActorKind.USER and by.id == session_id
        reason = EndedReason.LOGGED_OUT if own else EndedReason.TERMINATED
        self._end([session], reason, by, Scope.ONE, note)

    def terminate_selected(
        self, ids: Collection[str], *, user_id: str, by: Actor, note: str | None = None
    ) -> None:
        """End those of the person's sessions that are named; other ids are ignored."""
        acting = self.admit(by, user_id)
        chosen = [self.transaction.by_id(session_id) for session_id in sorted(set(ids))]
        own = [session for session in chosen if session and session.user_id == user_id]
        self.refuse_unconfirmed(by, acting, own)
        self._end(own, EndedReason.TERMINATED, by, Scope.SELECTED, note)

    def terminate_all(
        self,
        user_id: str,
        *,
        keep: str | None = None,
        by: Actor,
        reason: EndedReason = EndedReason.TERMINATED,
        note: str | None = None,
    ) -> None:
        """End all of a person's sessions but ``keep``, and every login that is under way."""
        acting = self.admit(by, user_id)
        self.overtake_logins(user_id)
        others = [s for s in self.transaction.live_of(user_id) if s.id != keep]
        if keep is not None and reason is EndedReason.TERMINATED:
            self.refuse_unconfirmed(by, acting, others)
        self._end(others, reason, by, Scope.ALL if keep is None else Scope.OTHERS, note)

    def overtake_logins(self, user_id: str, *, old_cookies: bool = True) -> None:
        """Let no login of this person that has begun succeed, such as with an old password.

        Also what others have ended before is known everywhere when this is over. Without
        ``old_cookies``, what the application itself once signed is taken over as before.
        """
        self.transaction.lock_person(user_id)
        self.transaction.let_all_hear()
        at = self._clock.now() if old_cookies else None
        if is_user_id(user_id):  # else nobody can log in with it
            self.transaction.raise_generation(user_scope(user_id), at=at)

    def log_out(self, opened_by: bytes) -> None:
        """End the session of a token, by its hash: current, or in its grace; or do nothing."""
        found = self.transaction.by_token(opened_by)
        if found is not None:
            by = Actor.user(found.session.id)
            self._end([found.session], EndedReason.LOGGED_OUT, by, Scope.ONE)

    def replace(self, session: Session, by: Actor) -> None:
        """End the session that a new login in the same browser takes the place of."""
        self._end([session], EndedReason.REPLACED, by, Scope.ONE)

    def make_room(self, sessions: Sequence[Session], by: Actor | None) -> None:
        """End sessions so that a new one finds room; without ``by`` the policy chose them."""
        reason = EndedReason.CAP if by is None else EndedReason.TERMINATED
        self._end(sessions, reason, by or Actor.policy(), Scope.SELECTED)

    def end_for_reuse(self, session: Session) -> End:
        """End a session because a token that it no longer has was used again (I8)."""
        end = End(self._clock.now(), EndedReason.TOKEN_REUSED, Actor.system())
        self._write([session], end, Scope.ONE)
        return end

    def end_if_past_limit(self, session_id: str) -> End | None:
        """Write the end that a limit brought; ``None`` if the row was used in the meantime."""
        session = self.transaction.by_id(session_id)
        if session is None:
            return None
        if session.ended is not None:
            self.transaction.let_all_hear()
            return session.ended
        passed = self.passed_limit(session)
        if passed is None:
            return None
        end = End.by_limit(passed)
        self._write([session], end, Scope.ONE)
        return end

    def set_organizations(self, user_id: str, organizations: Collection[str], by: Actor) -> None:
        """Let the policies of these organizations hold for a person, and of no other, from now on.

        What a limit has ended under the former ones is written first, so that leaving revives
        nothing; what the new ones end is written last. A login under way may have read the
        former ones, and comes to nothing.

        Raises:
            ActorEndedError: Who asks has been ended.
            ConfirmationNeededError: Who asks must prove again who they are.
        """
        self.admit(by, None)
        self.overtake_logins(user_id, old_cookies=False)
        now = self._clock.now()
        for session in self.transaction.live_of(user_id):
            if self.end_if_past_limit(session.id) is not None:
                continue
            since = {name: session.organizations.get(name, now) for name in organizations}
            self.transaction.set_organizations(session.id, since)
            self._touched.add(session.id)
            if self.end_if_past_limit(session.id) is not None:
                self._ended += 1

    def rotate(self, token: str, *, methods: Collection[str] | None) -> Rotated:
        """Give a live session a new token, as after its person proved again who they are (I8).

        Args:
            methods: How; ``None`` if nothing was proved: then the login stays as old as it was.

        Raises:
            RotationRefusedError: The token is not the current one of a live session.
        """
        old, now = token_hash(token), self._clock.now()
        found = self.transaction.by_token(old)
        if found is None or found.former is not None or self.is_over(found.session):
            raise RotationRefusedError("The session has a newer token, or has ended.")
        before = found.session
        session = replace(before, last_used_at=max(now, before.last_used_at))
        if methods is not None:
            session = _proved_again(session, tuple(methods), now)
        return self.replace_token(before, session, old=old)

    def replace_token(self, before: Session, session: Session, *, old: bytes) -> Rotated:
        """Let a session go on under a new token; what it was ``before`` has a short grace."""
        now, fresh = self._clock.now(), new_token(self._clock.entropy(TOKEN_ENTROPY))
        former = FormerToken(now, now + LONGEST_GRACE, before.authenticated_at, before.methods)
        self.transaction.replace_token(session, old=old, new=token_hash(fresh), former=former)
        self._touched.add(session.id)
        self._note(EventKind.ROTATED, now, Actor.user(session.id), session)
        return Rotated(session, fresh)

    def move_end(self, session_id: str, ends_by: datetime | None, *, persistent: bool) -> None:
        """Let a live session end by itself at another time.

        Raises:
            SessionNotFoundError: It is not live any more.
        """
        session = self.transaction.by_id(session_id)
        if session is None or self.is_over(session):
            raise SessionNotFoundError(session_id)
        self.transaction.set_end(session_id, ends_by=ends_by, persistent=persistent)
        self._touched.add(session_id)

    def rename(self, session_id: str, name: str | None, *, user_id: str, by: Actor) -> Session:
        """Set the person's own name for a live session.

        Raises:
            SessionNotFoundError: There is no live one of this person's with this id.
            ActorEndedError: Who asks has been ended.
        """
        self.admit(by, user_id)
        session, now = self.transaction.by_id(session_id), self._clock.now()
        if session is None or session.user_id != user_id or self.is_over(session):
            raise SessionNotFoundError(session_id)
        self.transaction.rename(session_id, name)
        self._touched.add(session_id)
        self._note(EventKind.RENAMED, now, by, session)
        return replace(session, name=name)

    def admit(self, by: Actor, owner: str | None) -> Session | None:
        """The session that acts, if one does; refuses who may not act, or has ended (I9).

        Raises:
            NotPermittedError: A person would reach for other people's sessions.
            ActorEndedError: Who asks has been ended.
            ConfirmationNeededError: An administrator logged in too long ago.
        """
        if not by.may_reach(owner):
            raise NotPermittedError("People can end only their own sessions.")
        if by.acting_session is None:
            return None
        acting = self.transaction.by_id(by.acting_session)
        is_person = by.kind is ActorKind.USER
        if acting is None or (is_person and acting.user_id != owner) or self.is_over(acting):
            raise ActorEndedError("Your session has ended. Log in again to continue.")
        if by.authenticated_at is not None:
            proved = min(acting.authenticated_at, by.authenticated_at)
            acting = replace(acting, authenticated_at=proved)
        now = self._clock.now()
        if not is_person and not is_recent(acting, ADMINISTRATORS_CONFIRM_WITHIN, now):
            raise ConfirmationNeededError(None)
        return acting

    def refuse_unconfirmed(
        self, by: Actor, acting: Session | None, targets: Iterable[Session]
    ) -> None:
        """Refuse to end sessions by choice to a person who must first prove who they are.

        Raises:
            ConfirmationNeededError: They must.
        """
        if acting is None or by.kind is not ActorKind.USER:
            return
        policy = self.policies.now_for(acting.user_id, acting.organizations)
        if policy.confirm_within is None and policy.settle_time is None:
            return  # before the targets are looked at: they may be many
        live = [target for target in targets if not self.is_over(target)]
        needed = confirmation_needed(policy, acting, live, self._clock.now())
        if needed is not None:
            raise ConfirmationNeededError(needed.until)

    def passed_limit(self, session: Session) -> LimitPassed | None:
        """The limit that a live session has passed by now, if any."""
        return session.passed_limit(self.policies.of(session), self._clock.now())

    def is_over(self, session: Session) -> bool:
        """Whether a session has ended, written down or not."""
        return session.ended is not None or self.passed_limit(session) is not None

    def _end(
        self,
        sessions: Sequence[Session],
        reason: EndedReason,
        by: Actor,
        scope: Scope,
        note: str | None = None,
    ) -> None:
        end = End(self._clock.now(), reason, by, note)
        for first in range(0, len(sessions), ENDED_AT_ONCE):
            live = []
            for session in sessions[first : first + ENDED_AT_ONCE]:
                passed = self.passed_limit(session)
                if passed is None:
                    live.append(session)
                else:
                    self._write([session], End.by_limit(passed), scope)
                    self._already_ended += 1
            ended = self._write(live, end, scope)
            self._ended += ended
            self._already_ended += len(live) - ended

    def _write(self, sessions: Sequence[Session], end: End, scope: Scope) -> int:
        """End sessions, in one statement, and record it; how many were still to be ended."""
        ended = self.transaction.end([session.id for session in sessions], end)
        if len(ended) < len(sessions):
            self.transaction.let_all_hear()
        self._touched |= ended
        self._reasons[end.reason.value] += len(ended)
        if not ended:
            return 0  # nothing to record
        details = {"reason": end.reason.value, "scope": scope.value}
        if end.note is not None:
            details["note"] = end.note
        event = Event(kind=EventKind.ENDED, at=end.at, actor=end.by, details=details)
        self.transaction.record_of_each(ended, event)
        return len(ended)

    def _note(self, kind: EventKind, at: datetime, actor: Actor, session: Session) -> None:
        self.transaction.record(
            Event(kind=kind, at=at, actor=actor, user_id=session.user_id, session_id=session.id)
        )


def _proved_again(session: Session, methods: tuple[str, ...], now: datetime) -> Session:
    """The session of a person who has just proved who they are; its own end moves with that."""
    ends_by = session.ends_by
    if ends_by is not None:
        ends_by = now + (ends_by - session.authenticated_at)
    return replace(session, authenticated_at=now, ends_by=ends_by, methods=methods)
