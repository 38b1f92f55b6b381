"""Writes the page of the command line from what each command says with ``--help``.

usage: python -m tools.command_line
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from functools import partial

from signedin.cli.main import _GROUPS, _parser
from tools.pasted import DOCS, Pasted

_WIDTH = 88


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command and subcommand by its name, with its parser; first the program itself."""
    yield "signedin", _parser(None)
    for group in _GROUPS:
        yield from _below(f"signedin {group}", _children(_parser(group))[group])


def reference() -> str:
    """What each says with ``--help``, whatever the width of the terminal."""
    parts = []
    for name, parser in commands():
        parser.formatter_class = partial(argparse.HelpFormatter, width=_WIDTH)
        depth = "##" if len(name.split()) < 3 else "###"
        parts.append(f"{depth} {name}\n\n```text\n{parser.format_help().strip()}\n```")
    return "\n\n".join(parts)


def _below(
    name: str, parser: argparse.ArgumentParser
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield name, parser
    for word, child in _children(parser).items():
        yield from _below(f"{name} {word}", child)


def _children(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    actions = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(actions[0].choices) if actions else {}


COMMANDS = Pasted(
    DOCS / "reference" / "command-line.md", "commands", "tools.command_line", reference
)

if __name__ == "__main__":
    sys.exit(COMMANDS.write())
