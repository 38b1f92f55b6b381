"""What applications keep in their sessions; read when asked for, held only where provably fresh."""

from __future__ import annotations

import functools

from signedin.core.app_data import DataChange, merged
from signedin.core.errors import SessionNotFoundError
from signedin.service.memory import Memory
from signedin.service.ports import Store

HELD = 1024  # characters; what is longer is read each time, so that memory stays bounded


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
        number = self._store.data_number(session_id)
        if number is None:
            return self._store.read_data(session_id)[0]
        entry = self._memory.of_session(session_id)  # dropped at every change but one of data
        held = None if entry is None else entry.data  # once: another thread may replace it
        if held is not None and held[0] == number:
            return held[1]
        text, number = self._store.read_data(session_id)
        if entry is not None and number is not None and len(text or "") <= HELD:
            entry.data = number, text
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
