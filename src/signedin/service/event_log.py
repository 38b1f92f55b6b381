"""What happened, to be read: one ordered list that only ever grows at its end.

Positions order it, never times: a clock may step back. What is older than the retention
disappears from its beginning, and addresses in it earlier (``sweep.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

from signedin.core.event import Event
from signedin.service.ports import Store

BEHIND_ALL = 2**63 - 1  # more than any position


class EventLog:
    """The events of a database, each with its position."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def latest(
        self, limit: int, *, before: int = BEHIND_ALL, user_id: str | None = None
    ) -> Sequence[tuple[int, Event]]:
        """The newest events, the newest first; ``before`` a position, for the next page.

        Args:
            user_id: Only what happened to this person.
        """
        with self._store.reading() as reads:
            return reads.events_before(before, limit, user_id)

    def after(self, position: int, limit: int) -> Sequence[tuple[int, Event]]:
        """What followed on a position, the oldest first; 0 is before everything."""
        with self._store.reading() as reads:
            return reads.events_after(position, limit)
