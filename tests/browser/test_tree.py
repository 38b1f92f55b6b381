"""Rows 71 to 75 of ui.md section 5: what assistive technology is told."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.people import FIREFOX, SAFARI, Device, Person
from tests.browser.server import Server

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 800}


@pytest.fixture
def other(server: Server, device: Device, ada: Person) -> None:
    """Another session of Ada's, in the list."""
    ada.log_in_elsewhere(server, FIREFOX)
    device.reload()


def tree(device: Device) -> list[dict[str, Any]]:
    """Chromium's own accessibility tree, without what it leaves out of it."""
    session = device.context.new_cdp_session(device.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [node for node in nodes if not node["ignored"]]


def said(nodes: list[dict[str, Any]], role: str) -> list[str]:
    """The names of all that have a role."""
    return [n["name"]["value"] for n in nodes if n["role"]["value"] == role]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desktop", "phone"])
def test_the_table_is_one_at_every_width(size: dict[str, int], device: Device, other: None) -> None:
    """Row 71."""
    device.page.set_viewport_size({"width": size["width"], "height": size["height"]})
    nodes = tree(device)
    heads = ["Device and browser", "Location", "Updated", "Actions"]

    assert said(nodes, "table") == ["Active sessions"]
    assert said(nodes, "columnheader") == heads
    assert [re.sub(r"\s+", " ", name) for name in said(nodes, "rowheader")] == [
        f"{device.label} Current session",
        "Firefox on Windows",
    ]
    assert Counter(n["role"]["value"] for n in nodes)["row"] == 3


def test_the_three_dots_say_whose_they_are_and_whether_they_are_open(
    device: Device, other: None
) -> None:
    """Row 72."""

    def buttons() -> dict[str, dict[str, Any]]:
        return {
            node["name"]["value"]: {p["name"]: p["value"]["value"] for p in node["properties"]}
            for node in tree(device)
            if node["role"]["value"] == "button" and node["name"]["value"].startswith("Options")
        }

    closed = buttons()
    assert list(closed) == [f"Options for {device.label}", "Options for Firefox on Windows"]
    assert {(b["hasPopup"], b["expanded"]) for b in closed.values()} == {("menu", False)}

    device.three_dots("Firefox on Windows").click()
    expect(device.menu).to_be_visible()
    assert buttons()["Options for Firefox on Windows"]["expanded"] is True
    device.page.keyboard.press("Escape")
    expect(device.menu).to_have_count(0)
    assert buttons()["Options for Firefox on Windows"]["expanded"] is False


def test_equal_devices_are_told_apart_by_place_and_by_day(
    device: Device, server: Server, ada: Person
) -> None:
    """Row 73."""
    for address in ("10.0.0.5", "203.0.113.9", "203.0.113.10"):
        ada.log_in_elsewhere(server, SAFARI, address)
    device.reload()

    names = [
        button.get_attribute("aria-label")
        for button in device.page.get_by_role("button", name="Options for Safari").all()
    ]
    assert len(set(names)) == 3
    assert "Options for Safari on iOS, Private network" in names
    assert sum("Unknown location, logged in" in (name or "") for name in names) == 2


def test_the_dialog_is_named_by_its_question_and_described_by_the_device(
    device: Device, other: None
) -> None:
    """Row 74."""
    device.choose("Firefox on Windows", "Terminate")

    expect(device.dialog).to_have_accessible_name("Terminate this session?")
    expect(device.dialog).to_have_accessible_description(re.compile("^Firefox on Windows"))
    (dialog,) = (n for n in tree(device) if n["role"]["value"] == "dialog")
    assert {"name": "modal", "value": {"type": "boolean", "value": True}} in dialog["properties"]


def test_the_end_is_announced_once_and_the_banner_stays(device: Device, other: None) -> None:
    """Row 75."""
    page, status = device.page, device.page.locator("#status")
    page.clock.install()
    device.reload()
    device.choose("Firefox on Windows", "Terminate")
    device.confirm("Terminate")

    expect(status).to_have_role("status")
    expect(status).to_have_text("Session terminated: Firefox on Windows")
    page.clock.run_for(9_000)
    expect(status).not_to_be_empty()
    page.clock.run_for(1_000)
    expect(status).to_be_empty()
    expect(device.banner).to_be_visible()
    page.clock.run_for(600_000)
    expect(device.banner).to_be_visible()
    expect(status).to_be_empty()


def test_the_banner_goes_when_it_is_closed(device: Device, other: None) -> None:
    device.choose("Firefox on Windows", "Terminate")
    device.confirm("Terminate")
    device.banner.get_by_role("button", name="Close").click()

    expect(device.banner).to_have_count(0)
    expect(device.page.get_by_role("heading", name="Active sessions")).to_be_focused()
