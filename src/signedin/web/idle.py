"""The warning before the idle limit (WCAG 2.2.1; NIST SP 800-63B-4, 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from signedin.core.policy import Policy

LONG = timedelta(hours=20)  # WCAG 2.2.1: longer limits need no warning
LEAST = timedelta(seconds=20)  # WCAG 2.2.1: what people have at least to ask for more
MOST = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class IdleWarning:
    """When a page warns: so many seconds ``ahead`` of the end, ``seconds`` after a use."""

    seconds: int
    ahead: int


def idle_warning(policy: Policy) -> IdleWarning | None:
    """How a page that was asked for just now warns; ``None`` where the limit is long."""
    idle = policy.idle_timeout
    if idle is None or idle >= LONG:
        return None
    ahead = max(LEAST, min(MOST, idle / 5))
    return IdleWarning(int(idle.total_seconds()), int(ahead.total_seconds()))
