"""The JSON API for a person's own sessions (design.md section 7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.clients import FIREFOX
from tests.clock import FixedClock
from tests.web.answers import problem
from tests.web.conftest import (
    JSON,
    NO_ID,
    Browser,
    NewBrowser,
)

ROOT = "/api/v1/sessions"


# Listing.
def test_the_current_session_comes_first_then_the_one_used_last(
    browser: Browser, new_browser: NewBrowser, clock: FixedClock
) -> None:
    others = []
    for number in range(3):
        clock.advance(timedelta(minutes=1))
        another = new_browser(FIREFOX, f"198.51.100.{number}")
        another.log_in()
        others.append(another.current["id"])

    listed = browser.sessions

    assert [told["id"] for told in listed] == [browser.current["id"], *reversed(others)]
    assert [told["current"] for told in listed] == [True, False, False, False]


def test_a_list_is_told_a_page_at_a_time(browser: Browser, new_browser: NewBrowser) -> None:
    for number in range(4):
        new_browser(FIREFOX, f"198.51.100.{number}").log_in()
    everything = [told["id"] for told in browser.sessions]

    seen: list[str] = []
    query = "?limit=2"
    for _ in range(3):
        answer = browser.get(ROOT + query).json()
        seen += [told["id"] for told in answer["sessions"]]
        query = f"?limit=2&cursor={answer['next_cursor']}"

    assert answer["next_cursor"] is None
    assert seen == everything


def test_a_page_that_holds_everything_has_no_next_one(browser: Browser) -> None:
    for query in ("", "?limit=1", "?limit=200"):
        assert browser.get(ROOT + query).json()["next_cursor"] is None


def test_when_the_place_in_the_list_has_ended_nothing_is_left_out(
    browser: Browser, other: Browser
) -> None:
    cursor = browser.get(f"{ROOT}?limit=1").json()["next_cursor"]
    browser.log_in()  # replaces the session that the cursor stands after

    rest = browser.get(f"{ROOT}?cursor={cursor}").json()["sessions"]

    assert other.current["id"] in [told["id"] for told in rest]


@pytest.mark.parametrize(
    "limit",
    [
        "0",
        "-1",
        "201",
        "",
        "many",
        "1.5",
        "1e2",
        "+5",
        " 5",
        "²",  # a digit to Python, and no number
        "٣",
        "000000100999",
        "1" * 5000,
        "0" * 5000,
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(browser: Browser, limit: str) -> None:
    problem(browser.get(ROOT, params={"limit": limit}), 422, "invalid-value")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "*", "éé", "MQ==", "A" * 5000, "0199a000-0000-7000-8000-000000000000", "_w=="],
)
def test_a_cursor_that_was_never_given_out_is_refused(browser: Browser, cursor: str) -> None:
    problem(browser.get(ROOT, params={"cursor": cursor}), 422, "invalid-value")


# One session.
def test_one_session_is_told_by_its_id(browser: Browser, other: Browser) -> None:
    told = browser.get(f"{ROOT}/{other.current['id']}").json()

    assert told["device"]["label"] == "Firefox on Windows"
    assert told["current"] is False


def test_a_name_is_set_and_removed(browser: Browser) -> None:
    address = f"{ROOT}/{browser.current['id']}"

    named = browser.http.patch(address, json={"name": " Office desk "}, headers=JSON)
    assert named.status_code == 200
    assert named.json()["device"]["name"] == "Office desk"
    assert named.json()["device"]["label"] == "Chrome on macOS"
    assert browser.get(address).json() == named.json()

    unnamed = browser.http.patch(address, json={"name": None}, headers=JSON)
    assert unnamed.json()["device"]["name"] is None


@pytest.mark.parametrize("name", ["x" * 61, "a\nb", "Chrome \u202e on macOS", "\x00", 7, ["x"]])
def test_a_name_that_could_mislead_is_refused(browser: Browser, name: Any) -> None:
    address = f"{ROOT}/{browser.current['id']}"

    problem(browser.http.patch(address, json={"name": name}, headers=JSON), 422, "invalid-value")

    assert browser.current["device"]["name"] is None


def test_a_session_is_ended_and_its_receipt_says_so(
    browser: Browser, other: Browser, clock: FixedClock
) -> None:
    answer = browser.delete(f"{ROOT}/{other.current['id']}")

    assert answer.status_code == 200
    receipt = answer.json()
    assert receipt.pop("took_seconds") >= 0
    assert receipt == {
        "ended": 1,
        "already_ended": 0,
        "effective_at": "2026-11-23T10:00:00.000Z",
        "nodes_confirmed": 0,
        "leases_waited_out": 0,
    }
    assert "set-cookie" not in answer.headers
    problem(other.get(ROOT), 401, "not-logged-in")
    assert [told["id"] for told in browser.sessions] == [browser.current["id"]]


def test_ending_what_has_ended_is_no_error(browser: Browser, other: Browser) -> None:
    address = f"{ROOT}/{other.current['id']}"
    browser.delete(address)

    again = browser.delete(address)

    assert again.status_code == 200
    assert (again.json()["ended"], again.json()["already_ended"]) == (0, 1)


def test_ending_what_a_limit_has_ended_is_no_error(
    browser: Browser, new_browser: NewBrowser, clock: FixedClock
) -> None:
    one = browser.current["id"]
    clock.advance(timedelta(hours=25))
    again = new_browser(FIREFOX)
    again.log_in()

    answer = again.delete(f"{ROOT}/{one}")

    assert (answer.json()["ended"], answer.json()["already_ended"]) == (0, 1)
    problem(again.get(f"{ROOT}/{one}"), 404, "not-found")


def test_an_ended_session_is_found_in_the_history_alone(browser: Browser, other: Browser) -> None:
    address = f"{ROOT}/{other.current['id']}"
    browser.delete(address)

    problem(browser.get(address), 404, "not-found")
    problem(browser.http.patch(address, json={"name": "x"}, headers=JSON), 404, "not-found")


def test_the_history_tells_when_why_and_by_whom(
    browser: Browser, other: Browser, clock: FixedClock
) -> None:
    before = other.current
    clock.advance(timedelta(minutes=5))
    browser.delete(f"{ROOT}/{before['id']}")

    (ended,) = browser.get(f"{ROOT}/history").json()["sessions"]

    assert ended == before | {
        "current": False,
        "expires_at": None,
        "ended_at": "2026-11-23T10:05:00Z",
        "ended_reason": "terminated",
        "ended_by": {"kind": "user", "id": browser.current["id"]},
        "ended_note": None,
    }


def test_a_session_past_its_limit_is_history_at_once(
    browser: Browser, new_browser: NewBrowser, clock: FixedClock
) -> None:
    new_browser(FIREFOX, "198.51.100.4").log_in()
    clock.advance(timedelta(hours=25))
    browser.log_in()

    reasons = [s["ended_reason"] for s in browser.get(f"{ROOT}/history").json()["sessions"]]

    assert reasons == ["lifetime", "lifetime"]
    assert len(browser.sessions) == 1


def test_the_current_session_can_be_asked_for_and_ended_without_its_id(browser: Browser) -> None:
    assert browser.current["current"] is True

    answer = browser.delete(f"{ROOT}/current")

    assert answer.json()["ended"] == 1
    assert "Max-Age=0" in answer.headers["set-cookie"]
    problem(browser.get(f"{ROOT}/current"), 401, "not-logged-in")


def test_the_current_session_is_told_as_it_is_now_not_as_it_is_in_memory(
    browser: Browser, clock: FixedClock
) -> None:
    before = browser.current
    clock.advance(timedelta(minutes=5))

    told = browser.get(f"{ROOT}/current", headers={"User-Agent": FIREFOX}).json()

    assert told == browser.get(f"{ROOT}/{told['id']}", headers={"User-Agent": FIREFOX}).json()
    assert told["last_used_at"] > before["last_used_at"]
    assert told["expires_at"] >= before["expires_at"]
    assert told["device"]["label"] == "Firefox on Windows"


def test_ending_the_own_session_by_its_id_logs_out(browser: Browser) -> None:
    answer = browser.delete(f"{ROOT}/{browser.current['id']}")

    assert "Max-Age=0" in answer.headers["set-cookie"]
    browser.log_in()
    assert browser.get(f"{ROOT}/history").json()["sessions"][0]["ended_reason"] == "logged_out"


# Several sessions.
def test_all_other_sessions_end_and_the_own_one_stays(
    browser: Browser, other: Browser, new_browser: NewBrowser
) -> None:
    third = new_browser(FIREFOX, "192.0.2.1")
    third.log_in()

    answer = browser.post(f"{ROOT}/end", json={"scope": "others"})

    assert (answer.status_code, answer.json()["ended"]) == (200, 2)
    assert len(browser.sessions) == 1
    assert [b.get(ROOT).status_code for b in (other, third)] == [401, 401]


def test_all_sessions_end_also_the_own_one(browser: Browser, other: Browser) -> None:
    answer = browser.post(f"{ROOT}/end", json={"scope": "all"})

    assert answer.json()["ended"] == 2
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert [b.get(ROOT).status_code for b in (browser, other)] == [401, 401]


def test_of_those_selected_only_own_ones_end_and_count(
    browser: Browser, other: Browser, bob: Browser
) -> None:
    ids = [other.current["id"], bob.current["id"], NO_ID, "nonsense", "\x00"]

    answer = browser.post(f"{ROOT}/end", json={"scope": "selected", "ids": ids})

    assert (answer.json()["ended"], answer.json()["already_ended"]) == (1, 0)
    assert bob.get(ROOT).status_code == 200
    assert len(browser.sessions) == 1
    assert "set-cookie" not in answer.headers


def test_who_selects_the_own_session_is_logged_out(browser: Browser) -> None:
    ids = [browser.current["id"]]

    answer = browser.post(f"{ROOT}/end", json={"scope": "selected", "ids": ids})

    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert browser.get(ROOT).status_code == 401


def test_selecting_nothing_ends_nothing(browser: Browser, other: Browser) -> None:
    answer = browser.post(f"{ROOT}/end", json={"scope": "selected"})

    assert (answer.status_code, answer.json()["ended"]) == (200, 0)
    assert len(browser.sessions) == 2
