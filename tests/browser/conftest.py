"""A real server and a real browser; each person and each device is new."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.people import FIREFOX, Device, NewDevice, Person
from tests.browser.server import PATIENCE, Server, Site, serving
from tests.browser.timed import TimedServer, serving_at
from tests.clock import FixedClock
from tests.engines import cluster, url_on

__all__ = ["cluster"]

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=1000 * PATIENCE)
Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def program() -> str:
    """Chromium without its windows, for half the work; a file that needs all of it says so."""
    return shutil.which("chromium-headless-shell") or CHROMIUM


@pytest.fixture(scope="module")
def chromium(program: str) -> Iterator[Browser]:
    # For one file only: while Playwright is there, asyncio.run() refuses to work in this process.
    with sync_playwright() as playwright:
        # Pages that come back whole when somebody goes back are what people have.
        browser = playwright.chromium.launch(
            executable_path=program,
            args=QUIET,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start servers of one's own."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Server:
            running: AbstractContextManager[Server] = serving(tmp_path, **settings)
            return stack.enter_context(running)

        yield start


@pytest.fixture(scope="module")
def engine() -> str:
    """What keeps the sessions of ``server``; a file that must pass on both engines says so."""
    return "sqlite"


@pytest.fixture(scope="module")
def server(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server for all tests of a file; each has a person of its own."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, workers=2, database=url_on(engine, folder, request)) as running:
        yield running


@pytest.fixture
def timed(tmp_path: Path) -> Iterator[TimedServer]:
    """A server whose clock the test moves; no data says where addresses are."""
    with serving_at(FixedClock(), tmp_path) as running:
        yield running


@pytest.fixture
def ada(server: Server) -> Person:
    return Person.on(server)


@pytest.fixture
def new_device(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[NewDevice]:
    """Make browser profiles; none may break the rules that hold for every page."""
    devices: list[Device] = []

    def make(
        user_agent: str | None = None,
        address: str | None = None,
        *,
        at: Site | None = None,
        **how: Any,
    ) -> Device:
        server: Site = at or request.getfixturevalue("server")
        if user_agent is not None:
            how["user_agent"] = user_agent
        device = Device.new(chromium, server, address, **how)
        devices.append(device)
        return device

    yield make
    for device in devices:
        device.context.close()
    assert [accident for device in devices for accident in device.accidents] == []


@pytest.fixture
def device(new_device: NewDevice, ada: Person) -> Device:
    """The browser in which Ada is logged in."""
    return new_device().log_in(ada)


@pytest.fixture
def other(new_device: NewDevice, device: Device, ada: Person) -> Device:
    """Another browser of Ada's, a Firefox on Windows; the list in the first one shows it."""
    logged_in = new_device(FIREFOX, "203.0.113.9").log_in(ada)
    device.reload()
    return logged_in
