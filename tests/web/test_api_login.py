"""Logging in through the JSON API, and how a session is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.user import User
from signedin.core.permission import Actor
from signedin.wiring import Sessions
from tests.clock import FixedClock
from tests.web.answers import problem
from tests.web.conftest import (
    EMAIL,
    NAMES,
    Browser,
    NewBrowser,
)

ROOT = "/api/v1/sessions"


def fail_to_log_in(browser: Browser, times: int, email: str = EMAIL) -> None:
    for _ in range(times):
        assert browser.log_in(email, "wrong password").status_code == 401


def test_a_login_answers_with_its_session_where_it_is_and_both_cookies(
    new_browser: NewBrowser, ada: User
) -> None:
    browser = new_browser()

    answer = browser.log_in()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"{ROOT}/{answer.json()['id']}"
    assert browser.get(answer.headers["location"]).json() == answer.json()
    names = {line.partition("=")[0] for line in answer.headers.get_list("set-cookie")}
    assert {NAMES.session, NAMES.device} <= names


def test_a_session_is_told_in_exactly_these_words(
    browser: Browser, clock: FixedClock, sessions: Sessions
) -> None:
    assert browser.current == {
        "id": browser.sessions[0]["id"],
        "current": True,
        "device": {
            "label": "Chrome on macOS",
            "browser": "Chrome",
            "browser_version": "141",
            "os": "macOS",
            "kind": "desktop",
            "name": None,
        },
        "location": {
            "label": "Unknown location",
            "city": None,
            "region": None,
            "country_code": None,
            "certainty": "none",
            "network": "ordinary",
        },
        "updated_at": "2026-11-23T10:00:00Z",
        "updated_by": "use",
        "policy_change": None,
        "last_used_at": "2026-11-23T10:00:00Z",
        "logged_in_at": "2026-11-23T10:00:00Z",
        "expires_at": "2026-11-24T10:00:00Z",
        "persistent": False,
        "methods": ["pwd"],
        "ip_address": "203.0.113.7",
        "login_location": {
            "label": "Unknown location",
            "city": None,
            "region": None,
            "country_code": None,
            "certainty": "none",
            "network": "ordinary",
        },
    }


def test_who_wants_to_stay_logged_in_does(new_browser: NewBrowser, ada: User) -> None:
    answer = new_browser().log_in(persistent=True)

    assert answer.json()["persistent"] is True
    assert answer.json()["expires_at"] == "2026-12-07T10:00:00Z"
    (line,) = (c for c in answer.headers.get_list("set-cookie") if c.startswith(NAMES.session))
    assert f"Max-Age={90 * 24 * 3600}" in line


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org", "not an address", ""])
def test_whatever_is_wrong_with_a_login_is_told_alike(
    new_browser: NewBrowser, ada: User, email: str
) -> None:
    answer = new_browser().log_in(email, "wrong password")

    assert problem(answer, 401, "wrong-credentials") == {
        "type": "urn:signedin:problem:wrong-credentials",
        "title": "Wrong credentials",
        "status": 401,
        "detail": "That e-mail and password don’t match.",
        "code": "wrong-credentials",
    }
    assert "set-cookie" not in answer.headers


def test_a_disabled_account_is_told_like_a_wrong_password(
    new_browser: NewBrowser, accounts: Accounts, ada: User
) -> None:
    accounts.disable(ada.id, by=Actor.admin("root"))

    problem(new_browser().log_in(), 401, "wrong-credentials")


def test_a_disabled_account_opens_nothing_any_more(
    browser: Browser, accounts: Accounts, ada: User
) -> None:
    accounts.disable(ada.id, by=Actor.admin("root"))

    problem(browser.get(ROOT), 401, "not-logged-in")


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
def test_after_too_many_failures_the_answer_says_when_to_try_again(
    new_browser: NewBrowser, ada: User, clock: FixedClock, email: str
) -> None:
    browser = new_browser()
    fail_to_log_in(browser, 10, email)

    answer = browser.log_in(email)

    told = problem(answer, 429, "too-many-attempts")
    seconds = int(answer.headers["retry-after"])
    assert 60 <= seconds <= 61
    assert told["detail"] == "Too many tries. Try again in 1 minute."
    clock.advance(timedelta(seconds=seconds))
    assert browser.log_in(email).status_code == (201 if email == EMAIL else 401)


def test_a_wait_is_told_in_minutes_rounded_up(
    new_browser: NewBrowser, ada: User, clock: FixedClock
) -> None:
    browser = new_browser()
    fail_to_log_in(browser, 10)
    clock.advance(timedelta(minutes=2))
    fail_to_log_in(browser, 1)

    told = problem(browser.log_in(), 429, "too-many-attempts")

    assert told["detail"] == "Too many tries. Try again in 2 minutes."


def test_strangers_cannot_lock_the_owner_out_of_a_browser_that_is_known(
    browser: Browser, new_browser: NewBrowser
) -> None:
    stranger = new_browser(address="198.51.100.66")
    fail_to_log_in(stranger, 10)

    assert stranger.log_in().status_code == 429
    assert browser.log_in().status_code == 201


def test_logging_in_again_leaves_one_row_and_says_what_became_of_the_other(
    browser: Browser,
) -> None:
    first = browser.current["id"]

    browser.log_in()

    (listed,) = browser.sessions
    assert listed["id"] != first
    (ended,) = browser.get(f"{ROOT}/history").json()["sessions"]
    assert (ended["id"], ended["ended_reason"]) == (first, "replaced")
