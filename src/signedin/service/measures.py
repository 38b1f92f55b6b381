"""What a process has done since it began, and what it holds, for whoever watches it.

Counting must not slow down what is counted: nothing here is touched on the way to memory
unless ``counting`` was asked for.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from signedin.core.session import Decision
from signedin.service.clock import Clock
from signedin.service.memory import Memory
from signedin.service.ports import FeedState, Store

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
USES = (1, 5, 10, 25, 50, 100, 250, 500)
COUNTED_EVERY = 60.0  # seconds at least
COUNTED_SHARE = 1000  # counting takes one part in so many of the time at most

Held = Callable[[bytes, str | None, bytes], Decision | None]


class Histogram:
    """How many values were at most as large as each bound; safe from any thread."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.forked()

    def observe(self, value: float) -> None:
        with self._lock:
            self.counts[bisect_left(self.bounds, value)] += 1
            self.total += value

    def forked(self) -> None:
        """A forked child counts its own, under a lock that nobody else can hold."""
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0
        self._lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sessions the database holds, as of a time in seconds since 1970."""

    live: int
    ended: int
    at: float


class Measures:
    """The counters of one process; they begin at zero with it."""

    def __init__(self, store: Store, memory: Memory, clock: Clock) -> None:
        self.answered_by_memory = 0
        self.answered_by_database = 0
        self.started = 0
        self.ended: Counter[str] = Counter()  # by reason
        self.ends = Histogram(SECONDS)  # from the call to the receipt
        self.flushes = Histogram(USES)
        self._store = store
        self._memory = memory
        self._clock = clock
        self._counting = threading.Lock()
        self._counts: Counts | None = None
        self._count_from = 0.0

    def counting(self, held: Held) -> Held:
        """The same check of memory, counted; that costs it a twentieth of a microsecond."""

        def counted(token: bytes, address: str | None, agent: bytes) -> Decision | None:
            decision = held(token, address, agent)
            if decision is not None:
                self.answered_by_memory += 1
            return decision

        return counted

    def note_ends(self, reasons: Mapping[str, int], took: float) -> None:
        """Sessions were ended, by reason, and that took so many seconds."""
        self.ended.update(reasons)
        self.ends.observe(took)

    def forked(self) -> None:
        """A forked child has done nothing yet, and holds no lock of its parent."""
        self.answered_by_memory = self.answered_by_database = self.started = 0
        self.ended.clear()
        self.ends.forked()
        self.flushes.forked()
        self._counting = threading.Lock()

    @property
    def held(self) -> tuple[int, int]:
        """How many sessions are in memory, and how many there may be."""
        return len(self._memory.entries), self._memory.capacity

    def is_memory_trusted(self) -> bool:
        """Whether checks may be answered from memory at this instant."""
        return self._store.is_fresh()

    def feed(self) -> FeedState | None:
        """How this process hears of the others; ``None`` where there is no feed.

        Raises:
            StoreUnavailableError: The database cannot be asked.
        """
        return self._store.feed_state()

    def sessions(self) -> Counts:
        """How many sessions there are: counted again when the last count has paid off.

        Raises:
            StoreUnavailableError: The database cannot be asked.
        """
        with self._counting:
            began = self._clock.elapsed()
            if self._counts is None or began >= self._count_from:
                with self._store.scanning() as reads:
                    ((live, ended),) = reads.rows("count_sessions")
                took = self._clock.elapsed() - began
                self._counts = Counts(live, ended, self._clock.time())
                self._count_from = began + max(COUNTED_EVERY, COUNTED_SHARE * took)
            return self._counts


def cumulated(histogram: Histogram) -> Iterable[tuple[float, int]]:
    """Each bound and how many values were at most as large, the last one for all."""
    total = 0
    for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts, strict=True):
        total += count
        yield bound, total
