"""Policies as people meet them: rows 31 to 33 and 37 of ui.md section 5."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.wiring import Sessions
from tests.browser.conftest import Serve
from tests.browser.people import ACCOUNT, EDGE, FIREFOX, Device, NewDevice, Person
from tests.browser.server import Server
from tests.databases import shell
from tests.engines import ENGINES, url_on

pytestmark = pytest.mark.browser

ROOT = Actor.admin("root@example.org")
FIREFOX_ROW, EDGE_ROW = "Firefox on Windows", "Edge on Windows"


@pytest.fixture(params=ENGINES)
def server(serve: Serve, tmp_path: Path, request: pytest.FixtureRequest) -> Server:
    """One of its own for each test: a policy of the installation is everybody's."""
    database = url_on(request.param, tmp_path, request)
    return serve(idle_timeout="90d", lifetime="none", database=database)


@contextmanager
def sessions_of(server: Server) -> Iterator[Sessions]:
    """The same database from another process, as an administrator's command uses it."""
    policy = Policy(idle_timeout=timedelta(days=90))
    sessions = Sessions(server.environment["SIGNEDIN_DATABASE"], policy=policy)
    try:
        yield sessions
    finally:
        sessions.close()


def set_policy(server: Server, policy: Policy, reason: str = "Audit finding 7") -> None:
    with sessions_of(server) as sessions:
        sessions.policies.set("default", policy, by=ROOT, reason=reason)


def log_in_days_ago(person: Person, server: Server, agent: str, days: int) -> None:
    """A session that has not been used since so many days ago."""
    person.log_in_elsewhere(server, agent)
    at = int((datetime.now(UTC) - timedelta(days=days)).timestamp() * 1_000_000)
    url = server.environment["SIGNEDIN_DATABASE"]
    # PostgreSQL has no word of its own for an authentication at the beginning.
    authenticated = f"authenticated_at = {at}, " if url.startswith("sqlite") else ""
    with shell(url) as typed:
        typed.execute(
            f"UPDATE signedin_sessions SET created_at = {at}, {authenticated}"
            f"last_used_at = {at}, ends_by = NULL WHERE client_seq = "
            f"(SELECT seq FROM signedin_clients WHERE user_agent = '{agent}')"
        )


def test_an_unused_session_that_a_policy_shortened_never_looks_freshly_used(
    server: Server, device: Device, ada: Person
) -> None:
    """Rows 31, 32 and 33."""
    log_in_days_ago(ada, server, FIREFOX, 20)
    log_in_days_ago(ada, server, EDGE, 10)
    set_policy(server, Policy(idle_timeout=timedelta(days=30)))
    device.reload()

    row = device.row(FIREFOX_ROW).get_by_role("cell").nth(1)
    expect(row).to_contain_text("Just now")
    expect(row).not_to_contain_text("Active now")
    expect(row).to_contain_text(re.compile(r"Updated by policy: now ends \w+ \d+"))
    expect(row).to_contain_text(re.compile(r"Last used \w+ \d+"))
    order = device.rows.locator(".device").all_inner_texts()
    assert order[1:] == [EDGE_ROW, FIREFOX_ROW]

    device.choose(FIREFOX_ROW, "Details")
    facts = device.page.locator("dl.facts")
    expect(facts).to_contain_text("Changed by policy")
    expect(facts).to_contain_text(re.compile("Set by an administrator: the end moved from .* to "))
    expect(facts).to_contain_text("Audit finding 7")


def test_a_browser_whose_session_a_policy_ended_is_told_so(
    server: Server, device: Device, new_device: NewDevice, ada: Person
) -> None:
    """Row 37."""
    set_policy(server, Policy(not_before=datetime.now(UTC)), "New rules")

    device.reload()

    device.expect_login_page("Your organization changed how long sessions last.")
    again = new_device(at=server).log_in(ada)
    again.page.get_by_role("heading", name="Ended sessions").click()
    expect(again.page.locator("#ended-sessions")).to_contain_text("Ended by policy: New rules")


@pytest.mark.parametrize("scripts", [True, False])
def test_people_can_end_their_unused_sessions_by_a_limit_of_their_own(
    scripts: bool, server: Server, new_device: NewDevice, ada: Person
) -> None:
    device = new_device(at=server, java_script_enabled=scripts).log_in(ada)
    log_in_days_ago(ada, server, FIREFOX, 20)
    device.reload()
    choice = device.page.get_by_label("End my sessions when they were not used for")
    expect(choice.locator("option").first).to_have_text("90 days (everybody’s limit)")

    choice.select_option(label="7 days")
    device.page.get_by_role("button", name="Save").click()

    expect(device.banner).to_contain_text("Saved. 1 session was logged out.")
    expect(device.rows).to_have_count(1)
    expect(choice.locator("option:checked")).to_have_text("7 days")
    choice.select_option(index=0)
    device.page.get_by_role("button", name="Save").click()
    expect(device.banner).to_contain_text("Saved.")
    expect(device.rows).to_have_count(1)


