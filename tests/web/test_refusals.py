"""What is refused is written to the log, with who asked and without what they typed (O-08)."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import EMAIL, JSON, PASSWORD, Browser, NewBrowser


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(r) | {"message": r.getMessage()} for r in caplog.records if "address" in vars(r)]


def test_a_login_that_fails_is_logged_without_what_was_typed(
    new_browser: NewBrowser, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    new_browser(address="198.51.100.4").log_in(EMAIL, "wrong password")
    new_browser(address="198.51.100.4").log_in(PASSWORD, EMAIL)

    known, unknown = told(caplog)
    assert known["message"] == unknown["message"] == "login refused: wrong"
    assert known["address"] == unknown["address"] == "198.51.100.4"
    assert (known["user_id"] is None, unknown["user_id"]) == (False, None)
    assert not any(typed in str(known) + str(unknown) for typed in (EMAIL, PASSWORD, "wrong pass"))


def test_tries_that_come_too_often_are_logged(
    new_browser: NewBrowser, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = new_browser(address="198.51.100.4")
    while stranger.log_in(EMAIL, "wrong password").status_code != 429:
        pass

    last = told(caplog)[-1]
    assert last["message"] == "login refused: too many tries"
    assert last["address"] == "198.51.100.4"
    assert last["wait_seconds"] > 0


def test_a_request_from_a_foreign_page_is_logged(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    browser.http.post("/logout", headers={"Sec-Fetch-Site": "cross-site"})

    (line,) = told(caplog)
    assert line["code"] == "not-same-origin"
    assert (line["method"], line["path"]) == ("POST", "/logout")
    assert line["address"] == "203.0.113.7"


def test_a_reach_for_somebody_else_s_session_is_logged(
    browser: Browser, bob: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    wanted = browser.current["id"]

    bob.http.delete(f"/api/v1/sessions/{wanted}", headers=JSON)

    (line,) = told(caplog)
    assert line["message"] == "request refused: no such session, or somebody else's"
    assert wanted in line["path"]
    assert line["address"] == "192.0.2.9"


def test_a_database_that_cannot_be_asked_is_logged(
    new_browser: NewBrowser, browser: Browser, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(database)) as breaking:
        breaking.execute("ALTER TABLE signedin_users RENAME TO gone")

    assert browser.get("/api/v1/sessions").status_code == 503

    line = told(caplog)[-1]
    assert (line["code"], line["levelname"]) == ("store-unavailable", "ERROR")
    assert "no such table" in line["message"]


def test_pages_and_answers_that_are_given_leave_no_line(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    browser.get("/settings/account")
    browser.get("/api/v1/sessions")
    browser.get("/nowhere")

    assert told(caplog) == []
