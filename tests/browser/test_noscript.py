"""Rows 85 to 87 of ui.md section 5: everything works with scripts off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.people import ACCOUNT, FIREFOX, SAFARI, Device, NewDevice, Person
from tests.browser.server import Server

pytestmark = pytest.mark.browser

LABEL = "Firefox on Windows"


@pytest.fixture
def plain(new_device: NewDevice, server: Server, ada: Person) -> Device:
    """A browser without scripts in which Ada is logged in; she also is elsewhere."""
    ada.log_in_elsewhere(server, FIREFOX)
    return new_device(java_script_enabled=False).log_in(ada)


def test_the_three_dots_open_a_list_of_links(plain: Device) -> None:
    """Row 85."""
    plain.three_dots(LABEL).click()

    expect(plain.menu.get_by_role("link")).to_have_text(["Details", "Rename", "Terminate"])
    plain.page.keyboard.press("Escape")
    expect(plain.menu).to_have_count(0)


def test_terminate_asks_on_a_page_and_comes_back_with_the_banner(plain: Device) -> None:
    """Row 86."""
    page = plain.page
    plain.choose(LABEL, "Terminate")
    expect(page.get_by_role("heading", name="Terminate this session?")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(LABEL)
    expect(page.get_by_role("main")).to_contain_text("will need to log in again")
    page.get_by_role("button", name="Terminate").click()

    expect(page.get_by_role("heading", name="Active sessions")).to_be_visible()
    expect(plain.banner).to_contain_text(f"Session terminated: {LABEL}")
    expect(plain.banner).to_contain_text("Every server refused it from")
    expect(plain.row(LABEL)).to_have_count(0)
    plain.banner.get_by_role("button", name="Close").click()
    expect(plain.banner).to_have_count(0)


def test_cancel_on_the_page_ends_nothing(plain: Device) -> None:
    """Row 86."""
    plain.choose(LABEL, "Terminate")
    plain.page.get_by_role("link", name="Cancel").click()

    expect(plain.row(LABEL)).to_be_visible()


def test_all_others_can_be_logged_out(plain: Device, server: Server, ada: Person) -> None:
    """Row 87."""
    ada.log_in_elsewhere(server, SAFARI)
    page = plain.reload().page
    page.get_by_role("button", name="Log out of all other sessions").click()
    expect(page.get_by_role("heading", name="Log out of 2 other sessions?")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Log out of all other sessions").click()

    expect(plain.banner).to_contain_text("2 sessions were logged out.")
    expect(plain.rows).to_have_count(1)


def test_one_can_log_out_everywhere(plain: Device) -> None:
    """Row 87."""
    plain.page.get_by_role("button", name="Log out everywhere").click()
    expect(plain.page.get_by_text("This includes the device you’re using now.")).to_be_visible()
    plain.page.get_by_role("button", name="Log out everywhere").click()

    plain.expect_login_page("You’re logged out on all devices.")


def test_one_can_log_out(plain: Device) -> None:
    """Row 87."""
    plain.choose("Current session", "Log out")
    plain.page.get_by_role("button", name="Log out").last.click()

    plain.expect_login_page("You’re logged out.")
    plain.page.goto(ACCOUNT)
    plain.expect_login_page()


def test_a_session_can_be_renamed(plain: Device) -> None:
    """Rows 87 and 54: the real device stays on top, the own name is in quotes below."""
    plain.choose(LABEL, "Rename")
    plain.page.get_by_label("Name for this device").fill("Chrome on macOS")
    plain.page.get_by_role("button", name="Rename").click()

    row = plain.row(LABEL)
    expect(row.get_by_text("“Chrome on macOS”")).to_be_visible()
    box, second = row.locator(".device").bounding_box(), row.locator(".second").bounding_box()
    assert box is not None
    assert second is not None
    assert box["y"] + box["height"] <= second["y"] + 1


def test_details_are_told(plain: Device) -> None:
    """Row 27, without the radius, which this data does not have; no secret is in the page."""
    plain.choose(LABEL, "Details")
    told = plain.page.get_by_role("main")

    for term in ("Logged in", "Last used", "Location", "At login", "IP address", "Ends"):
        expect(told.get_by_text(term, exact=True)).to_be_visible()
    expect(told).to_contain_text(FIREFOX)
    html = plain.page.content()
    assert all(value not in html for value in plain.cookies.values())


def test_the_password_can_be_changed(plain: Device, ada: Person) -> None:
    """Row 87."""
    page = plain.page
    page.goto(f"{ACCOUNT}/password")
    page.get_by_role("textbox", name="Current password").fill("not this one")
    page.get_by_role("textbox", name="New password").fill("a quite different long one")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("That isn’t your current password.")

    page.get_by_role("textbox", name="Current password").fill(ada.password)
    page.get_by_role("textbox", name="New password").fill("a quite different long one")
    page.get_by_role("button", name="Change password").click()
    expect(plain.banner).to_contain_text("Your password was changed. 1 session was logged out.")
