"""Tests wait for what is to come about, and never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 30.0  # seconds; a machine that is busy is no failure, a process that hangs is


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, giving the processor to whoever brings it about."""
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0)
