"""The named statements of `queries.sql`, read once."""

from __future__ import annotations

from importlib.resources import files


def _load() -> dict[str, str]:
    text = (files(__package__) / "queries.sql").read_text(encoding="utf-8")
    statements = {}
    for block in text.split("-- name: ")[1:]:
        name, _, statement = block.partition("\n")
        statements[name.strip()] = statement.strip()
    columns = statements.pop("columns")
    return {name: text.replace("{columns}", columns) for name, text in statements.items()}


QUERIES = _load()
