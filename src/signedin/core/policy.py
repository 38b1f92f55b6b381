"""What an administrator allows: how long sessions may last, and how many there may be.

Pure rules: no clock, no database, no settings. When a session ends under the policies that
apply to it is worked out in ``deadline.py``.

Words and rules: OWASP ASVS 5.0 V7.3 and NIST SP 800-63B-4 section 5.2. Their
"inactivity timeout" is our *idle timeout*, their "absolute maximum session lifetime"
or "overall timeout" our *lifetime*. Re-authenticating restarts both (NIST 5.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from signedin.core.errors import InvalidPolicyError
from signedin.core.user_id import is_user_id

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=36_500)  # a century: longer is a slip of the keyboard
MOST_SESSIONS = 100_000
ORGANIZATION_LENGTH = 100

DEFAULT_SCOPE = "default"
_ORGANIZATION, _USER = "organization:", "user:"
_ORGANIZATION_NAME = re.compile(r"[^\s:,/][^:,/]*")


class WhenFull(StrEnum):
    """What a login does that would be one too many. Stored: add members, never rename one."""

    END_OLDEST = "end_oldest"  # the one used longest ago
    ASK = "ask"  # the person chooses what ends, before the new session exists
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one scope allows; ``None`` means no limit.

    Args:
        idle_timeout: Longest gap between two uses.
        lifetime: Longest time since the authentication, however busy.
        max_sessions: Most live sessions of one person.
        when_full: What a login does that would be one too many.
        not_before: Whatever was authenticated earlier has ended.
        settle_time: So long a new session cannot end older ones without being confirmed.
        confirm_within: Who ends other sessions has proved their presence at most so long ago.

    Raises:
        InvalidPolicyError: A limit that no session could satisfy, or that makes no sense.
    """

    idle_timeout: timedelta | None = None
    lifetime: timedelta | None = None
    max_sessions: int | None = None
    when_full: WhenFull = WhenFull.ASK
    not_before: datetime | None = None
    settle_time: timedelta | None = None
    confirm_within: timedelta | None = None

    def __post_init__(self) -> None:
        for name in ("idle_timeout", "lifetime", "settle_time", "confirm_within"):
            length: timedelta | None = getattr(self, name)
            if length is None:
                continue
            if length < SHORTEST:
                raise InvalidPolicyError(f"{name} must be at least one second, got {length}")
            if length > LONGEST:
                raise InvalidPolicyError(f"{name} must be at most a hundred years, got {length}")
        if self.max_sessions is not None and not 1 <= self.max_sessions <= MOST_SESSIONS:
            raise InvalidPolicyError(
                f"max_sessions must be from 1 to {MOST_SESSIONS}, got {self.max_sessions}"
            )
        if self.not_before is not None:
            if self.not_before.tzinfo is None:
                raise InvalidPolicyError("not_before needs a time zone")
            try:
                self.not_before.astimezone(UTC)
            except OverflowError:  # kept, it could never be read again
                raise InvalidPolicyError("not_before is no time in UTC") from None


DEFAULT_POLICY = Policy(idle_timeout=timedelta(days=14), lifetime=timedelta(days=90))

# The authenticator assurance levels of NIST SP 800-63B-4, sections 2.1.3, 2.2.3 and 2.3.3. That
# who ends other sessions confirms their presence is ASVS 5.0 7.5.2; its length is ours.
PRESETS: Mapping[str, Policy] = {
    "aal1": Policy(lifetime=timedelta(days=30)),
    "aal2": Policy(
        lifetime=timedelta(hours=24),
        idle_timeout=timedelta(hours=1),
        confirm_within=timedelta(minutes=15),
    ),
    "aal3": Policy(
        lifetime=timedelta(hours=12),
        idle_timeout=timedelta(minutes=15),
        confirm_within=timedelta(minutes=15),
    ),
}


