"""Lengths of time as people write them: ``90s 15m 12h 14d``, and ``none`` for no limit."""

from __future__ import annotations

import re
from datetime import timedelta

NONE = "none"

_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_DURATION = re.compile(r"([0-9]{1,12})([dhms])", re.ASCII)
_LONGEST = timedelta(days=36500)  # a hundred years from now is still a date; much more is none


def parse_duration(text: str) -> timedelta | None:
    """Read a length of time; ``None`` stands for no limit.

    Raises:
        ValueError: It is none, or longer than a hundred years.
    """
    text = text.strip().lower()
    if text == NONE:
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("expected a duration such as 90s, 15m, 12h, 14d or none")
    number, unit = int(match[1]), _UNITS[match[2]]
    if number > _LONGEST // unit:
        raise ValueError("expected at most 36500d; write none for no limit")
    return number * unit


def format_duration(length: timedelta | None) -> str:
    """Write a length in the largest unit that needs no fraction, or else in seconds."""
    if length is None:
        return NONE
    whole = (f"{length // size}{unit}" for unit, size in _UNITS.items() if not length % size)
    return next(whole, f"{length.total_seconds()}s")
