"""A migration as SQLite runs it: one statement at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from signedin.stores.migrate import Migration


def statements_of(migration: Migration) -> Iterator[str]:
    """What SQLite runs one at a time; a trigger's own statements stay together."""
    statement = ""
    for line in migration[2].splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
