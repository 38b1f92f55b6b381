"""Whose a session is, where an answer leads and what a request may cost (security.md)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from anyio.to_thread import current_default_thread_limiter
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from signedin.accounts.accounts import Accounts
from signedin.accounts.passwords import PasswordHasher
from signedin.accounts.user import User
from signedin.core.token import form_token, new_token
from signedin.wiring import Sessions
from tests.clients import FIREFOX
from tests.web.conftest import (
    EMAIL,
    JSON,
    NAMES,
    ORIGIN,
    PASSWORD,
    SECURE_NAMES,
    SECURE_ORIGIN,
    Browser,
    MakeApp,
    NewBrowser,
    form_token_of,
)
from tests.web.raw import ask

HOME = "/settings/account"
API = "/api/v1/sessions"

Headers = dict[str, str]


# Whose is it, and who says so.


def test_nothing_of_somebody_elses_can_be_reached(browser: Browser, bob: Browser) -> None:
    """Attacks 29, 30; R-10, R-11: no route, parameter or field names another person."""
    bobs = bob.current["id"]
    form = {"form_token": form_token(browser.token), "name": "x"}
    refused = [
        browser.get(f"{API}/{bobs}"),
        browser.delete(f"{API}/{bobs}"),
        browser.http.patch(f"{API}/{bobs}", json={"name": "x"}, headers=JSON),
        browser.get(f"{HOME}/sessions/{bobs}"),
        browser.get(f"{HOME}/sessions/{bobs}/terminate"),
        browser.get(f"{HOME}/sessions/{bobs}/rename"),
        browser.post(f"{HOME}/sessions/{bobs}/terminate", data=form),
        browser.post(f"{HOME}/sessions/{bobs}/rename", data=form),
    ]
    listed = browser.get(f"{API}?user=bob@example.org&user_id=2").json()["sessions"]
    mixed = browser.post(f"{API}/end", json={"scope": "selected", "ids": [bobs]})
    assigned = browser.post(f"{API}/end", json={"scope": "all", "user_id": bobs})

    assert {answer.status_code for answer in refused} == {404}
    assert bobs not in [session["id"] for session in listed]
    assert mixed.json()["ended"] == 0
    assert assigned.status_code == 422
    assert len(bob.sessions) == 1
    assert bob.current["device"]["name"] is None


SPOOFED = (
    {"X-Forwarded-For": "8.8.8.8"},
    {"X-Forwarded-For": "1.2.3.4, 10.0.0.1"},
    {"Forwarded": "for=8.8.8.8"},
    {"X-Real-IP": "8.8.8.8"},
    {"CF-Connecting-IP": "8.8.8.8"},
    {"True-Client-IP": "8.8.8.8"},
)


@pytest.mark.parametrize("headers", SPOOFED)
def test_an_address_is_not_the_clients_to_choose(
    new_browser: NewBrowser, ada: User, headers: Headers
) -> None:
    """Attack 42; R-15."""
    browser = new_browser()
    browser.http.headers.update(headers)

    browser.log_in()

    assert browser.current["ip_address"] == "203.0.113.7"


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"X-Forwarded-For": "198.51.100.9"}, "198.51.100.9"),
        ({"X-Forwarded-For": "8.8.8.8, 198.51.100.9, 127.0.0.1"}, "198.51.100.9"),
        ({"X-Real-IP": "8.8.8.8"}, "127.0.0.1"),
    ],
)
def test_a_trusted_proxy_is_believed_from_the_right(
    new_browser: NewBrowser, ada: User, headers: Headers, address: str
) -> None:
    """Attack 42; R-15."""
    browser = new_browser(address="127.0.0.1")
    browser.http.headers.update(headers)

    browser.log_in()

    assert browser.current["ip_address"] == address


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example/path"},
        {"Host": "evil.example:8700@good"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
        {"Forwarded": "host=evil.example;proto=https"},
    ],
)
def test_a_host_that_is_not_ours_is_in_no_answer(
    browser: Browser, new_browser: NewBrowser, headers: Headers
) -> None:
    """Attacks 43, 44; R-05: addresses are relative, and the Host is never asked."""
    visitor = new_browser()

    for path in ("/", HOME, "/login", "/login/", f"{HOME}/", "/settings", "/nothing", f"{API}/",
                 "/.well-known/change-password", "/help/sessions/"):  # fmt: skip
        for asking in (browser, visitor):
            answer = asking.get(path, headers=headers)
            assert "evil" not in str(answer.headers), path
            assert "evil" not in answer.text, path
    assert browser.http.delete(
        f"{API}/current", headers={**headers, "Origin": "http://evil.example"}
    ).status_code == 403  # fmt: skip


@pytest.mark.parametrize("host", [b"[", b"]", b"[::1", b"a:b:c", b"\xff", b"\xe2\x84\x80", b""])
def test_a_host_that_is_no_host_breaks_nothing(app: ASGIApp, browser: Browser, host: bytes) -> None:
    """Attack 43."""
    for path in (HOME, "/login", "/nothing", API, f"{HOME}/sessions/x"):
        for headers in ([(b"host", host)], [(b"host", host), browser.cookie_header]):
            assert ask(app, path, headers=headers).status < 500


# Where an answer leads.


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "https:evil.example",
        "https://evil.example",
        "https://good@evil.example",
        "%2f%2fevil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://good.example.evil.com",
        "evil.example",
        "?x",
        "",
        "/" + "x" * 10_000,
        "/é",
        "/\u2028/evil",
        "/\r\nSet-Cookie: x=y",
        "//evil.example/%2e%2e",
    ],
)
def test_a_login_leads_to_a_path_of_our_own(
    new_browser: NewBrowser, ada: User, target: str
) -> None:
    """Attacks 50, 70; R-16."""
    browser = new_browser()
    page = browser.get("/login", params={"next": target})
    assert 'name="next"' not in page.text

    answer = browser.post(
        "/login",
        data={
            "form_token": form_token_of(page.text),
            "email": EMAIL,
            "password": PASSWORD,
            "next": target,
        },
    )

    assert (answer.status_code, answer.headers["location"]) == (303, HOME)
    assert "x" not in browser.http.cookies


@pytest.mark.parametrize(
    "target", ["/%09/evil.example", "/%0d%0aSet-Cookie:x=y", "/..//evil", "/;a"]
)
def test_a_path_of_our_own_stays_on_our_host_whatever_is_in_it(
    new_browser: NewBrowser, ada: User, target: str
) -> None:
    """Attacks 50, 70: encoded, so that it is part of the path."""
    browser = new_browser()

    answer = browser.submit("/login", "/login", email=EMAIL, password=PASSWORD, next=target)

    assert str(answer.next_request.url).startswith(f"{ORIGIN}/")
    assert "x" not in browser.http.cookies


def test_of_two_targets_none_leads_away(new_browser: NewBrowser, ada: User) -> None:
    """Attack 50."""
    browser = new_browser()

    for query in ("next=//evil.example&next=/a", "next=/a&next=//evil.example"):
        assert "evil" not in browser.get(f"/login?{query}").text


@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/..", "/\\evil.example"])
def test_a_path_that_looks_like_a_host_leads_nowhere(
    app: ASGIApp, browser: Browser, path: str
) -> None:
    """Attack 50: also not as what to come back to after a login."""
    for headers in ((), [browser.cookie_header]):
        answer = ask(app, path, headers=headers)
        assert answer.status == 404
        assert answer["location"] is None


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2f..%2fetc/passwd",
        "/static/x/../../etc/passwd",
        "/static//etc/passwd",
        "/static/x/..\\..\\app.py",
        "/static/x/app.css\x00",
        "/static/x/app.css",
        "/static/x/",
        "/static/",
        "/static",
        "/static/{hash}/{name}",
        "/STATIC/x/app.css",
    ],
)
def test_only_the_files_that_pages_load_are_served(app: ASGIApp, path: str) -> None:
    """Attack 48."""
    assert ask(app, path).status == 404


@pytest.mark.parametrize(
    "path",
    [
        f"{HOME}/x.css",
        f"{HOME}/",
        "/login/",
        "/login/x.js",
        f"{API}/current/x.png",
        f"{API}/",
        f"/x/..{HOME}",
        f"/.{HOME}",
        f"/{HOME}",
        "/Settings/account",
        "/settings/account;x",
        "/settings%2faccount",
        "/healthz/",
    ],
)
def test_only_an_address_in_its_one_form_is_one(app: ASGIApp, browser: Browser, path: str) -> None:
    """Attacks 47, 61: below and beside a page there is nothing that a cache could keep."""
    answer = ask(app, path, headers=[browser.cookie_header])

    assert answer.status == 404
    assert EMAIL.encode() not in answer.body


# What costs.


def test_a_password_is_cut_before_it_is_hashed(browser: Browser, new_browser: NewBrowser) -> None:
    """Attack 58: 60 kB are one hash of 1 kB; a megabyte is not even read."""
    stranger = new_browser()
    form_token_sent = form_token_of(stranger.get("/login").text)

    assert stranger.log_in(password="x" * 60_000).status_code == 401
    assert stranger.log_in(password=PASSWORD + "x" * 1024).status_code == 401
    assert stranger.log_in(password="x" * 1_000_000).status_code == 413
    too_large = stranger.post(
        "/login",
        data={"form_token": form_token_sent, "email": EMAIL, "password": "x" * 1_000_000},
    )
    assert too_large.status_code == 413
    assert stranger.get("/healthz").status_code == 200


class HeldHasher(PasswordHasher):
    """A hasher in which a login waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go_on = threading.Event(), threading.Event()

    def verify(self, password_hash: str | None, password: str) -> bool:
        self.entered.set()
        assert self.go_on.wait(60)
        return super().verify(password_hash, password)


