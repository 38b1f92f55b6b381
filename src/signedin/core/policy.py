"""When a session must end.

Pure rules: no clock, no database, no settings. Each function is handed the time it
needs, so a test is a handful of datetimes and never sleeps. All times are
timezone-aware; lengths are ``timedelta``, so no number here carries a hidden unit.

Words and rules: OWASP ASVS 5.0 V7.3 and NIST SP 800-63B-4 section 5.2. Their
"inactivity timeout" is our *idle timeout*, their "absolute maximum session lifetime"
or "overall timeout" our *lifetime*. Re-authenticating restarts both (NIST 5.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from signedin.core.errors import InvalidPolicyError


class Limit(StrEnum):
    """The limit that ended a session. Stored and shown: add members, never rename one."""

    IDLE = "idle"
    LIFETIME = "lifetime"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long sessions may last; ``None`` means no limit.

    Raises:
        InvalidPolicyError: A limit is zero or negative.
    """

    idle_timeout: timedelta | None = None  # longest gap between two uses
    lifetime: timedelta | None = None  # longest time since authentication, however busy

    def __post_init__(self) -> None:
        for name, length in (("idle_timeout", self.idle_timeout), ("lifetime", self.lifetime)):
            if length is not None and length <= timedelta(0):
                raise InvalidPolicyError(f"{name} must be above zero, got {length}")


DEFAULT_POLICY = Policy(idle_timeout=timedelta(days=14), lifetime=timedelta(days=90))


@dataclass(frozen=True, slots=True)
class LimitPassed:
    """A session is over: since when, and which limit it passed."""

    at: datetime
    limit: Limit


def fixed_end(
    policy: Policy, *, authenticated_at: datetime, ends_by: datetime | None = None
) -> datetime | None:
    """The end that no use can move: the lifetime, or the session's own end if that is earlier."""
    ends = [] if ends_by is None else [ends_by]
    if policy.lifetime is not None:
        ends.append(authenticated_at + policy.lifetime)
    return min(ends, default=None)


def deadline(
    policy: Policy,
    *,
    authenticated_at: datetime,
    last_used_at: datetime,
    ends_by: datetime | None = None,
) -> LimitPassed | None:
    """When the session ends if it is not used again, and by which limit; ``None``: never.

    If two limits fall on the same instant, the one that use cannot move is named.
    """
    ends = []
    fixed = fixed_end(policy, authenticated_at=authenticated_at, ends_by=ends_by)
    if fixed is not None:
        ends.append(LimitPassed(fixed, Limit.LIFETIME))
    if policy.idle_timeout is not None:
        ends.append(LimitPassed(last_used_at + policy.idle_timeout, Limit.IDLE))
    return min(ends, key=lambda end: end.at, default=None)


def judge(
    policy: Policy,
    *,
    authenticated_at: datetime,
    last_used_at: datetime,
    now: datetime,
    ends_by: datetime | None = None,
) -> LimitPassed | None:
    """Say whether a session is over; ``None`` means it may go on.

    The answer's ``at`` is when the limit passed, not when somebody looked: a list opened
    on Monday says that a session ended on Friday. If both limits have passed, the earlier
    one counts. A limit takes effect at its exact instant (``now == at``).
    """
    end = deadline(
        policy, authenticated_at=authenticated_at, last_used_at=last_used_at, ends_by=ends_by
    )
    return end if end is not None and end.at <= now else None
