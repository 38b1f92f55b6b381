"""Which file a process has opened: nothing counts that it says once another is in its place.

Others find by its name what was put there, a backup or a new database. What they end stands in no
file that was opened before, and what is ended here would hold for nobody else.
"""

from __future__ import annotations

import os
from pathlib import Path

from signedin.core.errors import StoreUnavailableError


class DatabaseFile:
    """The file at a path, the same for as long as anything of it is open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: tuple[int, int] | None = None

    def note_opened(self) -> None:
        """Remember which file it is; to be called with a connection to it open.

        Raises:
            StoreUnavailableError: It is another one than before.
        """
        if self._opened is None:
            self._opened = self._now()
        self.refuse_other()

    def is_in_place(self) -> bool:
        """Whether others find the same file by its name."""
        return self._opened is None or self._opened == self._now()

    def refuse_other(self) -> None:
        """Go no further without the file that was opened.

        Raises:
            StoreUnavailableError: It is not in its place.
        """
        if self.is_in_place():
            return
        if self._now() is None:
            raise StoreUnavailableError(
                "The database file is gone. Nothing was changed; put it back, or stop this process."
            )
        raise StoreUnavailableError(
            "There is another file in the place of the database by now. Nothing was changed; "
            "start this process anew."
        )

    def forget(self) -> None:
        """All was closed: whatever is opened next is the database."""
        self._opened = None

    def _now(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_dev, found.st_ino
