"""A clock that stands still until it is told to move."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class FixedClock:
    """Time as a parameter; differences in real time (`elapsed`) and entropy stay real.

    Args:
        at: When it stands still.
    """

    def __init__(self, at: datetime = MONDAY) -> None:
        self._at = at

    def advance(self, length: timedelta) -> None:
        """Let time pass."""
        self._at += length

    def time(self) -> float:
        return self._at.timestamp()

    def now(self) -> datetime:
        return self._at

    def elapsed(self) -> float:
        return time.monotonic()

    def entropy(self, length: int) -> bytes:
        return secrets.token_bytes(length)
