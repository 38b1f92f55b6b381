"""Row 55 of ui.md section 5: what has ended, when, why and by whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from signedin.core.permission import Actor
from tests.browser.people import ACCOUNT, EDGE, FIREFOX, SAFARI, Device, NewDevice, Person
from tests.browser.timed import TimedServer

pytestmark = pytest.mark.browser

Ended = dict[str, tuple[str, str]]


def ended_sessions(device: Device) -> Ended:
    """What the list of ended sessions says: when and why, by device."""
    device.reload()
    device.page.get_by_text("Ended sessions").click()
    table = device.page.get_by_role("table", name="Ended sessions")
    expect(table).to_be_visible()
    rows = [row.get_by_role("cell").all_inner_texts() for row in table.locator("tbody tr").all()]
    heads = table.locator("tbody").get_by_role("rowheader").all_inner_texts()
    return {head: (cells[1], cells[2]) for head, cells in zip(heads, rows, strict=True)}


@pytest.fixture
def ada(timed: TimedServer) -> Person:
    return Person.on(timed)


@pytest.fixture
def mine(timed: TimedServer, new_device: NewDevice, ada: Person) -> Device:
    """A browser in which Ada is logged in, and stays so."""
    return new_device(at=timed).log_in(ada, keep=True)


def end_from_here(mine: Device, label: str) -> None:
    mine.reload().choose(label, "Terminate")
    mine.confirm("Terminate")
    expect(mine.banner).to_be_visible()


def test_ends_that_people_chose_say_who_did_it_and_from_where(
    timed: TimedServer, mine: Device, new_device: NewDevice, ada: Person
) -> None:
    """Row 55."""
    edge = new_device(EDGE, at=timed).log_in(ada)
    ada.log_in_elsewhere(timed, FIREFOX)
    end_from_here(mine, "Firefox on Windows")
    edge.reload().choose("Current session", "Log out")
    edge.confirm("Log out")
    edge.expect_login_page()
    ada.log_in_elsewhere(timed, SAFARI)
    (safari,) = (
        s for s in mine.api("/sessions")["sessions"] if s["device"]["label"] == "Safari on iOS"
    )
    timed.sessions.terminate(safari["id"], user_id=None, by=Actor.admin("root@example.org"))
    timed.clock.advance(timedelta(hours=2))

    assert ended_sessions(mine) == {
        "Safari on iOS": ("2 hours ago", "Ended by an administrator"),
        "Edge on Windows": ("2 hours ago", "Logged out there"),
        "Firefox on Windows": ("2 hours ago", f"Terminated by you, from {mine.label}"),
    }
    expect(mine.page.get_by_text("Each is kept for 30 days after its end")).to_be_visible()
    expect(mine.page.get_by_text("root@example.org")).to_have_count(0)


def test_a_new_login_in_the_same_browser_replaces_the_old_one(
    timed: TimedServer, mine: Device, new_device: NewDevice, ada: Person
) -> None:
    """Row 55: one row a browser, and the history says what became of the other."""
    edge = new_device(EDGE, at=timed).log_in(ada)
    edge.context.clear_cookies(name=re.compile("^sid_"))
    edge.log_in(ada)

    expect(mine.reload().row("Edge on Windows")).to_have_count(1)
    assert ended_sessions(mine) == {
        "Edge on Windows": ("Just now", "Replaced by a new login in the same browser")
    }


def unused(timed: TimedServer, mine: Device) -> None:
    """Two weeks in which only one's own browser is used."""
    for _ in range(15):
        timed.clock.advance(timedelta(days=1))
        mine.reload()


def one_day_later(timed: TimedServer, mine: Device) -> None:
    timed.clock.advance(timedelta(days=1))


@pytest.mark.parametrize(
    ("keep", "wait", "words"),
    [(True, unused, "Unused too long"), (False, one_day_later, "Expired")],
)
def test_ends_that_time_brought_say_so_in_the_list_and_in_the_browser(
    keep: bool,
    wait: Callable[[TimedServer, Device], None],
    words: str,
    timed: TimedServer,
    mine: Device,
    new_device: NewDevice,
    ada: Person,
) -> None:
    """Row 55, and what the browser itself is told."""
    edge = new_device(EDGE, at=timed).log_in(ada, keep=keep)
    wait(timed, mine)

    assert ended_sessions(mine)["Edge on Windows"][1] == words
    told = {
        "Unused too long": "You were logged out because this session was not used for too long.",
        "Expired": "Your session expired.",
    }
    edge.reload().expect_login_page(told[words])


def test_an_old_token_that_comes_back_ends_the_session_and_is_told(
    timed: TimedServer, mine: Device, new_device: NewDevice, ada: Person
) -> None:
    """Row 55: somebody had copied it."""
    edge = new_device(EDGE, at=timed).log_in(ada)
    copied = edge.context.cookies()
    page = edge.page
    page.goto(f"{ACCOUNT}/password")
    page.get_by_role("textbox", name="Current password").fill(ada.password)
    page.get_by_role("textbox", name="New password").fill("a quite different long one")
    page.get_by_label("Log out of all other sessions").uncheck()
    page.get_by_role("button", name="Change password").click()
    expect(edge.banner).to_contain_text("Your password was changed.")
    timed.clock.advance(timedelta(minutes=15))

    thief = new_device(EDGE, at=timed)
    thief.context.add_cookies(
        [{"name": c["name"], "value": c["value"], "url": timed.url} for c in copied]
    )
    thief.reload().expect_login_page("Your session has ended. Log in again to continue.")

    assert ended_sessions(mine) == {"Edge on Windows": ("Just now", "An old token was used again")}
