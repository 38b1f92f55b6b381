"""The API takes the password again, and what needed it is done then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.wiring import Sessions
from tests.clock import FixedClock
from tests.web.answers import cookies_set, problem
from tests.web.conftest import NAMES, PASSWORD, Browser, NewBrowser

API = "/api/v1/sessions"
CONFIRM = f"{API}/current/confirm"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def demanding(sessions: Sessions) -> None:
    """Who ends other sessions has proved who they are within a quarter of an hour."""
    policy = Policy(confirm_within=15 * MINUTE)
    sessions.policies.set("default", policy, by=Actor.admin("cli"), reason="Audit")


@pytest.mark.usefixtures("demanding")
def test_what_needed_it_is_refused_before_and_done_after(
    browser: Browser, other: Browser, clock: FixedClock
) -> None:
    clock.advance(16 * MINUTE)
    before = browser.token

    problem(browser.post(f"{API}/end", json={"scope": "others"}), 403, "confirmation-required")
    assert len(browser.sessions) == 2
    confirmed = browser.post(CONFIRM, json={"password": PASSWORD})
    assert confirmed.status_code == 200
    assert confirmed.json()["id"] == browser.current["id"]
    assert browser.token != before
    assert browser.post(f"{API}/end", json={"scope": "others"}).json()["ended"] == 1


@pytest.mark.usefixtures("demanding")
def test_a_copy_of_the_cookie_gains_nothing_by_the_confirmation(
    browser: Browser, other: Browser, new_browser: NewBrowser, clock: FixedClock
) -> None:
    """Attack 3: in its grace the former token is good for what it was good for before."""
    clock.advance(16 * MINUTE)
    thief = new_browser()
    thief.http.cookies.set(NAMES.session, browser.token)
    assert browser.post(CONFIRM, json={"password": PASSWORD}).status_code == 200

    answer = thief.post(f"{API}/end", json={"scope": "others"})

    problem(answer, 403, "confirmation-required")
    assert len(browser.sessions) == 2


def test_a_wrong_password_logs_nobody_out(browser: Browser) -> None:
    answer = browser.post(CONFIRM, json={"password": "x"})

    problem(answer, 422, "wrong-password")
    assert NAMES.session not in cookies_set(answer)
    assert browser.get(f"{API}/current").status_code == 200


def test_too_many_wrong_ones_have_to_wait(browser: Browser) -> None:
    for _ in range(10):
        browser.post(CONFIRM, json={"password": "x"})
    answer = browser.post(CONFIRM, json={"password": PASSWORD})

    problem(answer, 429, "too-many-attempts")
    assert int(answer.headers["retry-after"]) > 0


def test_it_is_for_who_is_logged_in(browser: Browser) -> None:
    browser.http.cookies.clear()

    problem(browser.post(CONFIRM, json={"password": PASSWORD}), 401, "not-logged-in")


@pytest.mark.parametrize("body", [{}, {"password": None}, {"password": PASSWORD, "more": 1}])
def test_a_body_that_makes_no_sense_is_refused(browser: Browser, body: object) -> None:
    problem(browser.post(CONFIRM, json=body), 422, "invalid-value")
