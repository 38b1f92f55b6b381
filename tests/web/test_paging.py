"""Long lists are told a page at a time, and nothing is left out or told twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest

from signedin.accounts.user import User
from signedin.core.permission import Actor
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.web.answers import problem
from tests.web.conftest import Browser

LIVE = "/api/v1/sessions"
ENDED = "/api/v1/sessions/history"

More = Callable[[int], None]


@pytest.fixture
def more(sessions: Sessions, ada: User, clock: FixedClock) -> More:
    """Make sessions of Ada's, three at each instant, so that only their ids tell them apart."""

    def make(number: int) -> None:
        for n in range(number):
            if n % 3 == 0:
                clock.advance(timedelta(microseconds=1))
            sessions.start(ada.id, client(), methods=["pwd"])

    return make


@pytest.fixture
def end_all_others(sessions: Sessions, ada: User, browser: Browser) -> Callable[[], None]:
    def end() -> None:
        keep = browser.current["id"]
        sessions.terminate_all(ada.id, keep=keep, by=Actor.system())

    return end


def pages(browser: Browser, address: str, limit: int) -> list[list[str]]:
    """The ids of each page, following the cursors to the last."""
    found: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        told: dict[str, Any] = browser.get(address, params={"limit": limit, **cursor}).json()
        found.append([session["id"] for session in told["sessions"]])
        if told["next_cursor"] is None:
            return found
        cursor = {"cursor": told["next_cursor"]}


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 200])
def test_the_pages_together_are_the_list(browser: Browser, more: More, limit: int) -> None:
    more(7)
    whole = [told["id"] for told in browser.sessions]

    found = pages(browser, LIVE, limit)

    assert [*chain(*found)] == whole
    assert whole[0] == browser.current["id"]
    assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 200])
def test_the_pages_together_are_the_history(
    browser: Browser, more: More, end_all_others: Callable[[], None], limit: int
) -> None:
    for _ in range(2):
        more(4)
        end_all_others()
    whole = [told["id"] for told in browser.get(ENDED).json()["sessions"]]

    found = pages(browser, ENDED, limit)

    assert len(whole) == 8
    assert [*chain(*found)] == whole


def test_a_history_is_told_by_the_hundred_where_nobody_says_otherwise(
    browser: Browser, more: More, end_all_others: Callable[[], None]
) -> None:
    more(101)
    end_all_others()

    told = browser.get(ENDED).json()

    assert len(told["sessions"]) == 100
    assert pages(browser, ENDED, 100)[1:] != [[]]


def test_a_session_that_begins_meanwhile_moves_no_other(browser: Browser, more: More) -> None:
    more(4)
    whole = [told["id"] for told in browser.sessions]
    first = browser.get(LIVE, params={"limit": 3}).json()
    more(3)

    rest = browser.get(LIVE, params={"cursor": first["next_cursor"]}).json()["sessions"]

    assert [told["id"] for told in rest] == whole[3:]


def test_a_cursor_works_for_whoever_has_it_and_shows_only_their_own(
    browser: Browser, bob: Browser, more: More
) -> None:
    more(3)
    cursor = browser.get(LIVE, params={"limit": 1}).json()["next_cursor"]

    told = bob.get(LIVE, params={"cursor": cursor}).json()["sessions"]

    assert {session["id"] for session in told} <= {bob.current["id"]}


@pytest.mark.parametrize("address", [LIVE, ENDED])
@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=x", "limit=1&limit=2",
                                   "cursor=&limit=1"])  # fmt: skip
def test_a_page_that_makes_no_sense_is_refused(browser: Browser, address: str, query: str) -> None:
    problem(browser.get(f"{address}?{query}"), 422, "invalid-value")
