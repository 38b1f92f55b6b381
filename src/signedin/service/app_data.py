"""What applications keep in their sessions; read when asked for, held only where provably fresh."""

from __future__ import annotations

import functools

from signedin.core.app_data import DataChange, merged
from signedin.core.errors import SessionNotFoundError
from signedin.service.memory import Memory
from signedin.service.ports import Store

HELD = 1024  # characters; what is longer is read each time, so that memory stays bounded
# Times that it was read and stayed the same before a write is made so that it can be held: what
# that write and a change that others must hear of cost, in reads (docs/decisions/0013).
SAME = 8


class DataKeeper:
    """Reads and changes the data of sessions."""

    def __init__(self, store: Store, memory: Memory) -> None:
        self._store = store
        self._memory = memory

    def read(self, session_id: str) -> str | None:
        """The data of a session as it is now, as JSON; ``None`` if it has none.

        Raises:
            StoreUnavailableError: It is not known.
        """
        held = self.held(session_id)
        return self._read_and_hold(session_id) if held is None else held[1]

    def held(self, session_id: str) -> tuple[int, str | None] | None:
        """A number and the data, if it can be had without asking the database."""
        number = self._store.data_number(session_id)  # before the entry, never after
        entry = self._memory.of_session(session_id)  # dropped at every change but one of data
        held = None if entry is None else entry.data  # once: another thread may replace it
        return held if held is not None and held[0] == number else None

    def _read_and_hold(self, session_id: str) -> str | None:
        noted = self._memory.changes  # before freshness, and that before what is to be kept
        if self._store.data_number(session_id) is None:
            return self._store.read_data(session_id)[0]
        entry = self._memory.of_session(session_id)
        before = None if entry is None else entry.data
        times, seen = before if before is not None and before[0] < 0 else (0, None)
        text, number = self._store.read_data(session_id, hold=times <= -SAME)
        if entry is not None and len(text or "") <= HELD:
            if number is None:
                goes_on = -SAME < times < 0 and seen == text
                number = times - 1 if goes_on else -1
            self._memory.put_data(entry, number, text, noted=noted)
        return text

    def change(self, session_id: str, change: DataChange) -> None:
        """Change some keys; those that others changed meanwhile stay as they are.

        Raises:
            SessionNotFoundError: There is no such session, or it has ended; nothing is revived.
            DataTooLargeError: It would be more than fits; nothing was changed.
            StoreUnavailableError: Nothing was changed.
        """
        if not self._store.change_data(session_id, functools.partial(merged, change=change)):
            raise SessionNotFoundError(session_id)
