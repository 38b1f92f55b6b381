"""Runs signedin's own numbered migrations from within Django's, on Django's connection."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from signedin.django.configuration import read_configuration
from signedin.django.connection import ENGINES
from signedin.stores.migrate import pending
from signedin.stores.sqlite.schema import statements_of

_SCHEMA = "CREATE TABLE IF NOT EXISTS signedin_schema (version integer NOT NULL)"


def bring_up_to(apps: Any, editor: BaseDatabaseSchemaEditor, *, number: int) -> None:
    """Apply what is missing up to a number, in the database that keeps the sessions."""
    connection = editor.connection
    if connection.alias != read_configuration().database:
        return
    engine = ENGINES[connection.vendor]
    with connection.cursor() as cursor:
        if engine == "postgres":
            from signedin.stores.postgres.store import WRITERS  # it needs a driver

            # Who is writing gets to the end first: once they have read, they need the tables.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS])
        cursor.execute(_SCHEMA + (" STRICT" if engine == "sqlite" else ""))
        cursor.execute("SELECT coalesce(max(version), 0) FROM signedin_schema")
        (version,) = cursor.fetchone()
        for migration in pending(engine, version):
            if migration[0] > number:
                return
            texts = statements_of(migration) if engine == "sqlite" else [migration[2]]
            for text in texts:
                cursor.execute(text)
            cursor.execute("INSERT INTO signedin_schema (version) VALUES (%s)", [migration[0]])
