"""Rows 1 to 10, 12 and 15 of ui.md section 5: the page that everything else is built around."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.people import ACCOUNT, FIREFOX, Device, NewDevice, Person
from tests.browser.server import Server
from tests.engines import ENGINES

pytestmark = pytest.mark.browser

LABEL = "Firefox on Windows"


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def listed(server: Server, device: Device, ada: Person) -> None:
    """Another session of Ada's, in the list."""
    ada.log_in_elsewhere(server, FIREFOX)
    device.reload()


def test_the_profile_button_is_bottom_left_and_has_the_persons_name(device: Device) -> None:
    """Row 1."""
    button = device.page.get_by_role("button", name="Account menu, Ada Lovelace")
    box = button.bounding_box()

    expect(button).to_have_count(1)
    assert box is not None
    assert box["x"] < 100
    assert 700 < box["y"] + box["height"] <= 800


def test_the_profile_menu_opens_upward(device: Device) -> None:
    """Row 2, without Language, which comes with the languages."""
    button = device.page.get_by_role("button", name="Account menu, Ada Lovelace")
    button.click()
    menu, opener = device.menu.bounding_box(), button.bounding_box()

    expect(device.menu.get_by_role("menuitem")).to_have_text(["Settings", "Help", "Log out"])
    assert menu is not None
    assert opener is not None
    assert menu["y"] + menu["height"] <= opener["y"]


def test_settings_lead_to_the_table_of_active_sessions(device: Device) -> None:
    """Row 3."""
    page = device.page
    page.goto("/help/sessions")
    page.get_by_role("button", name="Account menu").click()
    page.get_by_role("menuitem", name="Settings").click()

    expect(page.get_by_role("heading", name="Account", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="Active sessions", level=2)).to_be_visible()
    heads = page.get_by_role("table", name="Active sessions").get_by_role("columnheader")
    expect(heads).to_have_text(["Device and browser", "Location", "Updated", "Actions"])


def test_the_own_row_is_first_and_says_so(device: Device, other: Device) -> None:
    """Row 4."""
    first = device.rows.first

    expect(first).to_contain_text(device.label)
    expect(first).to_contain_text("Current session")
    expect(other.rows.first).to_contain_text(LABEL)


def test_another_login_is_another_row(device: Device, listed: None) -> None:
    """Row 5."""
    row = device.row(LABEL)

    expect(device.rows).to_have_count(2)
    expect(row.locator("time")).to_have_text("Active now")
    expect(row).not_to_contain_text("Current session")


def test_another_session_can_be_terminated_but_not_logged_out(device: Device, listed: None) -> None:
    """Row 6."""
    device.three_dots(LABEL).click()

    expect(device.menu.get_by_role("menuitem")).to_have_text(["Details", "Rename", "Terminate"])


def test_terminate_asks_first_and_names_the_device(device: Device, listed: None) -> None:
    """Row 7."""
    device.choose(LABEL, "Terminate")

    expect(device.dialog.get_by_role("heading")).to_have_text("Terminate this session?")
    expect(device.dialog).to_contain_text(LABEL)
    expect(device.dialog.get_by_role("button", name="Cancel")).to_be_focused()


def test_cancel_ends_nothing(device: Device, other: Device) -> None:
    """Row 8."""
    device.choose(LABEL, "Terminate")
    device.confirm("Cancel")

    expect(device.dialog).to_have_count(0)
    expect(device.row(LABEL)).to_be_visible()
    other.expect_logged_in()


def test_after_terminate_the_row_is_gone_and_advice_is_given(device: Device, listed: None) -> None:
    """Row 9."""
    device.choose(LABEL, "Terminate")
    device.confirm("Terminate")

    expect(device.row(LABEL)).to_have_count(0)
    expect(device.banner).to_contain_text(f"Session terminated: {LABEL}")
    expect(device.banner).to_contain_text("Didn’t recognize it?")
    device.banner.get_by_role("link", name="Change password").click()
    expect(device.page.get_by_role("heading", name="Change password")).to_be_visible()


def test_the_advice_leads_to_the_password_and_back_to_the_list(
    device: Device, listed: None, ada: Person
) -> None:
    """Row 9: without changing it, and with."""
    page = device.page
    device.choose(LABEL, "Terminate")
    device.confirm("Terminate")
    device.banner.get_by_role("link", name="Change password").click()
    page.get_by_role("link", name="Active sessions").click()
    expect(page.get_by_role("heading", name="Active sessions")).to_be_focused()
    expect(device.banner).to_have_count(0)

    page.get_by_role("link", name="Change password").click()
    page.get_by_role("textbox", name="Current password").fill(ada.password)
    page.get_by_role("textbox", name="New password").fill("a quite different long one")
    page.get_by_role("button", name="Change password").click()
    expect(device.banner).to_contain_text("Your password was changed.")
    expect(device.row("Current session")).to_be_visible()


def test_the_terminated_browser_gets_the_login_page_at_the_next_click(
    device: Device, other: Device
) -> None:
    """Rows 10 and 56: at once, and without a word on who did it, or where."""
    device.choose(LABEL, "Terminate")
    device.confirm("Terminate")
    expect(device.banner).to_be_visible()

    other.page.get_by_role("link", name="Change password").click()

    other.expect_login_page("Your session has ended. Log in again to continue.")
    for private in ("Ada", *device.label.split(" on "), "Private network"):
        expect(other.page.get_by_text(private)).to_have_count(0)


def test_the_own_session_can_be_logged_out_but_not_terminated(device: Device) -> None:
    """Row 12."""
    device.three_dots("Current session").click()

    expect(device.menu.get_by_role("menuitem")).to_have_text(["Details", "Rename", "Log out"])


def test_an_old_cookie_set_by_hand_opens_nothing(
    device: Device, other: Device, new_device: NewDevice
) -> None:
    """Row 15."""
    old = other.context.cookies()
    device.choose(LABEL, "Terminate")
    device.confirm("Terminate")
    expect(device.banner).to_be_visible()

    thief = new_device(FIREFOX)
    thief.context.add_cookies(
        [{"name": c["name"], "value": c["value"], "url": thief.server.url} for c in old]
    )
    thief.page.goto(ACCOUNT)

    thief.expect_login_page()
    device.reload()
    expect(device.rows).to_have_count(1)