def test_the_page_warns_before_the_idle_limit_and_lets_people_stay(
    server: Server, device: Device
) -> None:
    """WCAG 2.2.1: at least 20 seconds, by keyboard and screen reader too."""
    set_policy(server, Policy(idle_timeout=timedelta(minutes=15)))
    device.page.clock.install()
    device.reload()
    warning = device.page.get_by_role("complementary", name="Are you still there?")
    device.page.clock.run_for(12 * 60_000)
    expect(warning).to_be_hidden()

    device.page.clock.run_for(70_000)
    expect(warning).to_be_visible()
    expect(warning.get_by_role("alert").first).to_contain_text(
        re.compile(r"Without use, you’ll be logged out at \d+:\d\d:\d\d")
    )
    warning.get_by_role("button", name="Stay logged in").click()
    expect(warning).to_be_hidden()
    device.page.clock.run_for(12 * 60_000)
    expect(warning).to_be_hidden()


def test_a_page_that_was_not_used_shows_nothing_private_after_the_limit(
    server: Server, device: Device
) -> None:
    set_policy(server, Policy(idle_timeout=timedelta(minutes=15)))
    device.page.clock.install()
    device.reload()
    device.context.clear_cookies()  # as good as ended: the clock of the server stands still here

    device.page.clock.run_for(15 * 60_000)

    device.expect_login_page("You were logged out because this session was not used for too long.")


def test_a_long_limit_needs_no_warning(server: Server, device: Device) -> None:
    set_policy(server, Policy(idle_timeout=timedelta(hours=20)))
    device.page.goto(ACCOUNT)

    expect(device.page.get_by_role("heading", name="Active sessions")).to_be_visible()
    expect(device.page.locator("#idle")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_at_the_cap_people_choose_what_ends_before_they_are_logged_in(
    scripts: bool, server: Server, new_device: NewDevice, ada: Person
) -> None:
    set_policy(server, Policy(max_sessions=2))
    first = new_device(EDGE, at=server).log_in(ada)
    ada.log_in_elsewhere(server, FIREFOX)
    device = new_device(at=server, java_script_enabled=scripts)
    device.page.goto("/login")
    device.page.get_by_label("E-mail").fill(ada.email)
    device.page.get_by_role("textbox", name="Password").fill(ada.password)
    device.page.get_by_role("button", name="Log in").click()

    title = "You’re logged in on 2 of 2 devices"
    expect(device.page.get_by_role("heading", name=title)).to_be_visible()
    first.expect_logged_in()

    device.page.get_by_role("checkbox", name=EDGE_ROW).check()
    device.page.get_by_role("button", name="Log out there and continue").click()

    expect(device.row("Current session")).to_be_visible()
    expect(device.row(FIREFOX_ROW)).to_be_visible()
    expect(device.rows).to_have_count(2)
    first.reload().expect_login_page()


@pytest.fixture
def young(server: Server, ada: Person, new_device: NewDevice) -> Device:
    """A session of a minute, beside one of ten days, where new ones must be confirmed."""
    log_in_days_ago(ada, server, FIREFOX, 10)
    set_policy(server, Policy(settle_time=timedelta(hours=24)))
    return new_device(at=server).log_in(ada)


def enter_password(device: Device, password: str) -> None:
    expect(device.page.get_by_role("heading", name="Confirm it’s you")).to_be_visible()
    device.page.get_by_role("textbox", name="Password").fill(password)
    device.page.get_by_role("button", name="Continue").click()


def test_a_young_session_ends_an_older_one_only_with_the_password(
    young: Device, ada: Person
) -> None:
    """Row 52 (password): asked in place, and nothing is lost."""
    before = young.cookies["sid"]
    young.choose(FIREFOX_ROW, "Terminate")
    young.confirm("Terminate")
    expect(young.page.get_by_text("This session is new.")).to_be_visible()
    enter_password(young, "not the password at all")
    expect(young.page.get_by_role("alert")).to_contain_text("isn’t your password")

    enter_password(young, ada.password)

    expect(young.banner).to_contain_text(f"Session terminated: {FIREFOX_ROW}")
    expect(young.rows).to_have_count(1)
    assert young.cookies["sid"] != before, "a step-up rotates the token"
    young.expect_logged_in()


def test_so_it_is_without_scripts_and_for_all_others(
    server: Server, ada: Person, new_device: NewDevice
) -> None:
    """Row 52, N."""
    log_in_days_ago(ada, server, FIREFOX, 10)
    set_policy(server, Policy(settle_time=timedelta(hours=24)))
    device = new_device(at=server, java_script_enabled=False).log_in(ada)
    device.page.get_by_role("button", name="Log out of all other sessions").click()
    device.page.get_by_role("button", name="Log out of all other sessions").click()
    enter_password(device, ada.password)

    expect(device.banner).to_contain_text("1 session was logged out.")
    expect(device.rows).to_have_count(1)


def test_everywhere_never_asks(young: Device) -> None:
    """Row 53: an emergency exit must open."""
    young.page.get_by_role("button", name="Log out everywhere…").click()
    young.confirm("Log out everywhere")

    young.expect_login_page("You’re logged out on all devices.")


def test_a_new_session_may_always_log_itself_out(young: Device) -> None:
    young.choose("Current session", "Log out")
    young.confirm("Log out")

    young.expect_login_page("You’re logged out.")
