"""No other page acts for who is logged in, nor logs anybody in (security.md 1E, attacks 34-40)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from signedin.accounts.user import User
from signedin.core.token import form_token
from tests.web.conftest import (
    EMAIL,
    JSON,
    NAMES,
    ORIGIN,
    PASSWORD,
    Browser,
    NewBrowser,
    form_token_of,
)

HOME = "/settings/account"
API = "/api/v1/sessions"
EVIL = "https://evil.example"

Headers = dict[str, str]


FOREIGN: Sequence[Headers] = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9999"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "Same-Origin"},
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": ORIGIN + ".evil.example"},
    {"Origin": ORIGIN.replace("http:", "https:")},
    {"Origin": "http://127.0.0.1:8701"},
    {"Referer": f"{ORIGIN}/settings/account"},
    {"Referer": "https://good.example.evil.com"},
    {},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_what_no_page_of_ours_sent_ends_nothing(
    browser: Browser, other: Browser, headers: Headers
) -> None:
    """Attacks 34, 35, 36; R-02, R-03, R-05."""
    one, form = other.current["id"], {"form_token": form_token(browser.token)}
    mine = [
        browser.http.delete(f"{API}/{one}", headers=headers),
        browser.http.delete(f"{API}/current", headers=headers),
        browser.http.patch(f"{API}/{one}", json={"name": "x"}, headers=headers),
        browser.http.post(f"{API}/end", json={"scope": "all"}, headers=headers),
        browser.http.post(f"{HOME}/sessions/{one}/terminate", data=form, headers=headers),
        browser.http.post(f"{HOME}/sessions/end-all", data=form, headers=headers),
        browser.http.post("/logout", data=form, headers=headers),
    ]

    assert [answer.status_code for answer in mine] == [403] * len(mine)
    assert mine[0].json()["code"] == "not-same-origin"
    assert len(browser.sessions) == 2
    assert other.current["device"]["name"] is None


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": ORIGIN}])
def test_what_our_own_page_sent_is_done(browser: Browser, other: Browser, headers: Headers) -> None:
    """R-02, R-03: the proof of a browser that is new, and of one that is old."""
    answer = browser.http.delete(f"{API}/{other.current['id']}", headers=headers)

    assert answer.json()["ended"] == 1


def forms(one: str) -> list[tuple[str, dict[str, str]]]:
    return [
        (f"{HOME}/sessions/{one}/terminate", {}),
        (f"{HOME}/sessions/{one}/rename", {"name": "x"}),
        (f"{HOME}/sessions/end-others", {}),
        (f"{HOME}/sessions/end-all", {}),
        (f"{HOME}/password", {"current_password": PASSWORD, "new_password": "x" * 20}),
        ("/logout", {}),
        ("/login", {"email": EMAIL, "password": PASSWORD}),
    ]


def test_a_form_needs_the_token_of_its_own_session(
    browser: Browser, other: Browser, bob: Browser, new_browser: NewBrowser
) -> None:
    """R-04: another session's, another person's, a visitor's, a banner's or none is refused."""
    before_login = form_token_of(new_browser().get("/login").text)
    wrong: list[str | None] = [
        None,
        "",
        "x",
        "é",
        form_token(other.token),
        form_token(bob.token),
        before_login,
        form_token(""),
        browser.current["id"],
    ]

    for token in wrong:
        for path, fields in forms(other.current["id"]):
            sent = fields if token is None else {**fields, "form_token": token}
            answer = browser.post(path, data=sent)
            assert answer.status_code == 403, (path, token)
            assert "set-cookie" not in answer.headers
    assert len(browser.sessions) == 2
    assert other.current["device"]["name"] is None


@pytest.mark.parametrize("path", ["/logout", f"{HOME}/sessions/end-all", "/setup"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_asking_changes_nothing(browser: Browser, other: Browser, method: str, path: str) -> None:
    """Attack 37; R-01: an image, a prefetch or a prerender of an act does not act."""
    for path_of_act in (path, f"{HOME}/sessions/{other.current['id']}/terminate", f"{API}/current"):
        browser.http.request(method, path_of_act, follow_redirects=False)

    assert len(browser.sessions) == 2


def test_nobody_is_logged_in_from_elsewhere(new_browser: NewBrowser, ada: User) -> None:
    """Attack 38; R-06: neither without the cookie of the form nor with a stranger's."""
    form = {"email": EMAIL, "password": PASSWORD}
    attacker, victim = new_browser(), new_browser()
    attackers_token = form_token_of(attacker.get("/login").text)
    cross_site = {"Sec-Fetch-Site": "cross-site", "Origin": EVIL}

    without = victim.http.post(
        "/login", data={**form, "form_token": attackers_token}, headers=cross_site
    )
    victim.get("/login")
    with_own_cookie = victim.http.post(
        "/login", data={**form, "form_token": attackers_token}, headers=cross_site
    )
    with_attackers_token = victim.post("/login", data={**form, "form_token": attackers_token})

    for answer in (without, with_own_cookie, with_attackers_token):
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert NAMES.session not in victim.http.cookies


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_no_form_of_another_page_is_taken_for_a_login_in_json(
    new_browser: NewBrowser, ada: User, content_type: str
) -> None:
    """Attacks 38, 39; R-07: what a form of any page could send is not JSON."""
    answer = new_browser().http.post(
        API,
        content=f'{{"email":"{EMAIL}","password":"{PASSWORD}"}}',
        headers={"Content-Type": content_type},
    )

    assert answer.status_code == 415
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"form_token=%s"),
        ("multipart/form-data; boundary=x", b'--x\r\nname="form_token"\r\n\r\n%s\r\n--x--'),
        ("application/json", b'{"form_token":"%s"}'),
        ("", b"form_token=%s"),
    ],
)
def test_a_form_is_taken_in_one_encoding_alone(
    browser: Browser, content_type: str, body: bytes
) -> None:
    """Attack 39: what is no form is refused before it is read."""
    content = body % form_token(browser.token).encode()

    answer = browser.http.post(
        "/logout", content=content, headers={**JSON, "Content-Type": content_type}
    )

    assert answer.status_code == 415
    assert browser.get(HOME).status_code == 200


def test_the_type_of_a_form_is_known_in_each_way_of_writing_it(browser: Browser) -> None:
    """RFC 9110 8.3.1: names of media types have no case."""
    answer = browser.http.post(
        "/logout",
        content=f"form_token={form_token(browser.token)}",
        headers={**JSON, "Content-Type": "Application/X-WWW-Form-URLencoded; charset=UTF-8"},
        follow_redirects=False,
    )

    assert answer.headers["location"] == "/login?done=logged-out"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_the_one_that_was_sent(
    browser: Browser, other: Browser, method: str, header: str
) -> None:
    """Attack 40; R-08."""
    address = f"{API}/{other.current['id']}"

    browser.http.request(method, f"{address}?_method=DELETE", headers={**JSON, header: "DELETE"})
    browser.http.post(address, data={"_method": "DELETE"}, headers=JSON)
    browser.http.post(
        f"{HOME}/sessions/{other.current['id']}",
        data={"_method": "DELETE", "form_token": form_token(browser.token)},
        headers=JSON,
    )

    assert len(browser.sessions) == 2
