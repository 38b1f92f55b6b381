"""Where the plain functions run: in worker threads, and those that hash in threads of their own.

A login waits for its hash behind a bound (`accounts/passwords.py`). Waiting in the threads of
everybody, a few dozen logins at once would let nobody else read or end a session.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

HASHING_THREADS = 8  # twice what can hash at once: while some do, others read and write
_PASSWORDS = frozenset({"password", "current_password", "confirm_password"})

Result = TypeVar("Result")
_hashing: RunVar[CapacityLimiter] = RunVar("signedin hashing threads")


async def run(function: Callable[..., Result], *given: Any, fields: Collection[str]) -> Result:
    """Run a function in a thread; ``fields`` are the names of what was sent with the request."""
    limiter = None if _PASSWORDS.isdisjoint(fields) else _hashing_limiter()
    return await run_sync(function, *given, limiter=limiter)


def _hashing_limiter() -> CapacityLimiter:
    try:
        return _hashing.get()
    except LookupError:
        limiter = CapacityLimiter(HASHING_THREADS)
        _hashing.set(limiter)
        return limiter
