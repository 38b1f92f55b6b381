"""When somebody must prove again who they are before they may end sessions.

ASVS 5.0 7.5.2 asks for it before other sessions are terminated; `security.md` X-05 says for
which: never for one's own session, never for "everywhere", since an emergency exit must open.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from signedin.core.policy import Policy
from signedin.core.session import Session

ADMINISTRATORS_CONFIRM_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A proof of presence is needed; from ``until`` on it no longer is, if age alone is missing."""

    until: datetime | None


def is_recent(session: Session, within: timedelta, now: datetime) -> bool:
    """Whether the person proved who they are at most so long ago, at the exact instant still."""
    return now - session.authenticated_at <= within


def confirmation_needed(
    policy: Policy, acting: Session, targets: Collection[Session], now: datetime
) -> Confirmation | None:
    """What is missing before ``acting`` may end ``targets`` by choice; ``None``: nothing.

    A new session whose person has proved again who they are, after the login, counts as
    settled: who stole a cookie cannot do that.
    """
    others = [target for target in targets if target.id != acting.id]
    if not others:
        return None
    if policy.confirm_within is not None and not is_recent(acting, policy.confirm_within, now):
        return Confirmation(None)
    if policy.settle_time is None or acting.authenticated_at > acting.created_at:
        return None
    settled_at = acting.created_at + policy.settle_time
    if now >= settled_at or all(other.created_at >= acting.created_at for other in others):
        return None
    return Confirmation(settled_at)
