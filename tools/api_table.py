"""Writes the table of the API's addresses in the documentation from its operations.

usage: python -m tools.api_table
"""

from __future__ import annotations

import sys

import msgspec

from signedin.web.app import OPERATIONS
from signedin.web.operations import Operation
from tools.pasted import DOCS, Pasted


def table() -> str:
    """Every operation with what it takes, what it does and what it answers."""
    rows = ["| request | what it does | answer |", "| --- | --- | --- |"]
    for operation in OPERATIONS:
        what = f"{operation.summary}. {operation.description}".strip()
        rows.append(f"| {_request(operation)} | {what} | {operation.status} {_answer(operation)} |")
    return "\n".join(rows)


def _request(operation: Operation) -> str:
    query = "&".join(_names(operation.query))
    called = f"`{operation.method} {operation.path}{'?' if query else ''}{query}`"
    body = ", ".join(_names(operation.body, optional="?"))
    return f"{called} `{{{body}}}`" if body else called


def _names(kind: type[msgspec.Struct] | None, optional: str = "") -> list[str]:
    if kind is None:
        return []
    return [f.name + ("" if f.required else optional) for f in msgspec.structs.fields(kind)]


def _answer(operation: Operation) -> str:
    held = operation.answer
    return held.__name__ if isinstance(held, type) else "object"


API = Pasted(DOCS / "api.md", "addresses", "tools.api_table", table)

if __name__ == "__main__":
    sys.exit(API.write())
