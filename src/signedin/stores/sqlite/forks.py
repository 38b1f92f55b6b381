"""Nothing is open while a process forks.

SQLite keeps the locks of a file in the memory of the process. A child inherits the list, but not
the locks: what it opens would share both, read what others overwrite, lose what it writes, or
wait for ever for a writer that it does not have. So the connections are closed before, and opened
again when they are needed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection

from signedin.core.errors import StoreUnavailableError
from signedin.stores.sqlite.connections import BUSY_TIMEOUT, Connection

PATIENCE = BUSY_TIMEOUT + 1.0  # seconds that a fork waits for those who use the database


class Standstill:
    """Keeps connections closed, for each thread that forks from before until after it."""

    def __init__(self) -> None:
        self._is_torn = False  # forked while somebody used a connection
        self._kept: dict[int, list[Connection]] = {}

    def begin(self, connections: Collection[Connection]) -> None:
        """Close them all once nobody uses them; what is in use for too long stays open."""
        kept = self._kept[threading.get_ident()] = []
        last_try = time.monotonic() + PATIENCE
        while left := [each for each in list(connections) if each not in kept]:
            for connection in left:
                if not connection.shut(max(0.0, last_try - time.monotonic())):
                    return
                kept.append(connection)

    def end(self) -> None:
        """Let them be opened again."""
        for connection in self._kept.pop(threading.get_ident(), ()):
            connection.unlock()

    def forked(self, inherited: Collection[Connection]) -> None:
        """In the child: what is still open now is half of something, nobody can tell of what."""
        self._kept = {}
        self._is_torn |= any(connection.is_open for connection in inherited)

    def refuse_torn(self) -> None:
        """Go no further in a child that has inherited what it should not have.

        Raises:
            StoreUnavailableError: It has.
        """
        if self._is_torn:
            raise StoreUnavailableError(
                "This process was forked in the middle of a use of the database, and cannot use "
                "it. Fork before or after that, or start a process anew."
            )
