"""Changes of policy as an operator makes them, and the lengths that they are made of."""

from __future__ import annotations

from datetime import timedelta

from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.service.policies import Saved
from signedin.wiring import Sessions

OPERATOR = Actor.admin("cli")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta.resolution


def change(
    sessions: Sessions,
    policy: Policy,
    scope: str = "default",
    reason: str = "",
    *,
    end_earlier: bool = False,
) -> Saved:
    """Change a policy from the command line, where no session acts."""
    return sessions.policies.set(scope, policy, by=OPERATOR, reason=reason, end_earlier=end_earlier)
