"""The clock of ``signedin.testing``, where our own tests look for it."""

from __future__ import annotations

from signedin.testing.clock import MONDAY, FixedClock

__all__ = ["MONDAY", "FixedClock"]
