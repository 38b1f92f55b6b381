"""One rule taken out of the code, and the tests of which one is to fail then."""

from __future__ import annotations

from typing import NamedTuple

FAST = ("tests/stores", "tests/service", "tests/race/test_killed_writers.py")


class Mutation(NamedTuple):
    """A rule, and the edit that takes it out."""

    rule: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = FAST
