"""What the API tells of policies: what one changed, and that there is no room for a login."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from signedin.accounts.user import User
from signedin.core.permission import Actor
from signedin.core.policy import Policy, WhenFull
from signedin.wiring import Sessions
from tests.clock import FixedClock
from tests.engines import cluster, url
from tests.web.answers import problem
from tests.web.conftest import Browser, NewBrowser

__all__ = ["cluster", "url"]

ROOT = Actor.admin("root")
DAY = timedelta(days=1)


# Updated.
@pytest.fixture
def kept(new_browser: NewBrowser, ada: User) -> Browser:
    """A browser that stays logged in for 14 days without use."""
    browser = new_browser()
    assert browser.log_in(persistent=True).status_code == 201
    return browser


CHANGE = {
    "changed_at": "2026-11-23T11:00:00Z",
    "by": {"kind": "admin", "id": None},  # people are not told which one
    "reason": "Audit",
    "previous_expires_at": "2026-12-07T10:00:00Z",
    "expires_at": "2026-11-24T10:00:00Z",
}


def test_a_change_of_policy_is_told_until_the_session_is_used_again(
    kept: Browser, sessions: Sessions, new_browser: NewBrowser, clock: FixedClock
) -> None:
    session_id = kept.current["id"]
    clock.advance(timedelta(hours=1))
    sessions.policies.set("default", Policy(idle_timeout=DAY), by=ROOT, reason="Audit")
    other = new_browser(address="198.51.100.4")
    other.log_in()

    by_policy = other.get(f"/api/v1/sessions/{session_id}").json()
    clock.advance(timedelta(hours=1))
    used = kept.current

    assert (by_policy["updated_at"], by_policy["updated_by"]) == (CHANGE["changed_at"], "policy")
    assert by_policy["policy_change"] == CHANGE
    assert by_policy["expires_at"] == CHANGE["expires_at"]
    assert (used["updated_at"], used["updated_by"]) == ("2026-11-23T12:00:00Z", "use")
    assert used["policy_change"]["changed_at"] == CHANGE["changed_at"]


def test_a_session_that_began_later_was_changed_by_nothing(
    sessions: Sessions, new_browser: NewBrowser, ada: User, clock: FixedClock
) -> None:
    sessions.policies.set("default", Policy(idle_timeout=DAY), by=ROOT, reason="Audit")
    clock.advance(DAY)
    browser = new_browser()
    browser.log_in()

    assert browser.current["policy_change"] is None
    assert browser.current["updated_by"] == "use"


# No room.
@pytest.fixture
def full(browser: Browser, other: Browser, sessions: Sessions) -> list[str]:
    """Two sessions where two are allowed, and people choose; their ids."""
    allow_two(sessions, WhenFull.ASK)
    return [told["id"] for told in browser.sessions]


def allow_two(sessions: Sessions, when_full: WhenFull) -> None:
    policy = Policy(max_sessions=2, when_full=when_full)
    sessions.policies.set("default", policy, by=ROOT, reason="two")


def log_in_elsewhere(new_browser: NewBrowser, **more: Any) -> Any:
    return new_browser(address="192.0.2.77").log_in(**more)


def test_a_login_that_finds_no_room_says_what_could_make_some(
    new_browser: NewBrowser, browser: Browser, full: list[str]
) -> None:
    answer = log_in_elsewhere(new_browser)

    told = problem(answer, 409, "cap-reached")
    assert {session["id"] for session in told["sessions"]} == set(full)
    assert {session["current"] for session in told["sessions"]} == {False}
    assert "set-cookie" not in answer.headers
    assert {told["id"] for told in browser.sessions} == set(full)


def test_the_same_again_with_what_to_end_logs_in(
    new_browser: NewBrowser, browser: Browser, full: list[str]
) -> None:
    chosen = next(told["id"] for told in browser.sessions if not told["current"])

    answer = log_in_elsewhere(new_browser, end=[chosen])

    assert answer.status_code == 201
    assert {told["id"] for told in browser.sessions} == {*full, answer.json()["id"]} - {chosen}


def test_somebody_elses_session_makes_no_room(
    new_browser: NewBrowser, bob: Browser, full: list[str]
) -> None:
    problem(log_in_elsewhere(new_browser, end=[bob.current["id"]]), 409, "cap-reached")

    assert bob.current["current"] is True


def test_where_nothing_may_be_chosen_no_session_is_named(
    new_browser: NewBrowser, full: list[str], sessions: Sessions
) -> None:
    allow_two(sessions, WhenFull.REFUSE)

    told = problem(log_in_elsewhere(new_browser, end=full), 409, "cap-reached")

    assert told["sessions"] == []


def test_a_wrong_password_learns_nothing_of_a_full_account(
    new_browser: NewBrowser, full: list[str]
) -> None:
    answer = log_in_elsewhere(new_browser, password="wrong", end=full)

    assert set(problem(answer, 401, "wrong-credentials")) == {
        "type", "title", "status", "detail", "code",
    }  # fmt: skip
