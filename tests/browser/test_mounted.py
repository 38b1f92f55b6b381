"""The page inside an app with a login of its own: whole, and as a section of the app's page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize, expect

from tests.browser.embedder import Shop, shop
from tests.browser.people import FIREFOX, Device, NewDevice

pytestmark = pytest.mark.browser

PAGE = "/me/settings/account"
PHONE = ViewportSize(width=320, height=640)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("shop")) as running:
        yield running


def enter(device: Device, user: str) -> Device:
    """Log in wherever the app asked to."""
    device.page.get_by_label("Who are you?").fill(user)
    device.page.get_by_role("button", name="Enter").click()
    return device


def open_at(device: Device, user: str, path: str) -> Device:
    """Go to an address of somebody who has to log in first, and is led back."""
    device.page.goto(path)
    enter(device, user)
    expect(device.page).to_have_url(f"{device.server.url}{path}")
    return device


def test_a_device_is_terminated_and_must_log_in_again(app: Shop, new_device: NewDevice) -> None:
    one = open_at(new_device(at=app), "ada", PAGE)
    other = open_at(new_device(FIREFOX, at=app), "ada", "/")
    expect(other.page.get_by_role("heading", name="The shop of ada")).to_be_visible()
    one.page.reload()

    one.choose("Firefox on Windows", "Terminate")
    one.confirm("Terminate")

    expect(one.banner).to_contain_text("Session terminated: Firefox on Windows")
    expect(one.rows).to_have_count(1)
    expect(one.banner.get_by_role("link", name="Change password")).to_have_attribute(
        "href", "/new-password"
    )
    other.page.goto("/")
    expect(other.page.get_by_label("Who are you?")).to_be_visible()


def test_who_logs_out_is_at_the_apps_login(app: Shop, new_device: NewDevice) -> None:
    device = open_at(new_device(at=app), "bob", PAGE)

    device.choose("Current session", "Log out")
    device.confirm("Log out")

    expect(device.page).to_have_url(f"{app.url}/log-in")
    device.page.go_back()
    expect(device.page.get_by_label("Who are you?")).to_be_visible()


def test_the_section_works_and_leaves_the_rest_of_the_page_alone(
    app: Shop, new_device: NewDevice
) -> None:
    device = new_device(at=app)
    device.page.goto("/log-in?next=/mine")
    enter(device, "cleo")
    other = open_at(new_device(FIREFOX, at=app), "cleo", "/")
    device.page.reload()

    device.choose("Firefox on Windows", "Terminate")
    device.confirm("Terminate")

    expect(device.banner).to_contain_text("Session terminated: Firefox on Windows")
    expect(device.rows).to_have_count(1)
    other.page.goto("/")
    expect(other.page.get_by_label("Who are you?")).to_be_visible()
    expect(device.page.locator("header")).to_have_text("Shop New Year")
    store = device.page.get_by_role("button", name="Store")
    expect(store).to_be_visible()
    assert store.evaluate("e => getComputedStyle(e).borderRadius") != "8px"
    kebab = device.three_dots("Current session")
    assert kebab.evaluate("e => getComputedStyle(e).borderRadius") == "8px"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whoever_needs_contrast_has_it_in_the_apps_colour_too(
    app: Shop, new_device: NewDevice, scheme: Literal["light", "dark"]
) -> None:
    device = open_at(new_device(at=app, color_scheme=scheme, viewport=PHONE), "eve", PAGE)

    for path in (PAGE, "/mine", "/mine?schemes=light dark", f"{PAGE}/sessions/end-all"):
        device.page.goto(path)
        found = Axe().run(device.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        assert found.response["violations"] == [], path
        wide = device.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"]
