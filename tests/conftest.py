"""What every folder of tests shares; fixtures that need more live in the folders."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from signedin.service.upkeep import Upkeep

# A machine with shared cores pauses longer than hypothesis' 200 ms, and no example is at fault.
settings.register_profile("shared-cores", deadline=None)
settings.load_profile("shared-cores")

MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30  # bytes; the largest are databases of places and a virtual environment


def pytest_configure() -> None:
    """Keep temporary files in memory, where it has room and programs may run from it.

    SQLite waits for the disk at each commit, and nothing here has to outlive the machine.
    """
    if MEMORY.is_dir() and "TMPDIR" not in os.environ:
        there = os.statvfs(MEMORY)
        if there.f_bavail * there.f_frsize >= ROOM and not there.f_flag & os.ST_NOEXEC:
            tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not shutil.which("chromium"):
        pytest.skip("chromium is missing")


@pytest.fixture(autouse=True, scope="module")
def every_service_is_closed_by_its_tests() -> Iterator[None]:
    """What is left open goes on beside other tests, and warns in their logs."""
    yield
    assert "signedin-upkeep" not in [thread.name for thread in threading.enumerate()]


@pytest.fixture
def no_maintenance_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is flushed, swept or purged but by the test."""
    monkeypatch.setattr(Upkeep, "ensure_running", lambda self: None)
