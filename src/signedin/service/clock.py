"""The only place where time and randomness come from outside."""

from __future__ import annotations

import secrets
import time as machine
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time and entropy, so that tests can hold both still."""

    def time(self) -> float:
        """Seconds since 1970 UTC; on the hot path, where a ``datetime`` would cost too much."""
        ...

    def now(self) -> datetime:
        """The same instant as an aware UTC datetime."""
        ...

    def elapsed(self) -> float:
        """Seconds on a clock that is never set; only differences mean something."""
        ...

    def entropy(self, length: int) -> bytes:
        """Unpredictable bytes."""
        ...


class SystemClock:
    """The machine's clock and its source of randomness."""

    time = staticmethod(machine.time)
    elapsed = staticmethod(machine.monotonic)
    entropy = staticmethod(secrets.token_bytes)

    def now(self) -> datetime:
        return datetime.now(UTC)


class Steadiness:
    """Whether the clock can be trusted with what cannot be taken back.

    After a jump nothing is swept or deleted until the clock has stayed in step with the one
    that is never set for a while: a date that was wrong for a minute must erase nothing.
    """

    JUMP = 60.0  # seconds between the two clocks that no drift explains
    PATIENCE = 600.0  # seconds

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._difference = clock.time() - clock.elapsed()
        self._trusted_from = clock.elapsed()

    def is_steady(self) -> bool:
        """Whether the clock has not jumped of late."""
        difference = self._clock.time() - self._clock.elapsed()
        if abs(difference - self._difference) > self.JUMP:
            self._difference = difference
            self._trusted_from = self._clock.elapsed() + self.PATIENCE
        return self._clock.elapsed() >= self._trusted_from
