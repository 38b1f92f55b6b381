"""What the JSON API refuses, and how it says so; and what operators ask it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.user import User
from signedin.wiring import Sessions
from tests.web.answers import problem
from tests.web.conftest import (
    JSON,
    NO_ID,
    PASSWORD,
    Browser,
    NewBrowser,
)

ROOT = "/api/v1/sessions"


# What is somebody else's, and who is nobody.
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_somebody_elses_id_is_answered_like_one_that_does_not_exist(
    browser: Browser, bob: Browser, method: str
) -> None:
    bobs = bob.current["id"]
    body = {"name": "x"} if method == "PATCH" else None

    answers = [
        browser.http.request(method, f"{ROOT}/{wanted}", headers=JSON, json=body)
        for wanted in (bobs, NO_ID, "nonsense")
    ]

    for answer in answers:
        problem(answer, 404, "not-found")
        assert answer.content == answers[0].content
        assert dict(answer.headers) == dict(answers[0].headers)
    assert bob.current["device"]["name"] is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ROOT),
        ("GET", f"{ROOT}/current"),
        ("DELETE", f"{ROOT}/current"),
        ("GET", f"{ROOT}/history"),
        ("POST", f"{ROOT}/end"),
        ("GET", f"{ROOT}/{NO_ID}"),
        ("PATCH", f"{ROOT}/{NO_ID}"),
        ("DELETE", f"{ROOT}/{NO_ID}"),
    ],
)
def test_without_a_session_everything_answers_401(
    new_browser: NewBrowser, ada: User, method: str, path: str
) -> None:
    answer = new_browser().http.request(method, path, headers=JSON)

    problem(answer, 401, "not-logged-in")
    assert "www-authenticate" not in answer.headers


# What is wrong with a request.
@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        'application/json; charset="utf-16"',
        "application/json; charset=utf-8; charset=utf-16",
        'application/json; charset="utf-8',
        "application/json; charset",
        "application/json; text/plain",
        "application/json text/plain",
        "application/json, text/plain",
        "application/jsonp",
        "text/json",
    ],
)
@pytest.mark.parametrize("path", [ROOT, f"{ROOT}/end"])
def test_only_json_is_taken_for_json(
    browser: Browser, other: Browser, path: str, content_type: str | None
) -> None:
    headers = JSON if content_type is None else {**JSON, "Content-Type": content_type}

    answer = browser.http.post(path, content=b'{"scope":"others"}', headers=headers)

    problem(answer, 415, "unsupported-media-type")
    assert len(browser.sessions) == 2


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        'application/json; charset="utf-8"',
        'application/json\t; Charset="UTF\\-8" ;',
        "application/json; v=1",
    ],
)
def test_json_is_known_in_each_way_of_writing_it(browser: Browser, content_type: str) -> None:
    """RFC 9110 5.6.6 and 8.3.1."""
    headers = {**JSON, "Content-Type": content_type}

    answer = browser.http.post(f"{ROOT}/end", content=b'{"scope":"others"}', headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"{'scope': 'all'}", b"\xff\xfe", b'{"scope":"\xff"}'])
def test_what_is_no_json_is_refused(browser: Browser, body: bytes) -> None:
    headers = {**JSON, "Content-Type": "application/json"}

    answer = browser.http.post(f"{ROOT}/end", content=body, headers=headers)

    problem(answer, 400, "broken-json")
    assert len(browser.sessions) == 1


@pytest.mark.parametrize(
    "body",
    [
        [],
        "all",
        {},
        {"scope": "everything"},
        {"scope": None},
        {"scope": "selected", "ids": "x"},
        {"scope": "selected", "ids": [1]},
        {"scope": "others", "user_id": "somebody"},
    ],
)
def test_json_that_makes_no_sense_is_refused(browser: Browser, other: Browser, body: Any) -> None:
    problem(browser.post(f"{ROOT}/end", json=body), 422, "invalid-value")

    assert len(browser.sessions) == 2


def test_what_is_too_large_is_refused(browser: Browser) -> None:
    answer = browser.post(f"{ROOT}/end", json={"scope": "selected", "ids": ["x" * 70_000]})

    problem(answer, 413, "too-large")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", ROOT, "GET, HEAD, POST"),
        ("DELETE", ROOT, "GET, HEAD, POST"),
        ("OPTIONS", ROOT, "GET, HEAD, POST"),
        ("POST", f"{ROOT}/current", "DELETE, GET, HEAD"),
        ("POST", f"{ROOT}/{NO_ID}", "DELETE, GET, HEAD, PATCH"),
        ("PUT", f"{ROOT}/end", "POST"),
        # None is taken for the id of a session.
        ("PATCH", f"{ROOT}/current", "DELETE, GET, HEAD"),
        ("GET", f"{ROOT}/end", "POST"),
        ("DELETE", f"{ROOT}/history", "GET, HEAD"),
        ("QUERY", f"{ROOT}/{NO_ID}", "DELETE, GET, HEAD, PATCH"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_taken_is_answered_with_those_that_are(
    browser: Browser, method: str, path: str, allowed: str
) -> None:
    answer = browser.http.request(method, path, headers=JSON)

    problem(answer, 405, "method-not-allowed")
    assert ", ".join(sorted(answer.headers["allow"].split(", "))) == allowed


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v2/sessions", f"{ROOT}/{NO_ID}/x"]
)
def test_an_address_that_is_none_is_a_problem_below_the_api(browser: Browser, path: str) -> None:
    problem(browser.get(path), 404, "not-found")


# Operations.
def test_the_process_and_its_database_say_that_they_are_well(new_browser: NewBrowser) -> None:
    browser = new_browser()

    assert browser.get("/healthz").json() == {"status": "ok"}
    assert browser.get("/readyz").json() == {"status": "ok"}


def without_a_database(sessions: Sessions, database: Path) -> None:
    sessions.close()
    sessions._memory.forget(None)
    for path in database.parent.iterdir():
        path.rename(path.with_suffix(".away"))
    database.mkdir()


def test_without_a_database_the_process_is_alive_and_not_ready(
    browser: Browser, sessions: Sessions, database: Path
) -> None:
    without_a_database(sessions, database)

    assert browser.get("/healthz").status_code == 200
    for answer in (browser.get("/readyz"), browser.get(ROOT), browser.log_in()):
        problem(answer, 503, "store-unavailable")
        assert answer.headers["retry-after"] == "5"
        assert "set-cookie" not in answer.headers


def test_times_are_utc_to_the_second(browser: Browser) -> None:
    told = browser.current

    for name in ("updated_at", "last_used_at", "logged_in_at", "expires_at"):
        assert datetime.strptime(told[name], "%Y-%m-%dT%H:%M:%SZ").year == 2026


def test_a_password_is_taken_exactly_as_it_is(new_browser: NewBrowser, accounts: Accounts) -> None:
    accounts.create("eve@example.org", "Eve", f" {PASSWORD} ")

    assert new_browser().log_in("eve@example.org", PASSWORD).status_code == 401
    assert new_browser().log_in("eve@example.org", f" {PASSWORD} ").status_code == 201
