"""Sessions that are gone with the test, and otherwise are what the app has in production.

Not SQLite's ``:memory:``, which each connection has for itself, but a file where the machine
keeps files in memory: the same code, the same rules in the database, and several processes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from signedin.wiring import Sessions

_MEMORY = Path("/dev/shm")  # noqa: S108 - Linux keeps it in memory; a folder is made there


@contextmanager
def sessions_in_memory(**settings: Any) -> Iterator[Sessions]:
    """Sessions in a new database, for as long as the block lasts.

    Args:
        settings: Those of ``Sessions``, such as ``clock`` and ``policy``.
    """
    where = _MEMORY if _MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="signedin-", dir=where) as folder,
        closing(Sessions(f"sqlite:///{folder}/sessions.db", **settings)) as sessions,
    ):
        yield sessions
