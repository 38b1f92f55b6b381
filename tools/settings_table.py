"""Writes the table of settings in the documentation from the class that reads them.

usage: python -m tools.settings_table
"""

from __future__ import annotations

import dataclasses
import sys
from datetime import timedelta

from signedin.cli.durations import format_duration
from signedin.cli.settings import Settings
from tools.pasted import DOCS, Pasted


def table() -> str:
    """All settings as a Markdown table, in the order of the class."""
    rows = ["| setting | default | what |", "| --- | --- | --- |"]
    for field in dataclasses.fields(Settings):
        default = _as_written(field.default)
        rows.append(f"| `{field.name}` | {default} | {field.metadata['what']} |")
    return "\n".join(rows)


def _as_written(default: object) -> str:
    if isinstance(default, timedelta):
        return f"`{format_duration(default)}`"
    if default is None or default == ():
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


SETTINGS = Pasted(DOCS / "reference" / "settings.md", "settings", "tools.settings_table", table)

if __name__ == "__main__":
    sys.exit(SETTINGS.write())
