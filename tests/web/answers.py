"""What tests read in the answers of the application."""

from __future__ import annotations

from html import unescape
from typing import Any

from tests.web.conftest import EMAIL, PASSWORD, Browser


def cookies_set(answer: Any) -> dict[str, str]:
    """The Set-Cookie lines of an answer, by the names of the cookies."""
    lines = answer.headers.get_list("set-cookie")
    return {line.partition("=")[0]: line for line in lines}


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The answer, seen to be a problem of RFC 9457 with this status and code."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:signedin:problem:{code}"
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    assert body["detail"]
    return body


def follow(browser: Browser, answer: Any) -> str:
    """The words of the page that a redirect leads to."""
    assert answer.status_code == 303
    shown = browser.get(answer.headers["location"])
    assert shown.status_code == 200
    return unescape(shown.text)


def banner(page: str) -> str:
    """What the page tells of the last act; its texts for the script are elsewhere."""
    return page.split('<div id="notice">')[1].split("<table")[0]


def log_in(browser: Browser, password: str = PASSWORD, page: str = "/login", **more: str) -> Any:
    """The answer to the form of the login page."""
    return browser.submit(page, "/login", email=EMAIL, password=password, **more)


def reasons(browser: Browser) -> list[str]:
    """Why the person's sessions ended, the last first."""
    ended = browser.get("/api/v1/sessions/history").json()["sessions"]
    return [session["ended_reason"] for session in ended]
