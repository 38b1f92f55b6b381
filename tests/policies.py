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
# What no database may take, since nobody could read it or later repair it.
NO_POLICIES = [
    "",
    "idle_timeout: 1h",
    "null",
    "7",
    "[]",
    "{}",
    '{"when_full":"perhaps"}',
    '{"when_full":null}',
    '{"when_full":["ask"]}',
    '{"when_full":"ask","idle_timeout":0}',
    '{"when_full":"ask","idle_timeout":-1000000}',
    '{"when_full":"ask","idle_timeout":999999}',
    '{"when_full":"ask","idle_timeout":3600}',
    '{"when_full":"ask","lifetime":1e30}',
    '{"when_full":"ask","lifetime":3600000000.5}',
    '{"when_full":"ask","lifetime":"3600000000"}',
    '{"when_full":"ask","settle_time":null}',
    '{"when_full":"ask","confirm_within":4000000000000000}',
    '{"when_full":"ask","max_sessions":0}',
    '{"when_full":"ask","max_sessions":true}',
    '{"when_full":"ask","max_sessions":100001}',
    '{"when_full":"ask","not_before":"2026-01-01"}',
    '{"when_full":"ask","not_before":-62135596800000001}',
    '{"when_full":"ask","not_before":250000000000000001}',
    '{"when_full":"ask","not_before":1,"idle_timeuot":3600000000}',
    '{"when_full":"ask","lifetime":3600000000.0}',
    '{"when_full":"ask","lifetime":99999999999999999999999}',
    '{"when_full":"ask","idle_timeuot":3600000000}',
]


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
