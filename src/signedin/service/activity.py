"""When sessions were last used: noted in memory, written in batches (I5).

A note costs a check almost nothing and may be lost with the process; what the limits
need is written before the response instead (``check.py``). Writing only moves
``last_used_at`` forward and only on live rows, so a late note revives nothing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from signedin.core.errors import StoreUnavailableError
from signedin.core.place import Place
from signedin.core.session import Client
from signedin.service.clock import Clock
from signedin.service.memory import Entry
from signedin.service.ports import Store, Use

FLUSH_INTERVAL = 5.0  # seconds
PATIENCE = 5.0  # seconds that a flush waits for another; a healthy one takes less
BATCH = 100  # rows a transaction; larger ones keep a terminate waiting (performance.md 3e)


class Activity:
    """The uses that wait to be written."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        find_place: Callable[[str | None], Place],
        written: Callable[[int], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._written = written  # told how many uses each transaction wrote
        self._find_place = find_place
        self.waiting: deque[Entry] = deque()
        self._flushing = threading.Lock()
        self._failed_at = float("-inf")  # on the clock that is never set
        self.extend: Callable[[Entry, float], None] = _keep

    def note(self, entry: Entry) -> None:
        """Let the next flush write the entry's last use."""
        if not entry.noted:
            entry.noted = True
            self.waiting.append(entry)

    def write_now(self, entry: Entry) -> None:
        """Write one use before its response, because a limit is near.

        Raises:
            StoreUnavailableError: It could not be written.
        """
        self._write([(entry, _use(entry))])

    def flush(self) -> None:
        """Write every use noted so far; one at a time, so that who returns knows it is done.

        Raises:
            StoreUnavailableError: What could not be written goes on waiting.
        """
        if not self._flushing.acquire(timeout=PATIENCE):
            raise StoreUnavailableError("The last uses cannot be written now. Try again.")
        try:
            # What is noted meanwhile is left to the next one: under load there is always more.
            left = len(self.waiting)
            while batch := self._take(min(left, BATCH)):
                self._write(batch)
                left -= len(batch)
        finally:
            self._flushing.release()

    def flush_if_possible(self, *, again: bool) -> None:
        """Before people look; what cannot be written now is no reason not to show the rest.

        Not within an interval of a failure unless ``again``: each try may wait for seconds
        for a database that is busy, and one page looks many times.
        """
        if again or self._clock.elapsed() - self._failed_at >= FLUSH_INTERVAL:
            try:
                self.flush()
            except StoreUnavailableError:
                self._failed_at = self._clock.elapsed()

    def forked(self) -> None:
        """The uses noted in the parent are the parent's to write."""
        self.waiting.clear()
        self._flushing = threading.Lock()

    def _write(self, batch: list[tuple[Entry, Use]]) -> None:
        try:
            self._store.write_uses([use for _, use in batch], self._find_place)
        except BaseException:
            self._put_back(batch)
            raise
        self._written(len(batch))
        for entry, use in batch:
            self.extend(entry, use.at.timestamp())

    def _take(self, most: int) -> list[tuple[Entry, Use]]:
        batch: list[tuple[Entry, Use]] = []
        while self.waiting and len(batch) < most:
            entry = self.waiting.popleft()
            entry.noted = False  # before the time is read, so that no later use is missed
            batch.append((entry, _use(entry)))
        return batch

    def _put_back(self, batch: list[tuple[Entry, Use]]) -> None:
        for entry, use in batch:
            entry.seen = entry.seen or use.seen
            self.note(entry)


def _use(entry: Entry) -> Use:
    seen: Client | None = entry.seen
    entry.seen = None
    return Use(entry.session_id, datetime.fromtimestamp(entry.used, UTC), entry.address, seen)


def _keep(entry: Entry, used: float) -> None:
    """Until the checker says how long a written use makes an entry good for."""
