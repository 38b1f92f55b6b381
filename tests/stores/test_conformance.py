"""Our own stores pass the tests that every store must pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from signedin.service.ports import Store
from signedin.testing.conformance import (
    Ends,
    KeepsCaps,
    KeepsData,
    KeepsOrganizations,
    KeepsPolicies,
    NotesUses,
    Purges,
    Rotates,
    StaysFresh,
)
from signedin.wiring import open_store
from tests.engines import cluster, url

__all__ = ["cluster", "url"]


class OnBothEngines:
    """SQLite and PostgreSQL."""

    @pytest.fixture
    def open_store(self, url: str) -> Callable[[], Store]:
        return partial(open_store, url)


class TestEnds(OnBothEngines, Ends):
    pass


class TestKeepsCaps(OnBothEngines, KeepsCaps):
    pass


class TestKeepsData(OnBothEngines, KeepsData):
    pass


class TestKeepsOrganizations(OnBothEngines, KeepsOrganizations):
    pass


class TestKeepsPolicies(OnBothEngines, KeepsPolicies):
    pass


class TestNotesUses(OnBothEngines, NotesUses):
    pass


class TestPurges(OnBothEngines, Purges):
    pass


class TestRotates(OnBothEngines, Rotates):
    pass


class TestStaysFresh(OnBothEngines, StaysFresh):
    pass
