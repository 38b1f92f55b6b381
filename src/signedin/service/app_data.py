"""What applications keep in their sessions; read when asked for, never held in memory."""

from __future__ import annotations

import functools

from signedin.core.app_data import DataChange, merged
from signedin.core.errors import SessionNotFoundError
from signedin.service.ports import Store


class DataKeeper:
    """Reads and changes the data of sessions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, session_id: str) -> str | None:
        """The data of a session as it is now, as JSON; ``None`` if it has none.

        Raises:
            StoreUnavailableError: It is not known.
        """
        return self._store.read_data(session_id)

    def change(self, session_id: str, change: DataChange) -> None:
        """Change some keys; those that others changed meanwhile stay as they are.

        Raises:
            SessionNotFoundError: There is no such session, or it has ended; nothing is revived.
            DataTooLargeError: It would be more than fits; nothing was changed.
            StoreUnavailableError: Nothing was changed.
        """
        if not self._store.change_data(session_id, functools.partial(merged, change=change)):
            raise SessionNotFoundError(session_id)
