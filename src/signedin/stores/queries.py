"""The named statements of `queries.sql` and of each engine's own, read once."""

from __future__ import annotations

import re
from importlib.resources import files

# Of other statements; some only an engine has.
_PARTS = (
    *("columns", "seen", "last_seen", "in_list", "in_ids", "ids", "in_numbers", "origin"),
    *("id", "authenticated_at", "authenticating", "authenticated", "data_must_be_heard"),
)


def statements_for(engine: str) -> dict[str, str]:
    """Those that every engine has and those of one of them, by name."""
    folder = files(__package__)
    found = {}
    for place in (folder, folder / engine):
        text = (place / "queries.sql").read_text(encoding="utf-8")
        for block in text.split("-- name: ")[1:]:
            name, _, statement = block.partition("\n")
            found[name.strip()] = statement.partition("\n-- ")[0].strip()
    parts = {f"{{{name}}}": found.pop(name) for name in _PARTS if name in found}
    for name, statement in found.items():
        for part, text in parts.items():
            statement = statement.replace(part, text)
        found[name] = statement
    return found


def with_marks(statement: str) -> str:
    """A statement with the marks for its values that psycopg and Django know, ``%(name)s``."""
    return re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", statement.replace("%", "%%"))
