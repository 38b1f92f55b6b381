"""A duration is written as it is read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.cli.durations import format_duration, parse_duration

HUNDRED_YEARS = timedelta(days=36500)

seconds = st.integers(min_value=0, max_value=int(HUNDRED_YEARS.total_seconds()))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("12h", timedelta(hours=12)),
        ("14d", timedelta(days=14)),
        (" 14D ", timedelta(days=14)),
        ("none", None),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, length: timedelta | None) -> None:
    assert parse_duration(text) == length


@given(seconds.map(lambda number: timedelta(seconds=number)) | st.none())
def test_what_is_written_is_read_as_the_same(length: timedelta | None) -> None:
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize("length", ["90s", "15m", "12h", "14d", "none"])
def test_the_largest_unit_without_a_fraction_is_written(length: str) -> None:
    assert format_duration(parse_duration(length)) == length


@pytest.mark.parametrize("text", ["", "14", "d", "-1d", "1.5h", "1d12h", "14 d", "१४d", "1w"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 90s"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["36501d", "999999999999d", "999999999999s"])
def test_a_duration_that_no_calendar_holds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write none"):
        parse_duration(text)
