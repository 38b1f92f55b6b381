"""Which change of a session's data may be the newest: what proves data in memory to be fresh.

The database counts the changes of data; a writer says in the word file, under the write lock
and before the commit, which number the session's data has from now on, and in the database
that it did. Who changes data and says nothing is told by that (docs/decisions/0012).
"""

from __future__ import annotations

import sqlite3

from signedin.stores.sqlite.change_word import ChangeWord
from signedin.stores.sqlite.connections import execute


def newest_data(connection: sqlite3.Connection) -> tuple[int, int]:
    """The number of the newest change, and of the newest that was announced."""
    ((newest, told),), _ = execute(connection, "newest_data", {})
    return newest, told


def announce_data(connection: sqlite3.Connection, word: ChangeWord, session_id: str) -> None:
    """Announce a change of a session's data, if there was one since the last."""
    newest, told = newest_data(connection)
    if newest == told:
        return
    if newest == told + 1:
        word.set_data(session_id, newest)
    else:  # somebody has changed another's, and announced nothing
        word.set_all_data(newest)
    execute(connection, "number_data", {"number": newest})


def number_anew(connection: sqlite3.Connection, word: ChangeWord) -> None:
    """Trust nobody's data of before, if some was changed and not announced, or undone.

    The new number is one that no change has had, not even one that a restored backup undid.
    """
    newest, told = newest_data(connection)
    if newest != told or newest != word.newest_data:
        number = max(newest, word.newest_data) + 1
        execute(connection, "number_data", {"number": number})
        word.set_all_data(number)
