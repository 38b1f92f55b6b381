"""Rows 20 to 22, 29 and 30 of ui.md section 5: times and devices as they really come."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.people import Device, NewDevice, Person
from tests.browser.server import Server

pytestmark = pytest.mark.browser


def test_a_time_is_exact_for_the_mouse_and_for_machines(new_device: NewDevice, ada: Person) -> None:
    """Rows 20 and 21: in the reader's zone, and the words are the same."""
    device = new_device(timezone_id="Pacific/Apia").log_in(ada)
    time = device.rows.first.locator("time")

    expect(time).to_have_text("Active now")
    expect(time).to_have_attribute("title", re.compile(r"\d{4} at \d.*GMT\+13"))
    expect(time).to_have_attribute("datetime", re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"))


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_wrong_clock_in_the_browser_changes_no_words(
    hours: int, device: Device, ada: Person
) -> None:
    """Row 22."""
    device.page.clock.install(time=datetime.now(UTC) + timedelta(hours=hours))
    device.reload()

    expect(device.rows.first.locator("time")).to_have_text("Active now")


def test_words_move_on_while_the_page_stays_open(device: Device) -> None:
    """Row 23: nothing is announced."""
    device.page.clock.install()
    device.reload()
    device.page.clock.run_for(2 * 60_000)
    time = device.rows.first.locator("time")
    expect(time).to_have_text("Active now")

    device.page.clock.run_for(3 * 60_000)
    expect(time).to_have_text(re.compile("^[45] minutes ago$"))
    expect(device.page.locator("#status")).to_be_empty()


@pytest.mark.parametrize("user_agent", ["", "x", "unheard of " * 500, "‮<script>alert(1)</script>"])
def test_a_strange_user_agent_is_an_unknown_device_and_the_page_is_whole(
    user_agent: str, device: Device, ada: Person, server: Server
) -> None:
    """Rows 29 and 30."""
    ada.log_in_elsewhere(server, user_agent.encode().decode("latin-1"))
    page = device.reload().page

    expect(device.row("Unknown device")).to_be_visible()
    expect(device.row("Current session")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    device.choose("Unknown device", "Details")
    expect(page.get_by_text("What the browser sent")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
