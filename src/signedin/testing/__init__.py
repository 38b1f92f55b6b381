"""What the tests of an app need: a clock that stands still, sessions in memory, and log-ins.

``signedin.testing.conformance`` has the tests that every store must pass.
"""

from __future__ import annotations

from signedin.testing.clients import log_in
from signedin.testing.clock import FixedClock
from signedin.testing.sessions import sessions_in_memory

__all__ = ["FixedClock", "log_in", "sessions_in_memory"]
