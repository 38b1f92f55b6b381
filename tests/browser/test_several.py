"""Rows 38 to 41 of ui.md section 5: ending several sessions at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.people import EDGE, FIREFOX, SAFARI, Device, NewDevice, Person
from tests.browser.server import Server

pytestmark = pytest.mark.browser

OTHERS = "Log out of all other sessions"


def test_a_single_session_offers_nothing_to_end_in_bulk(device: Device) -> None:
    """Row 38."""
    page = device.page

    expect(page.get_by_text("This is the only session logged in to your account.")).to_be_visible()
    expect(page.get_by_role("button", name=OTHERS)).to_have_count(0)
    expect(page.get_by_role("button", name="Log out everywhere")).to_have_count(0)


def test_all_others_are_counted_named_and_logged_out(
    device: Device, new_device: NewDevice, ada: Person
) -> None:
    """Row 39."""
    others = [new_device(agent).log_in(ada) for agent in (FIREFOX, SAFARI, EDGE)]
    device.reload()
    device.page.get_by_role("button", name=OTHERS).click()

    title = device.dialog.get_by_role("heading")
    expect(title).to_have_text("Log out of 3 other sessions?")
    named = device.dialog.get_by_role("listitem")
    expect(named).to_have_count(3)
    for label in ("Firefox on Windows", "Safari on iOS", "Edge on Windows"):
        expect(named.filter(has_text=label)).to_have_count(1)
    device.confirm(OTHERS)

    expect(device.rows).to_have_count(1)
    expect(device.banner).to_contain_text("3 sessions were logged out.")
    expect(device.page.get_by_text("This is the only session")).to_be_visible()
    expect(device.page.get_by_role("heading", name="Active sessions")).to_be_focused()
    device.expect_logged_in()
    for other in others:
        other.reload().expect_login_page()


def test_those_that_the_page_does_not_show_are_counted_and_logged_out_too(
    device: Device, server: Server, ada: Person
) -> None:
    """Row 39, with more sessions than a page holds."""
    server.start_sessions(ada.email, FIREFOX, 201)
    device.reload()
    expect(device.rows).to_have_count(200)
    told = device.page.get_by_text("The 200 that were used last of 202.")
    expect(told).to_be_visible()
    device.page.get_by_role("button", name=OTHERS).click()

    expect(device.dialog.get_by_role("heading")).to_have_text("Log out of 201 other sessions?")
    expect(device.dialog.get_by_text("and 191 more")).to_be_visible()
    device.confirm(OTHERS)

    expect(device.rows).to_have_count(1)
    expect(told).to_have_count(0)
    expect(device.banner).to_contain_text("201 sessions were logged out.")


def test_one_other_session_is_told_in_the_singular(
    device: Device, server: Server, ada: Person
) -> None:
    """Row 40, in English."""
    ada.log_in_elsewhere(server, FIREFOX)
    device.reload()
    device.page.get_by_role("button", name=OTHERS).click()

    expect(device.dialog.get_by_role("heading")).to_have_text("Log out of 1 other session?")
    device.confirm(OTHERS)
    expect(device.banner).to_contain_text("1 session was logged out.")


def test_log_out_everywhere_includes_this_device(
    device: Device, new_device: NewDevice, ada: Person
) -> None:
    """Row 41."""
    other = new_device(FIREFOX).log_in(ada)
    device.reload()
    device.page.get_by_role("button", name="Log out everywhere").click()

    expect(device.dialog).to_contain_text("This includes the device you’re using now.")
    device.confirm("Log out everywhere")

    device.expect_login_page("You’re logged out on all devices.")
    assert "sid" not in device.cookies
    other.reload().expect_login_page()


def test_changing_the_password_ends_the_others_and_keeps_this_one(
    device: Device, new_device: NewDevice, ada: Person
) -> None:
    """Row 99."""
    other = new_device(FIREFOX).log_in(ada)
    before = device.cookies["sid"]
    page = device.page
    page.goto("/settings/account/password")
    page.get_by_role("textbox", name="Current password").fill(ada.password)
    page.get_by_role("textbox", name="New password").fill("a quite different long one")
    expect(page.get_by_label(OTHERS)).to_be_checked()
    page.get_by_role("button", name="Change password").click()

    expect(device.banner).to_contain_text("Your password was changed. 1 session was logged out.")
    expect(device.rows).to_have_count(1)
    assert device.cookies["sid"] != before
    other.reload().expect_login_page()
    history = device.api("/sessions/history")["sessions"]
    assert [session["ended_reason"] for session in history] == ["password_changed"]
    page.get_by_text("Ended sessions").click()
    expect(page.get_by_role("table", name="Ended sessions")).to_contain_text("Password changed")
