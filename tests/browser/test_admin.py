"""Administrators in a real browser: rows 33 to 36 and 97 of ui.md section 5, and the step-up.

Marked rows run without scripts too: there is nothing that needs them.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from signedin.accounts.user import User
from signedin.core.policy import Policy
from tests.browser.admin_views import (
    ACME,
    ADA,
    CLI,
    DEFAULT_POLICY,
    MINUTE,
    ROOT,
    add_people,
    organizations_of,
    start_many,
)
from tests.browser.people import ACCOUNT, PASSWORD, Device, NewDevice
from tests.browser.timed import TimedServer

pytestmark = pytest.mark.browser

REASON = "Laptop lost, ticket 812"
FIREFOX_ROW = "Firefox on Windows"


@pytest.fixture
def ada(timed: TimedServer) -> User:
    return add_people(timed)


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def root(
    request: pytest.FixtureRequest, timed: TimedServer, ada: User, new_device: NewDevice
) -> Device:
    """The browser of an administrator."""
    return new_device(at=timed, java_script_enabled=request.param).log_in(ROOT)


@pytest.fixture
def scripted(timed: TimedServer, ada: User, new_device: NewDevice) -> Device:
    return new_device(at=timed).log_in(ROOT)


def find_ada(device: Device) -> Page:
    """From the account to the page of Ada, as an administrator gets there."""
    page = device.page
    page.get_by_role("link", name="Administration").click()
    page.get_by_label("Find a person by name or e-mail").fill("lovelace")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("table", name="People").get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Ada Lovelace").click()
    expect(page.get_by_role("heading", name="Ada Lovelace")).to_be_visible()
    return page


def give_reason(page: Page, act: str, reason: str = REASON) -> None:
    page.get_by_label("Reason (shown to the person)").fill(reason)
    page.get_by_role("button", name=act).click()


def check_effect(device: Device, **fields: str) -> Page:
    page = device.page
    page.goto(DEFAULT_POLICY)
    for label, value in fields.items():
        page.get_by_role("textbox", name=label.replace("_", " ")).fill(value)
    page.get_by_role("button", name="Check effect").click()
    expect(page.get_by_role("heading", name="If you save now")).to_be_visible()
    return page


def test_an_administrator_ends_a_session_and_the_person_sees_why(
    root: Device, new_device: NewDevice, timed: TimedServer, ada: User
) -> None:
    """Row 97, and rows 10 and 56 on the way."""
    adas = new_device(at=timed).log_in(ADA)
    page = find_ada(root)
    label = adas.api("/sessions/current")["device"]["label"]
    row = page.get_by_role("row").filter(has_text=label)
    row.get_by_role("link", name="Terminate").click()
    expect(page.get_by_role("heading", name="Terminate 1 session of this person?")).to_be_visible()
    give_reason(page, "Terminate")

    expect(root.banner).to_contain_text("1 session was terminated.")
    expect(root.banner).to_contain_text("It holds on every server since")
    ended = page.get_by_role("table", name="Ended sessions")
    expect(ended).to_contain_text(f"Terminated by {ROOT.email}: {REASON}")
    adas.page.goto(ACCOUNT)
    adas.expect_login_page("Your session has ended. Log in again to continue.")
    adas.fill_in_login(ADA)
    adas.page.get_by_text("Ended sessions").click()
    history = adas.page.get_by_role("table", name="Ended sessions")
    expect(history).to_contain_text(f"Ended by an administrator: {REASON}")
    expect(adas.page.get_by_role("main")).not_to_contain_text(ROOT.email)


def test_without_a_reason_the_form_is_not_even_sent(
    root: Device, timed: TimedServer, ada: User
) -> None:
    page = find_ada(root)
    page.get_by_role("link", name="Terminate all of this person").click()
    page.get_by_role("button", name="Terminate").click()

    expect(page.get_by_label("Reason")).to_be_focused()
    assert len(timed.sessions.list(ada.id)) == 3


def test_those_that_are_ticked_end(root: Device, timed: TimedServer, ada: User) -> None:
    page = find_ada(root)
    for device in (FIREFOX_ROW, "Edge on Windows"):
        page.get_by_label(f"Select {device}").check()
    page.get_by_role("button", name="Terminate selected").click()
    expect(
        page.get_by_role("main").get_by_role("listitem").filter(has_text="Windows")
    ).to_have_count(2)
    give_reason(page, "Terminate")

    expect(root.banner).to_contain_text("2 sessions were terminated.")
    (left,) = timed.sessions.list(ada.id)
    assert timed.sessions.describe(left).label == "Safari on iOS"


def test_one_box_ticks_all_and_tells_when_some_are(scripted: Device) -> None:
    page = find_ada(scripted)
    every = page.get_by_label("Select all")
    boxes = page.get_by_role("checkbox", name=re.compile("Select .* on "))
    every.check()
    for box in boxes.all():
        expect(box).to_be_checked()

    boxes.first.uncheck()
    expect(every).not_to_be_checked()
    assert every.evaluate("e => e.indeterminate")
    boxes.first.check()
    expect(every).to_be_checked()


def test_to_press_with_nothing_ticked_is_told(root: Device) -> None:
    page = find_ada(root)
    page.get_by_role("button", name="Terminate selected").click()

    expect(page.get_by_role("alert")).to_contain_text("Select the sessions")


def test_an_account_is_disabled(
    root: Device, new_device: NewDevice, timed: TimedServer, ada: User
) -> None:
    page = find_ada(root)
    page.get_by_role("link", name="Disable account").click()
    expect(page.get_by_role("heading", name="Disable this account?")).to_be_visible()
    give_reason(page, "Disable account", "Left the company")

    expect(root.banner).to_contain_text("The account is disabled. 3 sessions were terminated.")
    expect(page.get_by_text("This user has no active sessions.")).to_be_visible()
    outside = new_device(at=timed).page
    outside.goto("/login")
    outside.get_by_label("E-mail").fill(ADA.email)
    outside.get_by_role("textbox", name="Password").fill(PASSWORD)
    outside.get_by_role("button", name="Log in").click()
    expect(outside.get_by_role("alert")).to_contain_text("don’t match")


def test_an_old_login_is_asked_for_the_password_in_place(
    root: Device, timed: TimedServer, ada: User
) -> None:
    """Nothing that was typed is lost, and a wrong password ends nothing."""
    page = find_ada(root)
    page.get_by_role("link", name="Terminate all of this person").click()
    timed.clock.advance(16 * MINUTE)
    give_reason(page, "Terminate")

    expect(page.get_by_role("heading", name="Confirm it’s you")).to_be_visible()
    page.get_by_role("textbox", name="Password").fill("not this one")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("That isn’t your password.")
    assert len(timed.sessions.list(ada.id)) == 3
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(root.banner).to_contain_text("3 sessions were terminated.")
    expect(page.get_by_role("table", name="Ended sessions")).to_contain_text(REASON)
    root.expect_logged_in()


def test_who_cancels_there_ends_nothing(root: Device, timed: TimedServer, ada: User) -> None:
    page = find_ada(root)
    page.get_by_role("link", name="Terminate all of this person").click()
    timed.clock.advance(16 * MINUTE)
    give_reason(page, "Terminate")
    page.get_by_role("link", name="Cancel").click()

    expect(
        page.get_by_role("heading", name="Terminate all sessions of this person?")
    ).to_be_visible()
    assert len(timed.sessions.list(ada.id)) == 3


def test_what_the_check_says_is_what_then_ends(root: Device, timed: TimedServer, ada: User) -> None:
    """Row 34; the change is in the history with who, why, before and after."""
    start_many(timed, 4)
    timed.clock.advance(timedelta(days=2))
    root.page.goto("/login")
    root.fill_in_login(ROOT, keep=True)
    before = len(timed.sessions.everybodys())
    page = check_effect(root, Unused_for_at_most="1")
    outcome = page.locator(".outcome")
    expect(outcome).to_contain_text("7 sessions of 5 people end at once")
    expect(outcome).to_contain_text("1 session of 1 person ends earlier than before")
    expect(outcome).to_contain_text("You: your own session stays")
    page.get_by_text("Show the sessions that end").click()
    expect(page.get_by_role("table", name="Sessions that end").get_by_role("row")).to_have_count(8)
    assert len(timed.sessions.everybodys()) == before

    page.get_by_label("Reason (shown to people)").fill("Audit finding 7")
    page.get_by_role("button", name="Save policy").click()
    expect(root.banner).to_contain_text("Policy saved.")
    history = page.get_by_role("table", name="History")
    for told in (ROOT.email, "Audit finding 7", "Unused for at most: 14 days → 1 day"):
        expect(history).to_contain_text(told)
    assert len(timed.sessions.everybodys()) == before - 7


def test_a_tenth_more_since_the_check_is_refused_with_fresh_numbers(
    root: Device, timed: TimedServer
) -> None:
    """Row 35."""
    start_many(timed, 6)
    page = root.page
    page.goto(DEFAULT_POLICY)
    page.get_by_label("End everything that began before now").check()
    page.get_by_role("button", name="Check effect").click()
    expect(page.locator(".outcome")).to_contain_text("10 sessions of 8 people end at once")
    start_many(timed, 1)
    page.get_by_label("Reason").fill("Audit finding 7")
    page.get_by_role("button", name="Save policy").click()

    expect(page.get_by_role("alert")).to_contain_text("The numbers changed since you checked.")
    expect(page.locator(".outcome")).to_contain_text("11 sessions of 8 people end at once")
    expect(page.get_by_label("Reason")).to_have_value("Audit finding 7")
    assert len(timed.sessions.everybodys()) == 11


def many_to_end(device: Device, timed: TimedServer) -> Page:
    start_many(timed, 20)
    device.page.goto(DEFAULT_POLICY)
    device.page.get_by_label("End everything that began before now").check()
    device.page.get_by_role("button", name="Check effect").click()
    device.page.get_by_label("Reason").fill("Break-in")
    return device.page


def test_above_twenty_the_number_unlocks_the_button(scripted: Device, timed: TimedServer) -> None:
    """Row 36."""
    page = many_to_end(scripted, timed)
    save, number = page.get_by_role("button", name="Save policy"), page.get_by_label("Type 24 to")
    expect(save).to_be_disabled()
    number.fill("23")
    expect(save).to_be_disabled()
    number.fill("24")
    expect(save).to_be_enabled()
    save.click()

    scripted.expect_login_page("Your organization changed how long sessions last.")
    assert timed.sessions.everybodys() == []


def test_without_scripts_the_browser_and_the_server_ask_for_the_number(
    timed: TimedServer, ada: User, new_device: NewDevice
) -> None:
    """Row 36, N."""
    plain = new_device(at=timed, java_script_enabled=False).log_in(ROOT)
    page = many_to_end(plain, timed)
    for wrong in ("", "23"):
        page.get_by_label("Type 24 to confirm").fill(wrong)
        page.get_by_role("button", name="Save policy").click()
        expect(page.get_by_label("Type 24 to confirm")).to_be_focused()
    assert len(timed.sessions.everybodys()) == 24

    page.get_by_label("Type 24 to confirm").fill("24")
    page.get_by_role("button", name="Save policy").click()
    plain.expect_login_page("Your organization changed how long sessions last.")


def test_a_preset_fills_the_form(root: Device) -> None:
    page = root.page
    page.goto(DEFAULT_POLICY)
    page.get_by_role("link", name="AAL2").click()

    expect(page.get_by_role("textbox", name="Longest session")).to_have_value("1")
    expect(page.get_by_label("Longest session: unit")).to_have_value("days")
    expect(page.get_by_role("textbox", name="Unused for at most")).to_have_value("1")
    expect(page.get_by_label("Unused for at most: unit")).to_have_value("hours")


def test_an_organization_is_made_and_its_policy_holds_for_a_new_member_at_once(
    root: Device, timed: TimedServer, ada: User
) -> None:
    page = root.page
    page.goto("/admin/organizations")
    page.get_by_label("Name").fill(ACME)
    page.get_by_role("button", name="Create").click()
    policy = Policy(idle_timeout=timedelta(hours=1))
    timed.sessions.policies.set(f"organization:{ACME}", policy, by=CLI, reason="Contract")
    timed.clock.advance(timedelta(hours=2))
    page.goto(f"/admin/organizations/{ACME}")
    page.get_by_label("E-mail").fill(ADA.email)
    page.get_by_role("button", name="Add").click()
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()

    expect(root.banner).to_contain_text("Member added. 3 sessions were terminated.")
    expect(page.get_by_role("table", name="Members")).to_contain_text(ADA.email)
    assert organizations_of(timed).of(ada.id) == [ACME]


def test_the_log_tells_what_was_done_and_who_looked(root: Device) -> None:
    page = find_ada(root)
    page.get_by_role("link", name="Events").last.click()
    expect(page.get_by_role("heading", name=f"Events: {ADA.email}")).to_be_visible()

    row = page.get_by_role("row").filter(has_text="Sessions looked at by an administrator")
    expect(row).to_contain_text(ROOT.email)
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_role("table", name="Events")).to_contain_text("Account created")


def test_to_other_people_there_is_no_administration(
    timed: TimedServer, ada: User, new_device: NewDevice
) -> None:
    page = new_device(at=timed).log_in(ADA).page

    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    page.goto("/admin/users")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def test_on_a_phone_the_way_in_is_in_the_side_bar(
    timed: TimedServer, ada: User, new_device: NewDevice
) -> None:
    phone = new_device(at=timed, viewport={"width": 320, "height": 640}).log_in(ROOT)
    phone.page.get_by_role("button", name="Menu", exact=True).click()
    phone.page.get_by_role("link", name="Administration").click()

    expect(phone.page.get_by_role("navigation", name="Administration")).to_be_visible()
    expect(phone.page.get_by_role("heading", name="People")).to_be_visible()


def test_a_closed_banner_leaves_the_focus_in_the_page(scripted: Device, ada: User) -> None:
    page = scripted.page
    page.goto("/admin/organizations")
    page.get_by_label("Name").fill(ACME)
    page.get_by_role("button", name="Create").click()
    scripted.banner.get_by_role("button", name="Close").click()

    expect(scripted.banner).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()
