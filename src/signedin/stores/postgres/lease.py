"""How long a process may answer from memory, by a clock that nobody sets.

The clock goes on while the machine sleeps. Where there is none such, no lease is ever held.
"""

from __future__ import annotations

import functools
import math
import sys
import time
from collections.abc import Callable

if sys.platform == "linux":
    CLOCK: int | None = time.CLOCK_BOOTTIME
elif sys.platform == "darwin":
    CLOCK = time.CLOCK_MONOTONIC  # there it counts sleep
else:
    CLOCK = None

HELD = 0.99  # of its length, so that clocks may run apart by a little

#: Seconds; only differences mean something.
now: Callable[[], float] = (
    time.monotonic if CLOCK is None else functools.partial(time.clock_gettime, CLOCK)
)


class Lease:
    """Until when what was heard before may be trusted."""

    __slots__ = ("length", "until")

    def __init__(self) -> None:
        self.length = 0.0  # seconds; one value for all, in the database
        self.until = 0.0

    def holds(self) -> bool:
        """Whether it has not run out; a check costs this on its way to memory."""
        return now() < self.until

    def age(self) -> float:
        """Seconds since it began to run; infinite if it has run out."""
        left = self.until - now()
        return HELD * self.length - left if left > 0 else math.inf

    def runs_from(self, sent: float) -> float:
        """When one ends whose heartbeat was sent at this time."""
        return sent + HELD * self.length
