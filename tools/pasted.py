"""Parts of the documentation that a program writes, between two marks of a page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True)
class Pasted:
    """A part of a page: what is in it, and the tool that writes it."""

    page: Path
    what: str
    tool: str
    make: Callable[[], str]

    @property
    def begin(self) -> str:
        """The mark before it."""
        return f"<!-- {self.what}: written by `python -m {self.tool}` -->"

    @property
    def end(self) -> str:
        """The mark after it."""
        return f"<!-- end of the {self.what} -->"

    def within(self, page: str) -> str:
        """The page with the part as it must be.

        Raises:
            ValueError: The page has no place for it.
        """
        before, begin, rest = page.partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not begin or not end:
            raise ValueError(f"{self.page} has lost the marks between which the {self.what} stand")
        return f"{before}{self.begin}\n\n{self.make()}\n\n{self.end}{after}"

    def write(self) -> int:
        """Rewrite the page; the tool's exit code."""
        try:
            page = self.within(self.page.read_text("utf-8"))
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        self.page.write_text(page, encoding="utf-8")
        return 0
