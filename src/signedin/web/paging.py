"""Long lists a page at a time: which part is told, and where the next one begins.

A cursor is a position, not a place in a list that was kept: sessions that end or are used
in the meantime move, and those that stay are told once each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import UNSET

from signedin.core.session import Session
from signedin.web.bodies import Page

Position = tuple[int, str]  # microseconds since 1970, and the id; both descend along a list

FIRST = 10**16 - 1  # of whatever stands before everything that has a time


def part(
    sessions: Iterable[Session], position: Callable[[Session], Position], page: Page
) -> tuple[list[Session], str | None]:
    """The sessions of one page, and the cursor of the next; ``None`` after the last."""
    after = None if page.cursor is UNSET else _position(page.cursor)
    ordered = sorted(sessions, key=position, reverse=True)
    rest = [s for s in ordered if after is None or position(s) < after]
    told = rest[: page.limit]
    return told, _cursor(position(told[-1])) if len(rest) > len(told) else None


def moment(at: datetime) -> int:
    """A time as the number that positions hold."""
    return round(at.timestamp() * 1_000_000)


def _cursor(position: Position) -> str:
    number, session_id = position
    return f"{number:016}_{session_id}"


def _position(cursor: str) -> Position:
    number, _, session_id = cursor.partition("_")
    return int(number), session_id
