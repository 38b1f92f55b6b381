"""Rows 11, 13 and 14 of ui.md section 5: nothing private comes back with the Back button."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CHROMIUM
from tests.browser.people import Device, Person
from tests.engines import ENGINES

pytestmark = pytest.mark.browser

LABEL = "Firefox on Windows"


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def program() -> str:
    """The shell has no pages that come back whole."""
    return CHROMIUM


def test_here_pages_do_come_back_whole(device: Device) -> None:
    """Else Back would be a visit like any other, and the tests below would prove less."""
    page = device.page
    page.evaluate("addEventListener('pageshow', e => sessionStorage.whole = e.persisted)")
    page.get_by_role("link", name="Change password").click()
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()

    page.go_back()

    expect(page.get_by_role("heading", name="Active sessions")).to_be_visible()
    assert page.evaluate("sessionStorage.whole") == "true"


def test_going_back_in_the_terminated_browser_shows_nothing_private(
    device: Device, other: Device, ada: Person
) -> None:
    """Row 11."""
    device.choose(LABEL, "Terminate")
    device.confirm("Terminate")
    expect(device.banner).to_be_visible()
    other.page.get_by_role("link", name="Change password").click()
    other.expect_login_page()

    other.page.go_back()

    other.expect_login_page()
    expect(other.page.get_by_text(ada.email)).to_have_count(0)


def log_out_from_the_list(device: Device) -> None:
    device.choose("Current session", "Log out")


def log_out_from_the_profile_menu(device: Device) -> None:
    device.page.get_by_role("button", name="Account menu").click()
    device.page.get_by_role("menuitem", name="Log out").click()


@pytest.mark.parametrize("way", [log_out_from_the_list, log_out_from_the_profile_menu])
def test_logging_out_leaves_nothing_in_the_browser(
    way: Callable[[Device], None], device: Device, other: Device, ada: Person
) -> None:
    """Rows 13 and 14: from the list and from the menu, the same words and the same end."""
    way(device)
    expect(device.dialog.get_by_role("heading")).to_have_text("Log out of this device?")
    expect(device.dialog).to_contain_text("You’ll need to log in again on this device.")
    assert "sid" in device.cookies
    device.confirm("Log out")

    device.expect_login_page("You’re logged out.")
    assert "sid" not in device.cookies
    device.page.go_back()
    device.expect_login_page()
    expect(device.page.get_by_text(ada.email)).to_have_count(0)
    history = other.api("/sessions/history")["sessions"]
    assert [session["ended_reason"] for session in history] == ["logged_out"]
