"""What the API tells of an end, exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from signedin.core.session import Receipt
from signedin.web import told


@pytest.mark.parametrize(
    ("microseconds", "shown"),
    [
        (0, "2026-11-23T10:31:04.000Z"),
        (1, "2026-11-23T10:31:04.001Z"),
        (123_000, "2026-11-23T10:31:04.123Z"),
        (123_001, "2026-11-23T10:31:04.124Z"),
        (999_001, "2026-11-23T10:31:05.000Z"),
    ],
)
def test_a_receipt_never_names_a_time_before_it_was_true(microseconds: int, shown: str) -> None:
    at = datetime(2026, 11, 23, 10, 31, 4, microseconds, tzinfo=UTC)
    receipt = Receipt(1, 0, at, timedelta(milliseconds=4))

    assert told.receipt(receipt).effective_at == shown
