"""When a session ends, by the policies that were in force while it was not used.

Pure: each function is handed the session's times and the versions of the policies. Every
version that was in force at any time since the last use counts, up to and with the moment it
was replaced: a session that was past its limit then ended then. So loosening a policy revives
nothing, whether or not anybody has written the end down (design.md, I6).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from signedin.core.permission import Actor
from signedin.core.policy import DEFAULT_SCOPE, Policy, strictest

ALWAYS = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Limit(StrEnum):
    """The limit that ended a session. Stored and shown: add members, never rename one."""

    IDLE = "idle"
    LIFETIME = "lifetime"
    POLICY = "policy"  # a change of policy put the session past its limit


_NAMED_FIRST = (Limit.LIFETIME, Limit.POLICY, Limit.IDLE)  # of those that pass in one instant


class Timed(Protocol):
    """What a session's end depends on. All times are aware and UTC."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def authenticated_at(self) -> datetime: ...
    @property
    def last_used_at(self) -> datetime: ...
    @property
    def ends_by(self) -> datetime | None: ...
    @property
    def generation(self) -> int: ...


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One change of a policy: who made it, when and why.

    ``ended_earlier``: whatever had begun before it was ended by it.
    """

    scope: str
    at: datetime
    by: Actor
    reason: str
    before: Policy | None  # None: there was none for this scope
    after: Policy
    ended_earlier: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """A policy and the stretch of time in which it holds for a session.

    ``generation`` is the counter's value where all earlier sessions were ended by it.
    """

    policy: Policy
    scope: str = DEFAULT_SCOPE
    since: datetime = ALWAYS
    until: datetime | None = None
    generation: int = 0
    change: PolicyChange | None = None  # None: from the settings, where nobody says who and when


@dataclass(frozen=True, slots=True)
class LimitPassed:
    """A session is over, or will be: when, by which limit, and which change brought it."""

    at: datetime
    limit: Limit
    change: PolicyChange | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AlteredEnd:
    """The latest change of policy that moved a session's end, and from where to where."""

    change: PolicyChange
    at: datetime
    previous: datetime | None
    now: datetime | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """How long a live session still has, and the latest change that altered that."""

    end: LimitPassed | None
    altered: AlteredEnd | None

    @property
    def expires_at(self) -> datetime | None:
        """When it ends if it is not used again; ``None``: never by itself."""
        return None if self.end is None else self.end.at


def in_sequence(versions: Sequence[Version], now: datetime) -> list[Version]:
    """The versions of one scope as they followed on each other, whatever the clock said.

    A clock that was ahead has dated a change later than the next one, or later than ``now``.
    Such a change is taken to have been made when the next one was, or just now: it holds, it
    has ended what was past its limit, and nothing from before it goes on to hold beside it.
    """
    found, latest = [], now
    for version in reversed(versions):
        since = min(version.since, latest)
        until = None if version.until is None else min(version.until, latest)
        if (since, until) != (version.since, version.until):
            version = replace(version, since=since, until=until)
        found.append(version)
        latest = since
    return found[::-1]


def outlook(versions: Sequence[Version], session: Timed) -> Outlook:
    """What the policies mean for a live session."""
    return Outlook(deadline(versions, session), altered_end(versions, session))


def current(versions: Iterable[Version]) -> Policy:
    """What holds now: the strictest of those that were not replaced."""
    return strictest(*(version.policy for version in versions if version.until is None))


def fixed_end(policy: Policy, session: Timed) -> datetime | None:
    """The end that no use can move: the lifetime, or the session's own end if that is earlier."""
    ends = [] if session.ends_by is None else [session.ends_by]
    if policy.lifetime is not None:
        ends.append(session.authenticated_at + policy.lifetime)
    return min(ends, default=None)


def deadline(versions: Iterable[Version], session: Timed) -> LimitPassed | None:
    """When the session ends if it is not used again, and by which limit; ``None``: never.

    If two limits fall on the same instant, the one that use cannot move is named.
    """
    ends = []
    if session.ends_by is not None:
        ends.append(LimitPassed(session.ends_by, Limit.LIFETIME))
    for version in versions:
        if _is_too_early(version, session):
            ends.append(LimitPassed(version.since, Limit.POLICY, version.change))
        # Used after this was replaced, it had not ended under its limits.
        if version.until is None or version.until >= session.last_used_at:
            ends += _limits_under(version, session)
    return min(ends, key=lambda end: (end.at, _NAMED_FIRST.index(end.limit)), default=None)


def judge(versions: Iterable[Version], session: Timed, now: datetime) -> LimitPassed | None:
    """Say whether a session is over; ``None`` means it may go on.

    The answer's ``at`` is when the limit passed, not when somebody looked: a list opened
    on Monday says that a session ended on Friday. If both limits have passed, the earlier
    one counts. A limit takes effect at its exact instant (``now == at``).
    """
    end = deadline(versions, session)
    return end if end is not None and end.at <= now else None


def altered_end(versions: Sequence[Version], session: Timed) -> AlteredEnd | None:
    """The latest change since the session began that moved its end; ``None``: there is none."""
    moments = {v.since for v in versions if v.change and v.since > session.created_at}
    earlier = sorted(versions, key=lambda v: v.until or _NEVER)
    near: list[Version] = []  # those that held at the moment, so that many cost no square of time
    for at in sorted(moments, reverse=True):
        while earlier and (earlier[-1].until or _NEVER) >= at:
            near.append(earlier.pop())
        near = [version for version in near if version.since <= at]
        before, after = (
            _end_at(near, session, at, just_before=True),
            _end_at(near, session, at, just_before=False),
        )
        change = _decisive(near, session, at)
        if before != after and change is not None:
            return AlteredEnd(change, at, before, after)
    return None


def _decisive(versions: Sequence[Version], session: Timed, at: datetime) -> PolicyChange | None:
    """Of the changes of one moment that lasted, the one that leaves the session least time."""
    lasting = [v for v in versions if v.since == at and v.change and v.until != at]
    ends = [(deadline([Version(v.policy)], session), v.change) for v in lasting]
    return min(ends, key=lambda e: e[0].at if e[0] else _NEVER, default=(None, None))[1]


def _limits_under(version: Version, session: Timed) -> list[LimitPassed]:
    policy, since, until = version.policy, version.since, version.until
    found = []
    for start, length, limit in (
        (session.authenticated_at, policy.lifetime, Limit.LIFETIME),
        (session.last_used_at, policy.idle_timeout, Limit.IDLE),
    ):
        if length is None:
            continue
        at = start + length
        if at < since:
            found.append(LimitPassed(since, Limit.POLICY, version.change))
        elif until is None or at <= until:
            found.append(LimitPassed(at, limit))
    return found


def _is_too_early(version: Version, session: Timed) -> bool:
    """Whether ``not_before`` has ended the session; generations decide over clocks."""
    not_before = version.policy.not_before
    return session.generation < version.generation or (
        not_before is not None and session.authenticated_at < not_before
    )


def _end_at(
    versions: Sequence[Version], session: Timed, at: datetime, *, just_before: bool
) -> datetime | None:
    """The end that the policies of one moment would have brought."""
    held = []
    for version in versions:
        began = version.since < at or (version.since == at and not just_before)
        lasted = (
            version.until is None or version.until > at or (version.until == at and just_before)
        )
        if began and lasted:
            held.append(Version(version.policy))
    end = deadline(held, session)
    return None if end is None else end.at
