"""What a visit costs, and that nothing on a page moves while it is loaded."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.people import ACCOUNT, EDGE, FIREFOX, SAFARI, Device, NewDevice, Person
from tests.browser.server import Server
from tests.clients import CHROME

pytestmark = pytest.mark.browser

LARGEST_FIRST_VISIT = 60_000  # bytes over the wire, headers included
DOZEN = [CHROME, FIREFOX, SAFARI, EDGE] * 3
SLOW = {"offline": False, "latency": 100, "downloadThroughput": 60_000, "uploadThroughput": 60_000}
WATCH = """
    window.shifted = 0;
    new PerformanceObserver(list => {
        for (const shift of list.getEntries()) window.shifted += shift.value;
    }).observe({type: "layout-shift", buffered: true});
"""
PAINTED_TWICE = """() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(shifted)))))"""


@pytest.fixture
def dozen(server: Server, ada: Person) -> Person:
    """Somebody who is logged in on a dozen devices."""
    for user_agent in DOZEN:
        ada.log_in_elsewhere(server, user_agent)
    return ada


def test_a_first_visit_is_small(new_device: NewDevice, dozen: Person) -> None:
    """The login, and the list of a dozen others, by a browser that has nothing kept."""
    device = new_device()
    network = device.context.new_cdp_session(device.page)
    network.send("Network.enable")
    sizes: list[float] = []

    def add(event: dict[str, Any]) -> None:
        sizes.append(event["encodedDataLength"])

    network.on("Network.loadingFinished", add)
    device.log_in(dozen)
    expect(device.rows).to_have_count(1 + len(DOZEN))
    device.page.wait_for_load_state("networkidle")

    assert len(sizes) >= 5  # two pages and what they load
    assert sum(sizes) <= LARGEST_FIRST_VISIT, sizes


@pytest.mark.parametrize("size", [(1280, 800), (320, 640)], ids=["desktop", "phone"])
def test_nothing_moves_while_a_page_is_loaded(
    size: tuple[int, int], new_device: NewDevice, dozen: Person
) -> None:
    """Slowly, where times have to be put into another zone, and from the second visit on."""
    width, height = size
    viewport = ViewportSize(width=width, height=height)
    device = new_device(viewport=viewport, timezone_id="Pacific/Apia")
    device.page.add_init_script(WATCH)
    network = device.context.new_cdp_session(device.page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW)
    assert shifts(device, "/login", "/help/sessions", "/session-ended", "/nowhere") == {}

    device.log_in(dozen)
    session = device.rows.nth(1).get_attribute("data-session")
    one = f"{ACCOUNT}/sessions/{session}"
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    pages = (ACCOUNT, one, f"{one}/rename", f"{one}/terminate", f"{ACCOUNT}/password")
    assert shifts(device, *pages) == {}


def shifts(device: Device, *paths: str) -> dict[str, float]:
    """How far each page moved under its reader; what did not move is left out."""
    moved = {}
    for path in paths:
        device.page.goto(path)
        moved[path] = device.page.evaluate(PAINTED_TWICE)
    return {path: far for path, far in moved.items() if far}
