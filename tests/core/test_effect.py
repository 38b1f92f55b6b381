"""How much more than expected a change may end before it is refused."""

from __future__ import annotations

import pytest

from signedin.core.effect import Effect, has_grown
from tests.clock import MONDAY


@pytest.mark.parametrize(
    ("expected", "ends_now", "refused"),
    [
        (20, 21, False),
        (19, 20, True),
        (40, 42, False),
        (40, 43, True),
        (0, 0, False),
        (0, 1, True),
        (20, 3, False),
    ],
)
def test_a_twentieth_more_than_expected_is_tolerated_and_no_more(
    expected: int, ends_now: int, refused: bool
) -> None:
    effect = Effect(MONDAY, ends_now, people=1, shortened=0, people_shortened=0)

    assert has_grown(effect, expected) is refused
