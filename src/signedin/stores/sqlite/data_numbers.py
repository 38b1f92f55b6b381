"""Which change of a session's data may be the newest: what proves data in memory to be fresh.

The database counts the changes of data; a writer says in the word file, under the write lock
and before the commit, which number the session's data has from now on, and in the database
that it did. Who changes data and says nothing is told by that (docs/decisions/0012).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from signedin.stores.sqlite.change_word import ChangeWord
from signedin.stores.sqlite.connections import execute


def newest_data(connection: sqlite3.Connection) -> tuple[int, int]:
    """The number of the newest change, and of the newest that was announced."""
    ((newest, told),), _ = execute(connection, "newest_data", {})
    return newest, told


@contextmanager
def announcing_data(
    connection: sqlite3.Connection, word: ChangeWord, session_id: str
) -> Iterator[None]:
    """Announce what the block changes in a session's data, if it does; under the write lock."""
    before = number_anew(connection, word)  # what another left is not taken for the block's own
    yield
    newest, _ = newest_data(connection)
    if newest > before:
        word.set_data(session_id, newest)
        execute(connection, "number_data", {"number": newest})


def number_anew(connection: sqlite3.Connection, word: ChangeWord) -> int:
    """Trust nobody's data of before, if some was changed and not announced, or undone.

    The new number is one that no change has had, not even one that a restored backup undid. It
    is in the word first: on a full disk it gets no further, and then nothing is held.
    """
    newest, told = newest_data(connection)
    if newest == told == word.newest_data:
        return newest
    number = max(newest, word.newest_data) + 1
    word.set_all_data(number)
    execute(connection, "number_data", {"number": number})
    return number
