"""Our own stores pass the tests that every store must pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from signedin.service.ports import Store
from signedin.testing.conformance import Ends, KeepsData, Rotates
from signedin.wiring import open_store


class OnBothEngines:
    """SQLite and PostgreSQL."""

    @pytest.fixture
    def open_store(self, url: str) -> Callable[[], Store]:
        return partial(open_store, url)


class TestEnds(OnBothEngines, Ends):
    pass


class TestKeepsData(OnBothEngines, KeepsData):
    pass


class TestRotates(OnBothEngines, Rotates):
    pass
