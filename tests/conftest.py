"""What every folder of tests shares; fixtures that need more live in the folders."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings

from signedin.service.upkeep import Upkeep

# A machine with shared cores pauses longer than hypothesis' 200 ms, and no example is at fault.
settings.register_profile("shared-cores", deadline=None)
settings.load_profile("shared-cores")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not shutil.which("chromium"):
        pytest.skip("chromium is missing")


@pytest.fixture
def no_maintenance_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is flushed, swept or purged but by the test."""
    monkeypatch.setattr(Upkeep, "ensure_running", lambda self: None)
