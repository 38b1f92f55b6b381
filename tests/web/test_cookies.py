"""Cookies have every flag, are found byte for byte and hold only the token (security.md 1A, 1B)."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from signedin.accounts.user import User
from signedin.core.token import new_token
from signedin.wiring import Sessions
from tests.web.answers import cookies_set
from tests.web.conftest import (
    EMAIL,
    JSON,
    NAMES,
    PASSWORD,
    Browser,
)
from tests.web.raw import ask

HOME = "/settings/account"
API = "/api/v1/sessions"


def test_the_cookies_have_every_flag_and_a_name_that_holds_them(secure_browser: Browser) -> None:
    """K-01, K-03, K-04, K-05, K-07, K-14, C-14."""
    before = cookies_set(secure_browser.get("/login"))
    after = cookies_set(secure_browser.log_in(persistent=True))

    assert set(before) == {"__Host-pre"}
    assert set(after) == {"__Host-sid", "__Host-device", "__Host-pre"}
    for name, line in (before | after).items():
        assert name.startswith("__Host-")
        assert "; Path=/; Secure; HttpOnly; SameSite=Lax" in line
        assert "domain" not in line.lower()
        assert len(line.partition(";")[0]) < 4096


def test_on_loopback_the_cookies_belong_to_the_port(browser: Browser) -> None:
    """Design, section 7: browsers share the cookies of all ports of a host."""
    browser.http.cookies.clear()

    lines = cookies_set(browser.log_in())

    assert {NAMES.session, NAMES.device} <= set(lines)
    assert all("; Path=/; HttpOnly; SameSite=Lax" in line for line in lines.values())
    assert all("Secure" not in line for line in lines.values())


def test_a_kept_cookie_lives_as_long_as_its_session_at_most(secure_browser: Browser) -> None:
    """K-06."""
    kept = cookies_set(secure_browser.log_in(persistent=True))["__Host-sid"]
    short = cookies_set(secure_browser.log_in())["__Host-sid"]

    assert "Max-Age=7776000" in kept
    assert "Max-Age" not in short


@pytest.mark.parametrize(
    "header", ["{n}={t}; {n}={t}", "{n}={t}; {n}=x", "{n}=x; {n}={t}", "{n}={t}; a=1; {n}="]
)
def test_two_session_cookies_are_refused_not_chosen_from(browser: Browser, header: str) -> None:
    """Attack 53; K-08: and neither is cleared, for one of them may be right."""
    answer = browser.present(header.format(n=NAMES.session, t=browser.token))

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_two_cookie_headers_are_read_as_one(app: ASGIApp, browser: Browser) -> None:
    """Attack 53: HTTP/2 splits the header; a second one cannot hide a second cookie."""
    pair = (b"cookie", f"{NAMES.session}={browser.token}".encode())

    assert ask(app, f"{API}/current", headers=[(b"cookie", b"a=1"), pair]).status == 200
    assert ask(app, f"{API}/current", headers=[pair, pair]).status == 401


@pytest.mark.parametrize(
    "header",
    [
        "SID_8700={t}",
        "x{n}={t}",
        '"{n}"={t}',
        "={n}={t}",
        "a={n}={t}",
        "\u2000{n}={t}",
        "{n}:{t}",
        "{n} = {t}",
        '{n}="{t}"',
        "{n}={t}x",
        "{n}=x{t}",
        "token={t}",
        "session={t}",
    ],
)
def test_only_the_cookie_of_exactly_this_name_and_form_opens(
    app: ASGIApp, browser: Browser, header: str
) -> None:
    """Attack 54; K-09, C-08."""
    sent = header.format(n=NAMES.session, t=browser.token).encode()

    assert ask(app, f"{API}/current", headers=[(b"cookie", sent)]).status == 401


@pytest.mark.parametrize("name", [NAMES.session, "session", "token", "sid"])
def test_a_token_opens_nothing_from_an_address_a_header_or_a_body(
    browser: Browser, name: str
) -> None:
    """Attack 4; C-08."""
    token = browser.token
    browser.http.cookies.clear()
    answers = [
        browser.get(f"{API}/current", params={name: token}),
        browser.get(f"{API}/current;{name}={token}"),
        browser.get(f"{API}/current", headers={"Authorization": f"Bearer {token}"}),
        browser.get(f"{API}/current", headers={f"X-{name}": token}),
        browser.post(f"{API}/end", json={"scope": "all", name: token}),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert browser.present(f"{NAMES.session}={token}").status_code == 200


@pytest.mark.parametrize(
    "header",
    ["x" * 64_000, f"{NAMES.session}=" + "x" * 64_000, "; ".join(["a=" + "b" * 4000] * 60)],
)
def test_a_jar_that_is_full_leads_to_the_login(browser: Browser, header: str) -> None:
    """Attack 55; C-07, K-15: no error and no loop."""
    answer = browser.present(header, HOME)

    assert answer.headers["location"] == "/login?next=%2Fsettings%2Faccount"
    assert browser.present(header, answer.headers["location"]).status_code == 200


def log_in_with(browser: Browser, cookies: str) -> None:
    """Log in with exactly this Cookie header, whatever the browser held."""
    browser.http.cookies.clear()
    body = {"email": EMAIL, "password": PASSWORD}
    answer = browser.http.post(API, json=body, headers={**JSON, "Cookie": cookies})
    assert answer.status_code == 201


def test_what_nobody_issued_is_cleared_and_makes_no_row(
    browser: Browser, sessions: Sessions, ada: User
) -> None:
    """Attack 1; C-06."""
    invented = str(new_token(b"x" * 32))

    answer = browser.present(f"{NAMES.session}={invented}")
    log_in_with(browser, f"{NAMES.session}={invented}")

    assert answer.status_code == 401
    assert "Max-Age=0" in cookies_set(answer)[NAMES.session]
    assert browser.token != invented
    assert browser.present(f"{NAMES.session}={invented}").status_code == 401
    assert len(sessions.list(ada.id)) == 2  # the fixture's and this one


def test_a_planted_session_ends_where_somebody_else_logs_in(browser: Browser, bob: Browser) -> None:
    """Attack 2; C-12."""
    log_in_with(browser, f"{NAMES.session}={bob.token}")

    assert browser.token != bob.token
    assert bob.get(f"{API}/current").status_code == 401


def test_logging_out_clears_the_cookie_with_the_flags_it_was_set_with(
    secure_browser: Browser,
) -> None:
    """K-10, attack 17."""
    secure_browser.log_in()
    token = secure_browser.token

    answer = secure_browser.submit("/logout", "/logout")

    line = cookies_set(answer)["__Host-sid"]
    assert line == "__Host-sid=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
    assert secure_browser.present(f"__Host-sid={token}").status_code == 401
