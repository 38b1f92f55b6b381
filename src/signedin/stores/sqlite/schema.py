"""The tables: how they are brought up to date, one statement at a time, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from signedin.stores.migrate import Migration, pending


def bring_up_to_date(connection: sqlite3.Connection) -> list[str]:
    """Apply what is missing; the names of what was applied."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS signedin_schema (version INTEGER NOT NULL) STRICT"
    )
    todo = pending("sqlite", version_of(connection))
    for migration in todo:
        for statement in statements_of(migration):
            connection.execute(statement)
        connection.execute("INSERT INTO signedin_schema (version) VALUES (?)", (migration[0],))
    return [name for _, name, _ in todo]


def version_of(connection: sqlite3.Connection) -> int:
    """The newest migration that was applied; 0: none."""
    ours = "SELECT 1 FROM sqlite_master WHERE name = 'signedin_schema'"
    if not connection.execute(ours).fetchone():
        return 0
    newest = "SELECT coalesce(max(version), 0) FROM signedin_schema"
    (version,) = connection.execute(newest).fetchone()
    return int(version)


def statements_of(migration: Migration) -> Iterator[str]:
    """What SQLite runs one at a time; a trigger's own statements stay together."""
    statement = ""
    for line in migration[2].splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
