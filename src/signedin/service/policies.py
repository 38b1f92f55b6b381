"""Policies: what holds, what a change would do, and the change itself.

A change is one row, whatever the number of sessions (design.md, I6). What it does to each
session is computed when somebody looks at the session; the sweep writes it down later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from signedin.core.deadline import ALWAYS, PolicyChange, Version
from signedin.core.effect import Effect, Fate, changed, fate, has_grown, outcome
from signedin.core.errors import EffectChangedError, InvalidPolicyError, SessionNotFoundError
from signedin.core.event import Event, EventKind
from signedin.core.permission import Actor
from signedin.core.policy import DEFAULT_SCOPE, Policy, check_scope, person_of, scopes_of
from signedin.core.session import Receipt, Session
from signedin.core.standing import Standing
from signedin.service.clock import Clock
from signedin.service.policy_reader import PolicyReader
from signedin.service.ports import Life, Reads, Store
from signedin.service.work import Work

LISTED = 200  # sessions that an effect names
_AT_ONCE = 10_000  # sessions read at a time


@dataclass(frozen=True, slots=True)
class Saved:
    """A change of policy that holds, and from when on."""

    change: PolicyChange
    receipt: Receipt


class Policies:
    """The policies of the installation, its organizations and its people."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: Policy,
        work: Callable[[], Work],
        flush: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._work = work
        self._flush = flush

    def get(self, scope: str) -> Version | None:
        """What holds for a scope now; without a ``change`` it comes from the settings.

        Raises:
            InvalidPolicyError: There is no such scope.
        """
        check_scope(scope, Policy())
        with self._store.reading() as reads:
            return self._policies(reads).current(scope)

    def standing(self, scope: str) -> Standing:
        """A scope's policy as people are told of it, and how it came to that.

        Raises:
            InvalidPolicyError: There is no such scope.
        """
        return Standing.of(self.get(scope), self.history(scope))

    def stored(self) -> Sequence[Version]:
        """The policies of all scopes that have one of their own, by scope."""
        with self._store.reading() as reads:
            return reads.current_versions()

    def history(self, scope: str) -> Sequence[PolicyChange]:
        """Every change of a scope's policy, the newest first."""
        with self._store.reading() as reads:
            versions = self._policies(reads).of_scope(scope)
        changes, generation = [], 0
        for version in versions:
            if version.change is not None:
                ended_earlier = version.generation > generation
                changes.append(replace(version.change, ended_earlier=ended_earlier))
            generation = version.generation
        return changes[::-1]

    def now_for(self, user_id: str | None, organizations: Iterable[str] = ()) -> Policy:
        """What holds for a person at present, all scopes taken together."""
        with self._store.reading() as reads:
            return self._policies(reads).now_for(user_id, organizations)

    def dry_run(
        self,
        scope: str,
        policy: Policy,
        *,
        end_earlier: bool = False,
        progress: Callable[[int], None] = lambda looked_at: None,
    ) -> Effect:
        """What ``set`` with the same arguments would do now.

        Looks at every live session: 20 to 40 µs for each, and 1 to 2 µs more for each version
        since its last use.

        Args:
            progress: Told now and then how many sessions have been looked at.

        Raises:
            InvalidPolicyError: There is no such scope, or the policy is not for it.
        """
        return self._look_ahead(
            scope, policy, end_earlier, lambda reads, new: _telling(progress, _everybody(reads))
        )

    def fate(
        self, scope: str, policy: Policy, session_id: str, *, end_earlier: bool = False
    ) -> Fate:
        """What ``set`` with the same arguments would do now to one session.

        Raises:
            InvalidPolicyError: There is no such scope, or the policy is not for it.
            SessionNotFoundError: There is no such session.
        """
        self._check(scope, policy)
        self._flush()
        with self._store.reading() as reads:
            session = reads.by_id(session_id)
            if session is None:
                raise SessionNotFoundError(session_id)
            policies = self._policies(reads)
            generation = reads.generation() + 1 if end_earlier else None
            new = _version(policies, scope, policy, generation)
            before = policies.of(session)
        is_reached = scope in scopes_of(session.user_id, session.organizations)
        after = changed(before, scope, new) if is_reached else before
        return fate(before, after, session, new.since)

    def set(
        self,
        scope: str,
        policy: Policy,
        *,
        by: Actor,
        reason: str,
        end_earlier: bool = False,
        expected_ends_now: int | None = None,
    ) -> Saved:
        """Change the policy of a scope; when this returns, every process goes by it (I2, I6).

        Args:
            scope: ``default``, ``organization:NAME`` or ``user:ID``.
            policy: All of it: what is left out is no limit from now on.
            by: An administrator; a person for their own scope.
            reason: Why; people whose sessions it alters are told.
            end_earlier: End whatever began before now: ``not_before`` with the time of the change.
            expected_ends_now: What a dry run said; more than that and a twentieth is refused.

        Raises:
            InvalidPolicyError: There is no such scope, or the policy is not for it.
            EffectChangedError: More sessions would end than expected; nothing was changed.
            ConfirmationNeededError, ActorEndedError: Who asks may not, or not yet.
            StoreUnavailableError: Nothing was changed.
        """
        self._check(scope, policy)
        if expected_ends_now is not None:
            # Before the transaction: counting may take seconds, in which others have to write.
            effect = self._look_ahead(scope, policy, end_earlier, _candidates)
            if has_grown(effect, expected_ends_now):
                raise EffectChangedError(effect)
        self._flush()
        with self._work() as work:
            acting = work.admit(by, person_of(scope))
            transaction, policies = work.transaction, work.policies
            if end_earlier:
                transaction.raise_generation(scope, at=self._clock.now())
            generation = transaction.generation() if end_earlier else None
            new = _version(policies, scope, policy, generation)
            work.refuse_unconfirmed(by, acting, _cut(policies, new, transaction, acting))
            replaced = policies.current(scope)
            before = None if replaced is None else replaced.policy
            change = PolicyChange(
                scope, new.since, by, reason, before, new.policy, ended_earlier=end_earlier
            )
            transaction.store_policy(change, generation=new.generation)
            transaction.record(
                Event(
                    kind=EventKind.POLICY_CHANGED,
                    at=new.since,
                    actor=by,
                    user_id=person_of(scope),
                    details=_told(scope, reason, end_earlier=end_earlier),
                )
            )
        return Saved(change, work.receipt)

    def _look_ahead(
        self,
        scope: str,
        policy: Policy,
        end_earlier: bool,
        lives: Callable[[Reads, Version], Iterable[Life]],
    ) -> Effect:
        """What a change would do to some live sessions, on a connection beside all others."""
        self._check(scope, policy)
        self._flush()
        with self._store.scanning() as reads:
            policies = self._policies(reads)
            generation = reads.generation() + 1 if end_earlier else None
            new = _version(policies, scope, policy, generation)
            return _effect(policies, new, lives(reads, new))

    def _check(self, scope: str, policy: Policy) -> None:
        check_scope(scope, policy)
        if policy.not_before is not None and policy.not_before > self._clock.now():
            raise InvalidPolicyError("not_before may not lie in the future")

    def _policies(self, reads: Reads) -> PolicyReader:
        return PolicyReader(reads, self._settings, self._clock.now())


