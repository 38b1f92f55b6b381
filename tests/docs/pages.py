"""The pages of the documentation, taken apart."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted(page for page in DOCS.rglob("*.md") if not page.is_symlink()),
]
_BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """One fenced block: the words after the fence, and what is in it."""

    page: Path
    number: int
    language: str
    title: str | None
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}-{self.number}"

    @property
    def commands(self) -> list[str]:
        """The lines of a shell block that are commands, each in one line."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [line for line in lines if line and not line.startswith("#")]


def blocks(page: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a page, in order; all, or those in some languages."""
    found = _BLOCK.findall(page.read_text("utf-8"))
    return [
        Block(page, number, language, title or None, text)
        for number, (language, title, text) in enumerate(found)
        if not languages or language in languages
    ]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)


def calls(command: str) -> list[list[str]]:
    """The programs that a line of shell calls, each with its arguments."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|&;")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    found: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("|&;"):
            found.append([])
        else:
            found[-1].append(word)
    return [call for call in found if call]
