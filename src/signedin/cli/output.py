"""What the commands print: for people, with nothing that a terminal obeys; and as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from signedin.core.session import Receipt

DONE, REFUSED, WRONG_CALL = 0, 1, 2

_GAP = "  "


class WrongCallError(Exception):
    """A command was called in a way that makes no sense; the sentence says what to do."""


def visible(text: str) -> str:
    """A text as it can be printed: control, ANSI and direction characters as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say(sentence: str) -> None:
    """Print a line for people, at once, whoever is at the other end."""
    print(visible(sentence), flush=True)


def remark(sentence: str) -> None:
    """Print a line for people that is no part of what was asked for."""
    print(visible(sentence), file=sys.stderr, flush=True)


def complain(sentence: str) -> None:
    """Print what went wrong and what to do, in one line."""
    remark(f"signedin: {sentence}")


def log_nothing() -> None:
    """For a command that prints what it finds itself: only a server has a log."""
    import logging

    logging.getLogger("signedin").handlers = [logging.NullHandler()]


def print_json(value: Any) -> None:
    """Print data for programs; ASCII only, so that no terminal obeys it either."""
    print(json.dumps(value, indent=2))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns as wide as their widest cell."""
    cells = [[visible(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = [cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=True)]
        print(_GAP.join(padded).rstrip())


def print_receipt(receipt: Receipt, args: argparse.Namespace, *, first: str = "") -> int:
    """Print what an end brought about."""
    if args.json:
        print_json(
            {
                "ended": receipt.ended,
                "already_ended": receipt.already_ended,
                "effective_at": receipt.effective_at.isoformat(timespec="milliseconds"),
                "nodes_confirmed": receipt.nodes_confirmed,
                "leases_waited_out": receipt.leases_waited_out,
                "took_seconds": round(receipt.took.total_seconds(), 3),
            }
        )
        return DONE
    sentences = [first] if first else []
    if receipt.ended:
        noun = "session" if receipt.ended == 1 else "sessions"
        since = receipt.effective_at.strftime("%H:%M:%S UTC")
        them = "it" if receipt.ended == 1 else "them"
        sentences.append(f"Ended {receipt.ended} {noun}. Every server refuses {them} from {since}.")
    elif not first or receipt.already_ended:
        sentences.append("There was nothing to end.")
    say(" ".join(sentences))
    return DONE


@contextmanager
def progress_on_terminal(what: str) -> Iterator[Callable[[int], None]]:
    """Show a number that grows while somebody watches; nothing of it stays."""
    if not sys.stderr.isatty():
        yield lambda number: None
        return
    try:
        yield lambda number: print(f"\r{number:,} {what}", end="", file=sys.stderr, flush=True)
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def moment(at: datetime | None) -> str:
    """A time for people."""
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def timestamp(at: datetime | None) -> str | None:
    """A time for programs: RFC 3339, in whole seconds."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _width(text: str) -> int:
    """How many columns of a terminal a text takes (Unicode TR 11)."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