def _version(policies: PolicyReader, scope: str, policy: Policy, generation: int | None) -> Version:
    """The version that a change makes now; those of an earlier ``generation`` have ended by it.

    Left out, it is the one of the version that is replaced: what that ended stays ended.
    """
    if generation is None:
        generation = max((version.generation for version in policies.of_scope(scope)), default=0)
    return Version(policy, scope, policies.now, generation=generation)


def _effect(policies: PolicyReader, new: Version, lives: Iterable[Life]) -> Effect:
    """Which of these live sessions end or are shortened."""
    ending: list[Life] = []
    shortening: list[Life] = []
    for life in lives:
        if not _is_reached(life, new.scope):
            continue
        match outcome(policies.of(life), new, life):
            case "ends":
                ending.append(life)
            case "shortens":
                shortening.append(life)
    return Effect(
        checked_at=new.since,
        ends_now=len(ending),
        people=_people(ending),
        shortened=len(shortening),
        people_shortened=_people(shortening),
        ending=tuple(life.id for life in ending[:LISTED]),
        shortening=tuple(life.id for life in shortening[:LISTED]),
    )


def _cut(
    policies: PolicyReader, new: Version, reads: Reads, acting: Session | None
) -> Iterator[Session]:
    """The sessions of a person that a change of their own would end, or end earlier."""
    if acting is None or acting.user_id is None:
        return
    for session in reads.live_of(acting.user_id):
        if outcome(policies.of(session), new, session):
            yield session


def _told(scope: str, reason: str, *, end_earlier: bool) -> Mapping[str, str]:
    """What the log says of a change; what it was before and after is in the history."""
    details = {"scope": scope, "reason": reason}
    return details | {"not_before": "now"} if end_earlier else details


def _is_reached(life: Life, scope: str) -> bool:
    kind, _, name = scope.partition(":")
    match kind:
        case "organization":
            return name in life.organizations
        case "user":
            return name == life.user_id
        case _:
            return scope == DEFAULT_SCOPE


def _everybody(reads: Reads) -> Iterator[Life]:
    return _in_stretches(lambda position: reads.lives_after(position, _AT_ONCE))


def _telling(progress: Callable[[int], None], lives: Iterable[Life]) -> Iterator[Life]:
    for number, life in enumerate(lives):
        if number % _AT_ONCE == 0:
            progress(number)
        yield life


def _candidates(reads: Reads, new: Version) -> Iterator[Life]:
    """Every session that could end by a new policy, so that no other has to be looked at."""
    policy, now = new.policy, new.since
    used = ALWAYS if policy.idle_timeout is None else now - policy.idle_timeout
    authenticated = ALWAYS if policy.lifetime is None else now - policy.lifetime
    if policy.not_before is not None:
        authenticated = max(authenticated, policy.not_before)
    return _in_stretches(
        lambda position: reads.lives_that_may_end(
            position,
            _AT_ONCE,
            used=used,
            authenticated=authenticated,
            generation=new.generation,
        )
    )


def _in_stretches(
    read: Callable[[str | None], tuple[list[Life], str | None]],
) -> Iterator[Life]:
    position: str | None = None
    while True:
        lives, position = read(position)
        yield from lives
        if position is None:
            return


def _people(lives: Iterable[Life]) -> int:
    return len({life.user_id for life in lives if life.user_id is not None})