def test_logins_that_wait_for_their_hash_keep_no_other_page_waiting(
    make_app: MakeApp, accounts: Accounts, ada: User
) -> None:
    """Attack 58: 200 logins at once took every thread, and ``/healthz`` 12 s."""
    accounts._hasher = held = HeldHasher()
    with TestClient(make_app(), base_url=ORIGIN) as http, ThreadPoolExecutor() as pool:
        assert http.portal

        def leave_one_thread() -> None:
            current_default_thread_limiter().total_tokens = 1

        http.portal.call(leave_one_thread)
        login = pool.submit(Browser(http).log_in)
        assert held.entered.wait(30)

        page = pool.submit(http.get, "/healthz")

        assert page.result(30).status_code == 200
        assert not login.done()
        held.go_on.set()
        assert login.result(30).status_code == 201


def test_known_unknown_and_disabled_accounts_are_told_alike(
    new_browser: NewBrowser, ada: User
) -> None:
    """L-01, attack 56: status, headers and page."""
    answers = []
    for email in (EMAIL, "nobody@example.org"):
        browser = new_browser()
        page = browser.submit("/login", "/login", email=email, password="wrong")
        text = page.text.replace(email, "").replace(form_token_of(page.text), "")
        answers.append((page.status_code, sorted(page.headers), text))

    assert answers[0] == answers[1]


def test_visits_and_wrong_cookies_make_no_rows(
    new_browser: NewBrowser, sessions: Sessions, ada: User
) -> None:
    """Attack 74; section 6, row 12."""
    browser = new_browser(FIREFOX)
    for _ in range(10):
        browser.get("/login")
        browser.get(HOME)
        browser.present(f"{NAMES.session}={new_token(b'y' * 32)}")
        browser.post("/logout")

    assert sessions.store.rows("live_after", position=0, limit=10) == []


def test_the_names_of_the_secure_cookies_are_the_documented_ones() -> None:
    """Design, section 7; K-01."""
    assert (SECURE_NAMES.session, SECURE_NAMES.device, SECURE_NAMES.before_login) == (
        "__Host-sid",
        "__Host-device",
        "__Host-pre",
    )
    assert SECURE_ORIGIN.startswith("https://")
