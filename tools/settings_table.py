"""Writes the table of settings in docs/operating.md from the class that reads them.

usage: python -m tools.settings_table
"""

from __future__ import annotations

import dataclasses
import sys
from datetime import timedelta
from pathlib import Path

from signedin.cli.durations import format_duration
from signedin.cli.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "operating.md"
BEGIN = "<!-- settings: written by `python -m tools.settings_table` -->"
END = "<!-- end of the settings -->"


def table() -> str:
    """All settings as a Markdown table, in the order of the class."""
    rows = ["| setting | default | what |", "| --- | --- | --- |"]
    for field in dataclasses.fields(Settings):
        default = _as_written(field.default)
        rows.append(f"| `{field.name}` | {default} | {field.metadata['what']} |")
    return "\n".join(rows)


def with_table(page: str) -> str:
    """The page with the table as it must be.

    Raises:
        ValueError: The page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has lost the marks between which the table stands")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _as_written(default: object) -> str:
    if isinstance(default, timedelta):
        return f"`{format_duration(default)}`"
    if default is None or default == ():
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def main() -> int:
    """Rewrite the page."""
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
