"""Times are floored: a session never looks more recently used, or older, than it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from babel import Locale

from signedin.web import times

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ENGLISH = Locale.parse("en")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def said(age: timedelta) -> str:
    return times.ago(NOW - age, NOW, ENGLISH, "Active now").text


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(0), "Active now"),
        (2 * MINUTE, "Active now"),
        (3 * MINUTE, "Active now"),
        (3 * MINUTE + SECOND, "3 minutes ago"),
        (3 * MINUTE + 59 * SECOND, "3 minutes ago"),
        (59 * MINUTE + 59 * SECOND, "59 minutes ago"),
        (HOUR, "1 hour ago"),
        (HOUR + 59 * MINUTE, "1 hour ago"),
        (23 * HOUR + 59 * MINUTE, "23 hours ago"),
        (DAY, "1 day ago"),
        (6 * DAY + 23 * HOUR, "6 days ago"),
        (7 * DAY - SECOND, "6 days ago"),
        (7 * DAY, "Nov 16"),
        (300 * DAY, "Jan 27"),
        (365 * DAY, "Nov 23, 2025"),
    ],
)
def test_the_largest_whole_unit_is_said_and_nothing_is_rounded_up(
    age: timedelta, words: str
) -> None:
    assert said(age) == words


def test_a_last_use_in_the_future_is_now() -> None:
    assert said(-HOUR) == "Active now"


def test_the_year_is_said_as_soon_as_it_is_another_one() -> None:
    new_year = datetime(2027, 1, 3, tzinfo=UTC)
    december = datetime(2026, 12, 27, tzinfo=UTC)

    assert times.ago(december, new_year, ENGLISH, "").text == "Dec 27, 2026"


def test_every_time_has_its_machine_form_and_the_zone() -> None:
    zone = datetime.fromisoformat("2026-11-23T12:00:30.9+02:00")

    told = times.ago(zone, NOW + MINUTE, ENGLISH, "Active now")

    assert told.iso == "2026-11-23T10:00:30Z"
    assert told.title.replace("\u202f", " ") == "November 23, 2026, 10:00:30 AM UTC"
    assert told.live == "Active now"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (14 * DAY, "14 days"),
        (DAY, "1 day"),
        (36 * HOUR, "36 hours"),
        (90 * MINUTE, "90 minutes"),
        (90 * SECOND, "90 seconds"),
        (15 * SECOND, "15 seconds"),
    ],
)
def test_a_length_is_said_in_its_largest_whole_unit(length: timedelta, words: str) -> None:
    assert times.length(length, ENGLISH) == words
