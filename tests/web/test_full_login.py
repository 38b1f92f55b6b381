"""A login that finds no room shows what is there, and lets people choose before it happens (I7)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.user import User
from signedin.core.permission import Actor
from signedin.core.policy import Policy, WhenFull
from signedin.wiring import Sessions
from tests.clients import FIREFOX, SAFARI, client
from tests.clock import FixedClock
from tests.web.conftest import EMAIL, PASSWORD, Browser, NewBrowser, form_token_of

ROOT = Actor.admin("root")


@pytest.fixture
def full(sessions: Sessions, ada: User, new_browser: NewBrowser, clock: FixedClock) -> list[str]:
    """Two sessions where the policy allows two; their ids, the one used longest ago first."""
    sessions.policies.set("default", Policy(max_sessions=2), by=ROOT, reason="two")
    for agent in (FIREFOX, SAFARI):
        new_browser(agent).log_in()
        clock.advance(timedelta(minutes=5))
    return [session.id for session in reversed(sessions.list(ada.id))]


@pytest.fixture
def browser(new_browser: NewBrowser) -> Browser:
    """One in which nobody is logged in yet."""
    return new_browser()


def live(sessions: Sessions, ada: User) -> set[str]:
    return {session.id for session in sessions.list(ada.id)}


def try_to_log_in(browser: Browser, **fields: str) -> str:
    """By the form; the page that asks what should end."""
    answer = browser.submit("/login", "/login", email=EMAIL, password=PASSWORD, **fields)
    assert answer.status_code == 409
    text: str = answer.text
    return text


def choose(browser: Browser, page: str, *ids: str, **fields: str) -> int:
    chosen = {f"end-{session_id}": "on" for session_id in ids}
    data = {"form_token": form_token_of(page), "chosen": "yes", **chosen, **fields}
    status: int = browser.post("/login", data=data).status_code
    return status


def test_nothing_starts_or_ends_before_somebody_has_chosen(
    sessions: Sessions, ada: User, full: list[str], browser: Browser
) -> None:
    page = try_to_log_in(browser)

    assert live(sessions, ada) == set(full)
    assert "You’re logged in on 2 of 2 devices" in page
    assert re.findall(r'name="end-([0-9a-f-]{36})"', page) == full, "used longest ago comes first"
    assert browser.get("/settings/account").status_code == 303


def test_what_was_chosen_ends_and_the_login_goes_on(
    sessions: Sessions, ada: User, full: list[str], browser: Browser
) -> None:
    page = try_to_log_in(browser, persistent="on")

    assert 'name="persistent" value="on"' in page
    assert choose(browser, page, full[0], persistent="on") == 303
    assert full[0] not in live(sessions, ada)
    assert len(live(sessions, ada)) == 2
    assert browser.current["persistent"]


def test_to_choose_too_little_asks_again(
    sessions: Sessions, ada: User, full: list[str], browser: Browser
) -> None:
    page = try_to_log_in(browser)
    sessions.policies.set("default", Policy(max_sessions=1), by=ROOT, reason="one")

    assert choose(browser, page, full[0]) == 409
    assert live(sessions, ada) == set(full)


def test_where_there_are_more_than_allowed_by_now_both_numbers_are_told(
    sessions: Sessions, full: list[str], browser: Browser
) -> None:
    sessions.policies.set("default", Policy(max_sessions=1), by=ROOT, reason="one")
    page = try_to_log_in(browser)

    assert "You’re logged in on 2 devices, and 1 is allowed" in page
    assert "Choose 2 sessions to log out, then continue." in page


@pytest.fixture
def far_too_many(sessions: Sessions, ada: User, full: list[str], clock: FixedClock) -> list[str]:
    """Sessions from before a cap, more than a form could name; the oldest first."""
    sessions.policies.set("default", Policy(), by=ROOT, reason="none")
    for _ in range(300):
        sessions.start(ada.id, client(), methods=["pwd"])
        clock.advance(timedelta(seconds=1))
    sessions.policies.set("default", Policy(max_sessions=2), by=ROOT, reason="two")
    return [session.id for session in reversed(sessions.list(ada.id))]


def test_where_several_have_to_end_those_used_longest_ago_are_one_choice(
    sessions: Sessions, ada: User, far_too_many: list[str], browser: Browser
) -> None:
    page = try_to_log_in(browser)

    assert "You’re logged in on 302 devices, and 2 are allowed" in page
    assert "The 301 that were used longest ago" in page
    assert choose(browser, page, end_oldest="301") == 303
    assert live(sessions, ada) == {far_too_many[-1], browser.current["id"]}


def test_a_page_shows_only_so_many_however_many_there_are(
    far_too_many: list[str], browser: Browser
) -> None:
    page = try_to_log_in(browser)

    assert re.findall(r'name="end-([0-9a-f-]{36})"', page) == far_too_many[:200]
    assert "The first 200 of 302." in page


def test_what_is_chosen_besides_those_used_longest_ago_ends_too(
    sessions: Sessions, ada: User, far_too_many: list[str], browser: Browser
) -> None:
    page = try_to_log_in(browser)

    assert choose(browser, page, far_too_many[-1], end_oldest="301") == 303
    assert live(sessions, ada) == {browser.current["id"]}


@pytest.mark.parametrize("number", ["", "x", "-1", "0", "1", "²", "9" * 5000])
def test_a_number_that_makes_no_sense_or_no_room_asks_again(
    sessions: Sessions, ada: User, full: list[str], browser: Browser, number: str
) -> None:
    sessions.policies.set("default", Policy(max_sessions=1), by=ROOT, reason="one")
    page = try_to_log_in(browser)

    assert choose(browser, page, end_oldest=number) == 409
    assert live(sessions, ada) == set(full)


def test_where_one_has_to_end_it_is_chosen_by_itself(full: list[str], browser: Browser) -> None:
    assert "used longest ago" not in try_to_log_in(browser)


def test_to_choose_nothing_says_what_is_missing(full: list[str], browser: Browser) -> None:
    page = try_to_log_in(browser)
    again = browser.post("/login", data={"form_token": form_token_of(page), "chosen": "yes"})

    assert "Choose at least 1 session." not in page
    assert "Choose at least 1 session." in again.text


def test_a_choice_that_was_made_already_is_not_told_to_be_late(
    full: list[str], browser: Browser
) -> None:
    """As a button that is pressed twice makes it."""
    page = try_to_log_in(browser)
    before = dict(browser.http.cookies)
    assert choose(browser, page, full[0]) == 303
    browser.http.cookies.clear()
    browser.http.cookies.update(before)
    data = {"form_token": form_token_of(page), "chosen": "yes", f"end-{full[0]}": "on"}

    again = browser.post("/login", data=data)
    assert again.status_code == 422
    assert "a second time, or after more than ten minutes" in again.text


def test_a_choice_is_good_once(full: list[str], browser: Browser) -> None:
    page = try_to_log_in(browser)
    assert choose(browser, page, full[0]) == 303

    browser.http.cookies.delete(browser.names.session)

    assert choose(browser, page, full[1]) in (403, 422)


def test_nobody_else_can_choose(full: list[str], browser: Browser, new_browser: NewBrowser) -> None:
    try_to_log_in(browser)
    other = new_browser()
    page = other.get("/login").text

    assert choose(other, page, full[0]) == 422


def test_a_choice_may_take_ten_minutes(
    full: list[str], browser: Browser, clock: FixedClock
) -> None:
    page = try_to_log_in(browser)
    clock.advance(timedelta(minutes=10))

    assert choose(browser, page, full[0]) == 422


def test_a_changed_password_takes_the_choice_away(
    accounts: Accounts, ada: User, full: list[str], browser: Browser, sessions: Sessions
) -> None:
    page = try_to_log_in(browser)
    accounts.set_password(ada.id, "another good long password", by=ROOT)

    assert choose(browser, page, full[0]) == 409
    assert live(sessions, ada) == set()


def test_where_nothing_can_be_chosen_the_page_says_what_to_do(
    sessions: Sessions, ada: User, full: list[str], browser: Browser
) -> None:
    policy = Policy(max_sessions=2, when_full=WhenFull.REFUSE)
    sessions.policies.set("default", policy, by=ROOT, reason="two")

    page = try_to_log_in(browser)

    assert "Log out on one of these devices first" in page
    assert "checkbox" not in page
    assert live(sessions, ada) == set(full)


def test_where_the_oldest_ends_nobody_is_asked(
    sessions: Sessions, ada: User, full: list[str], browser: Browser
) -> None:
    policy = Policy(max_sessions=2, when_full=WhenFull.END_OLDEST)
    sessions.policies.set("default", policy, by=ROOT, reason="two")

    answer = browser.submit("/login", "/login", email=EMAIL, password=PASSWORD)

    assert answer.status_code == 303
    assert full[0] not in live(sessions, ada)
    ended = sessions.history(ada.id)[0].ended
    assert ended is not None
    assert (ended.reason, ended.by.kind) == ("cap", "policy")


def test_the_oldest_is_the_one_used_longest_ago_up_to_this_moment(
    sessions: Sessions, ada: User, new_browser: NewBrowser, clock: FixedClock
) -> None:
    """Uses wait in memory for seconds; somebody who is here now is not logged out by that."""
    policy = Policy(max_sessions=2, when_full=WhenFull.END_OLDEST)
    sessions.policies.set("default", policy, by=ROOT, reason="two")
    older, newer = new_browser(FIREFOX), new_browser(SAFARI)
    older.log_in()
    older.get("/api/v1/sessions/current")
    sessions.flush_if_possible()
    clock.advance(timedelta(minutes=1))
    newer.log_in()
    clock.advance(timedelta(minutes=4))
    assert older.get("/help/sessions").status_code == 200

    assert new_browser().log_in().status_code == 201

    assert older.get("/api/v1/sessions/current").status_code == 200
    assert newer.get("/api/v1/sessions/current").status_code == 401


def test_who_chooses_too_little_gains_no_time_by_it(
    sessions: Sessions, ada: User, full: list[str], browser: Browser, clock: FixedClock
) -> None:
    """A password that was right ten minutes ago is right no more, however often one asks."""
    page = try_to_log_in(browser)
    clock.advance(timedelta(minutes=9))
    again = browser.post("/login", data={"form_token": form_token_of(page), "chosen": "yes"})
    assert again.status_code == 409
    assert "You’re logged in on 2 of 2 devices" in again.text
    clock.advance(timedelta(minutes=1))

    assert choose(browser, again.text, full[0]) == 422
    assert live(sessions, ada) == set(full)
