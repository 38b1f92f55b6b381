"""How often one person may list and terminate sessions (design.md, section 7).

Counted in the memory of each process, so a server with several workers allows several times
as much: that is enough against a program that runs wild, and costs no write per request.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import timedelta

PER_PERSON = 600  # requests a minute
RESERVED = 60  # of these for each session alone, so that a thief cannot use up the owner's
REMEMBERED = 10_000  # sessions, and as many people; who asked longest ago is forgotten


class Buckets:
    """Token buckets by key: full at first, and filled again within a minute."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._per_second = size / 60
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """Take one token; 0, or the seconds until there is one.

        Args:
            now: In seconds. A clock that was set back fills nothing and empties nothing.
        """
        level, since = self._levels.pop(key, (float(self._size), now))
        level = min(self._size, level + max(0.0, now - since) * self._per_second)
        wait = 0.0 if level >= 1 else (1 - level) / self._per_second
        self._levels[key] = (level if wait else level - 1, now)
        if len(self._levels) > REMEMBERED:
            self._levels.popitem(last=False)
        return wait


class PersonLimits:
    """What one person may ask for in a minute, from all their sessions together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions = Buckets(RESERVED)
        self._people = Buckets(PER_PERSON - RESERVED)

    def take(self, user_id: str, session_id: str, now: float) -> timedelta:
        """Count one request; zero, or how long to wait because there were too many.

        Each session first uses what is reserved for it, then what the person's sessions share.
        """
        with self._lock:
            wait = self._sessions.take(session_id, now)
            if wait:
                wait = min(wait, self._people.take(user_id, now))
        return timedelta(seconds=wait)
