"""What every answer tells browsers and caches (security.md 1G, K-13, X-13)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from signedin.accounts.user import User
from signedin.wiring import Sessions
from tests.web.answers import cookies_set
from tests.web.conftest import (
    JSON,
    NO_ID,
    ORIGIN,
    Browser,
    NewBrowser,
)

HOME = "/settings/account"
API = "/api/v1/sessions"
EVIL = "https://evil.example"

Headers = dict[str, str]


def everywhere(browser: Browser) -> list[Any]:
    """One answer of every kind, of somebody logged in."""
    sheet = re.search(r'href="(/static/[^"]+\.css)"', browser.get(HOME).text)
    assert sheet is not None
    return [
        browser.get(HOME),
        browser.get("/"),
        browser.get("/help/sessions"),
        browser.get("/nothing"),
        browser.get(API),
        browser.get(f"{API}/{NO_ID}"),
        browser.get("/healthz"),
        browser.get(sheet[1]),
        browser.http.put(HOME, headers=JSON),
        browser.http.delete(API, headers={}),
        browser.post("/logout"),
    ]


def test_every_answer_tells_the_browser_what_not_to_do(browser: Browser) -> None:
    """H-02, H-03, H-04, H-05, H-06, attack 59."""
    for answer in everywhere(browser):
        headers = answer.headers
        policy = dict(part.strip().split(" ", 1) for part in
                      headers["content-security-policy"].split(";"))  # fmt: skip
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers
        if answer.content:
            kind = headers["content-type"]
            assert kind.endswith("; charset=utf-8") or kind in (
                "application/json",
                "application/problem+json",
            )


def test_what_breaks_has_the_headers_too(
    new_browser: NewBrowser, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, ada: User
) -> None:
    """H-03, O-10, O-12: a page for people, a problem for programs, and nothing of the cause."""

    def broken(*args: Any, **how: Any) -> Any:
        raise RuntimeError("secret detail of the cause")

    browser = new_browser(raising=False)
    browser.log_in()
    monkeypatch.setattr(sessions, "list", broken)

    page, told = browser.get(HOME), browser.get(API)

    assert (page.status_code, told.status_code) == (500, 500)
    assert told.json()["code"] == "internal"
    for answer in (page, told):
        assert "secret detail" not in answer.text
        assert "Traceback" not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_only_over_https_is_https_demanded(browser: Browser, secure_browser: Browser) -> None:
    """H-01."""
    demanded = "max-age=31536000; includeSubDomains"

    for path in ("/login", API, "/nothing", HOME):
        answer = secure_browser.get(path)
        assert answer.headers["strict-transport-security"] == demanded
        assert "strict-transport-security" not in browser.get(path).headers


def test_logging_out_over_https_clears_pages_and_storage_but_never_cookies(
    secure_browser: Browser, browser: Browser
) -> None:
    """X-13."""
    assert "clear-site-data" not in browser.submit("/logout", "/logout").headers
    secure_browser.log_in()
    cleared = [secure_browser.submit("/logout", "/logout")]
    secure_browser.log_in()
    cleared.append(secure_browser.http.delete(f"{API}/current", headers=JSON))
    secure_browser.log_in()
    cleared.append(secure_browser.post(f"{API}/end", json={"scope": "all"}))

    for answer in cleared:
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert set(cookies_set(answer)) == {"__Host-sid"}


def test_ending_another_session_clears_nothing_here(secure_browser: Browser) -> None:
    """X-13."""
    secure_browser.log_in()
    first = secure_browser.token
    secure_browser.http.cookies.clear()
    secure_browser.log_in()
    ended = next(s["id"] for s in secure_browser.sessions if not s["current"])

    answer = secure_browser.delete(f"{API}/{ended}")

    assert "clear-site-data" not in answer.headers
    assert secure_browser.present(f"__Host-sid={first}").status_code == 401


@pytest.mark.parametrize("origin", [EVIL, "null", ORIGIN, ORIGIN + ".evil.example"])
def test_no_other_origin_may_read_anything(browser: Browser, origin: str) -> None:
    """Attack 41; R-09."""
    asked = browser.get(API, headers={"Origin": origin})
    preflight = browser.http.options(
        API,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )

    assert preflight.status_code == 405
    for answer in (asked, preflight):
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_what_depends_on_the_session_is_kept_by_nobody(browser: Browser) -> None:
    """K-13, attack 61."""
    one = browser.current["id"]

    for path in (HOME, f"{HOME}/password", f"{HOME}/sessions/{one}", "/logout", "/help/sessions",
                 API, f"{API}/{one}", f"{API}/current", f"{API}/history", f"{API}/{NO_ID}",
                 "/login"):  # fmt: skip
        answer = browser.get(path)
        assert "Cookie" in answer.headers["vary"], path
        if answer.status_code != 303:
            assert answer.headers["cache-control"] == "no-store", path


def test_an_answer_that_sets_a_cookie_is_kept_by_nobody(new_browser: NewBrowser, ada: User) -> None:
    """K-11, K-13."""
    browser = new_browser()

    for answer in (
        browser.get("/login"),
        browser.log_in(),
        browser.submit("/logout", "/logout"),
    ):
        assert answer.headers["set-cookie"]
        assert answer.headers["cache-control"] == "no-store"
        assert "Cookie" in answer.headers["vary"]


def test_files_are_kept_for_ever_and_know_no_session(browser: Browser) -> None:
    """Security.md 5.2."""
    address = re.search(r'src="(/static/[^"]+\.js)"', browser.get(HOME).text)
    assert address is not None

    answer = browser.get(address[1])

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "set-cookie" not in answer.headers
