"""How much one person may ask for, and that nobody can use up what another session needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.accounts.accounts import Accounts
from signedin.web import limits
from signedin.web.limits import PER_PERSON, RESERVED, Buckets, PersonLimits
from tests.clock import FixedClock
from tests.web.answers import problem
from tests.web.conftest import BOBS_EMAIL, JSON, NO_ID, Browser, NewBrowser

ROOT = "/api/v1/sessions"
HOME = "/settings/account"
NOTHING = timedelta(0)


def use_up(allowed: PersonLimits, session: str, now: float = 0) -> int:
    """Ask until there is a wait; how often there was none."""
    count = 0
    while allowed.take("ada", session, now) == NOTHING:
        count += 1
    return count


# The figures.
def test_a_person_has_six_hundred_a_minute() -> None:
    allowed = PersonLimits()

    assert (PER_PERSON, RESERVED) == (600, 60)
    assert use_up(allowed, "phone") == 600
    assert use_up(allowed, "phone", now=60) == 600


def test_the_wait_is_until_the_next_one_is_allowed() -> None:
    allowed = PersonLimits()
    use_up(allowed, "phone")

    wait = allowed.take("ada", "phone", 0)

    assert NOTHING < wait <= timedelta(seconds=0.2)
    assert allowed.take("ada", "phone", wait.total_seconds() + 0.001) == NOTHING


def test_who_has_used_up_everything_cannot_keep_another_session_from_acting() -> None:
    allowed = PersonLimits()
    use_up(allowed, "thief")

    assert use_up(allowed, "owner") == RESERVED
    assert use_up(allowed, "owner") == 0
    assert allowed.take("bob", "bobs", 0) == NOTHING


@given(st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1))
def test_no_step_of_the_clock_gives_more_or_keeps_anybody_waiting(steps: list[float]) -> None:
    bucket, now = Buckets(60), 0.0
    for step in steps:
        now += step
        assert bucket.take("key", now) <= 1

    assert bucket.take("key", now + 1.001) == 0


def test_a_clock_that_is_set_back_gives_nothing() -> None:
    bucket = Buckets(60)
    for _ in range(60):
        bucket.take("key", 1000)

    assert [bucket.take("key", now) > 0 for now in (1000, 0, 0.5)] == [True, True, True]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REMEMBERED", 3)
    bucket = Buckets(1)

    for key in "abcda":
        assert bucket.take(key, 0) == 0

    assert bucket.take("d", 0) > 0


# Where it is asked.
@pytest.fixture
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six hundred requests take seconds, and are counted above."""
    monkeypatch.setattr(limits, "PER_PERSON", 25)
    monkeypatch.setattr(limits, "RESERVED", 10)


@pytest.fixture
def exhausted(fewer: None, browser: Browser) -> Browser:
    """Ada has asked for all that she may, in this browser."""
    while browser.get(ROOT, params={"limit": "1"}).status_code == 200:
        pass
    return browser


def acts(browser: Browser) -> list[Any]:
    return [
        browser.get(ROOT),
        browser.get(f"{ROOT}/history"),
        browser.get(f"{ROOT}/{NO_ID}"),
        browser.delete(f"{ROOT}/{NO_ID}"),
        browser.delete(f"{ROOT}/current"),
        browser.post(f"{ROOT}/end", json={"scope": "others"}),
        browser.http.patch(f"{ROOT}/{NO_ID}", json={"name": "x"}, headers=JSON),
    ]


def test_who_asks_for_too_much_is_told_when_to_try_again(
    exhausted: Browser, clock: FixedClock
) -> None:
    for answer in acts(exhausted):
        problem(answer, 429, "too-many-requests")
        assert answer.headers["retry-after"] == "4"
        assert "set-cookie" not in answer.headers
    page = exhausted.get(HOME)
    assert (page.status_code, page.headers["retry-after"]) == (429, "4")
    assert "Try again in a moment." in page.text

    clock.advance(timedelta(seconds=4))

    assert exhausted.get(ROOT).status_code == 200


def test_asking_for_the_current_session_is_never_too_much(exhausted: Browser) -> None:
    assert {exhausted.get(f"{ROOT}/current").status_code for _ in range(100)} == {200}


def test_what_nobody_has_to_log_in_for_is_not_counted(exhausted: Browser) -> None:
    for path in ("/healthz", "/readyz", "/login", "/help/sessions", "/api/docs"):
        assert exhausted.get(path).status_code in (200, 303), path


def test_a_thief_cannot_keep_the_owner_from_ending_the_session(
    exhausted: Browser, new_browser: NewBrowser
) -> None:
    owner = new_browser(address="198.51.100.7")
    owner.log_in()
    stolen = next(told["id"] for told in owner.sessions if not told["current"])

    assert owner.delete(f"{ROOT}/{stolen}").json()["ended"] == 1
    problem(exhausted.get(ROOT), 401, "not-logged-in")


def test_somebody_else_is_not_held_up(
    exhausted: Browser, new_browser: NewBrowser, accounts: Accounts
) -> None:
    bob = new_browser()
    accounts.create(BOBS_EMAIL, "Bob", "a password of Bob’s own")
    bob.log_in(BOBS_EMAIL, "a password of Bob’s own")

    assert bob.get(ROOT).status_code == 200
