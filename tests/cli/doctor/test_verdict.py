"""How `doctor` says what it found."""

from __future__ import annotations

from signedin.cli.doctor.verdict import length


def test_lengths_are_told_in_their_largest_unit() -> None:
    told = [length(seconds) for seconds in (0, 1, 59, 60, 7200, 86400, 90 * 86400)]

    assert told == [
        "0 seconds",
        "1 second",
        "59 seconds",
        "1 minute",
        "2 hours",
        "1 day",
        "90 days",
    ]