def strictest(*policies: Policy) -> Policy:
    """What holds where several apply: each can only shorten what the others allow.

    The cap is the smallest, with what *its* policy does when it is reached; of equal ones
    the one that refuses before the one that asks before the one that ends.
    """
    capped = [p for p in policies if p.max_sessions is not None]
    order = [WhenFull.REFUSE, WhenFull.ASK, WhenFull.END_OLDEST]
    tightest = min(
        capped, key=lambda p: (p.max_sessions or 0, order.index(p.when_full)), default=Policy()
    )
    return Policy(
        idle_timeout=min((p.idle_timeout for p in policies if p.idle_timeout), default=None),
        lifetime=min((p.lifetime for p in policies if p.lifetime), default=None),
        max_sessions=tightest.max_sessions,
        when_full=tightest.when_full,
        not_before=max((p.not_before for p in policies if p.not_before), default=None),
        settle_time=max((p.settle_time for p in policies if p.settle_time), default=None),
        confirm_within=min((p.confirm_within for p in policies if p.confirm_within), default=None),
    )


def organization_scope(name: str) -> str:
    """The scope of an organization's policy.

    Raises:
        InvalidPolicyError: That is no name for an organization.
    """
    if (
        len(name) > ORGANIZATION_LENGTH
        or _ORGANIZATION_NAME.fullmatch(name) is None
        or name != name.strip()
        or not name.isprintable()
        or not any(character.isalnum() for character in name)  # such as "..", which is no address
    ):
        raise InvalidPolicyError(
            f"An organization's name has up to {ORGANIZATION_LENGTH} visible characters, "
            "among them a letter or a digit, and none of : , /"
        )
    return _ORGANIZATION + name


def user_scope(user_id: str) -> str:
    """The scope of what people set for themselves."""
    return _USER + user_id


def person_of(scope: str) -> str | None:
    """Whose own scope this is, if it is somebody's."""
    return scope.removeprefix(_USER) if scope.startswith(_USER) else None


def scopes_of(user_id: str | None, organizations: Iterable[str]) -> list[str]:
    """Every scope that applies to a session: the installation, its organizations, its person."""
    scopes = [DEFAULT_SCOPE, *(_ORGANIZATION + name for name in organizations)]
    return scopes if user_id is None else [*scopes, user_scope(user_id)]


def check_scope(scope: str, policy: Policy) -> None:
    """Refuse a scope that there is not, or a policy that is not for it.

    Raises:
        InvalidPolicyError: It is none of ``default``, ``organization:NAME`` and ``user:ID``,
            or people would set for themselves what only administrators may.
    """
    if scope.startswith(_ORGANIZATION):
        organization_scope(scope.removeprefix(_ORGANIZATION))
    elif (user_id := person_of(scope)) is not None and is_user_id(user_id):
        own = Policy(idle_timeout=policy.idle_timeout, not_before=policy.not_before)
        if policy != own:
            raise InvalidPolicyError(
                "A person's own policy has an idle timeout, and nothing else but not_before."
            )
    elif scope != DEFAULT_SCOPE:
        raise InvalidPolicyError(
            f"{scope} is no scope; there are: default, organization:NAME, user:ID"
        )


def oddities(policy: Policy) -> list[str]:
    """Sentences about what is allowed and probably not meant."""
    idle, lifetime, said = policy.idle_timeout, policy.lifetime, []
    if idle is not None and lifetime is not None and idle >= lifetime:
        said.append("The idle timeout never takes effect: the lifetime is over before.")
    shortest = min((length for length in (idle, lifetime) if length), default=None)
    if shortest is not None and shortest < timedelta(minutes=2):
        said.append("People will be logged out within two minutes.")
    if policy.settle_time is not None and lifetime is not None and policy.settle_time >= lifetime:
        said.append("No session ever gets old enough to end another without being confirmed.")
    if idle is None and lifetime is None:
        said.append("Sessions never end by themselves.")
    return said
