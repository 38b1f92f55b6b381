"""Times as people read them, floored: a session never looks older or newer than it is.

The server prints what the page's script prints a minute later, letter for letter:
relative words are CLDR's own (through Babel), never built from a number and a noun.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from babel import Locale
from babel.dates import format_datetime, format_skeleton, format_timedelta
from babel.units import format_unit

_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
ACTIVE = 3 * _MINUTE  # last-used is written in batches, so less would claim too much
RELATIVE = 7 * _DAY  # older than this is a date


@dataclass(frozen=True, slots=True)
class Time:
    """A time in a page: for machines, in full, and in a word or two."""

    iso: str
    title: str
    text: str
    live: str | None = None  # the word for just now, if the page's script keeps the words fresh


def iso(at: datetime) -> str:
    """A time for machines, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(of: timedelta | None) -> int | None:
    """A length for machines; ``None`` where there is none."""
    return None if of is None else of // _SECOND


def ago(at: datetime, now: datetime, locale: Locale, just_now: str) -> Time:
    """How long ago something was; ``just_now`` is the word for the last few minutes."""
    return Time(iso(at), full(at, locale), _ago(at, now, locale, just_now), live=just_now)


def on_day(at: datetime, now: datetime, locale: Locale) -> Time:
    """A time that is told by its day."""
    return Time(iso(at), full(at, locale), day(at, now, locale))


def ahead(at: datetime, now: datetime, locale: Locale) -> Time:
    """A time to come: its day, or in full if it is less than a day away."""
    return exactly(at, locale) if at - now < _DAY else on_day(at, now, locale)


def exactly(at: datetime, locale: Locale) -> Time:
    """A time that is told in full."""
    return Time(iso(at), full(at, locale), full(at, locale))


def full(at: datetime, locale: Locale) -> str:
    """Day and time to the second with the zone, which is UTC until a script knows better."""
    return str(format_datetime(at.astimezone(UTC), "long", locale=locale))


def day(at: datetime, now: datetime, locale: Locale) -> str:
    """The day, with the year only if it is another one."""
    skeleton = "MMMd" if at.year == now.year else "yMMMd"
    return str(format_skeleton(skeleton, at, locale=locale))


def length(of: timedelta, locale: Locale) -> str:
    """A length in its largest whole unit: "14 days", "90 minutes"."""
    units = (("day", _DAY), ("hour", _HOUR), ("minute", _MINUTE))
    unit, one = next((u for u in units if of >= u[1] and not of % u[1]), ("second", _SECOND))
    return str(format_unit(of // one, f"duration-{unit}", locale=locale))


def _ago(at: datetime, now: datetime, locale: Locale, just_now: str) -> str:
    age = max(now - at, timedelta(0))
    if age <= ACTIVE:
        return just_now
    if age >= RELATIVE:
        return day(at, now, locale)
    unit = next(unit for unit in (_DAY, _HOUR, _MINUTE) if age >= unit)
    whole = age // unit * unit
    return str(format_timedelta(-whole, threshold=1, add_direction=True, locale=locale))
