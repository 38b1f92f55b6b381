"""What clients say of themselves is text, and only as much as fits (security.md, attacks 62-65)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.types import ASGIApp

from signedin.accounts.user import User
from signedin.core.session import USER_AGENT_LENGTH
from signedin.wiring import Sessions
from tests.clients import CHROME
from tests.web.conftest import (
    EMAIL,
    JSON,
    PASSWORD,
    Browser,
    NewBrowser,
)
from tests.web.raw import Answer, ask

HOME = "/settings/account"
API = "/api/v1/sessions"


@pytest.mark.parametrize(
    "agent",
    [
        "<img src=x onerror=alert(1)>",
        '"><script>alert(1)</script>',
        "{{7*7}} ${7*7} %(n)s",
        "' onmouseover='alert(1)",
        "</title></bdi></table><script>",
    ],
)
def test_what_a_client_calls_itself_is_text(
    browser: Browser, new_browser: NewBrowser, agent: str
) -> None:
    """Attack 62; O-01; ui.md rows 30."""
    stranger = new_browser(agent)
    stranger.log_in()
    one = stranger.current["id"]
    browser.http.patch(f"{API}/{one}", json={"name": agent[:60]}, headers=JSON)
    details = f"{HOME}/sessions/{one}"

    for path in (HOME, details, f"{details}/terminate", f"{details}/rename",
                 f"{HOME}/sessions/end-others", f"{HOME}/sessions/end-all"):  # fmt: skip
        text = browser.get(path).text
        assert not re.search(r"<(img|script)(?! type=\"module\")|[ '\"]on\w+=['\"]", text), path
        assert text.count("</table>") == (2 if path == HOME else 0), path
    assert agent in unescape(browser.get(details).text)


UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
CONTROLS = (
    "a\tb", "\x1b[2J", "a\x00b", "\x7f", "\x85\x9b", "\u202eevil", "\u2066x\u2069", "\u200b",
    "👩\u200d👩", "\r\n X: y",
)  # fmt: skip


@pytest.mark.parametrize("agent", CONTROLS)
def test_no_control_character_of_a_client_reaches_a_page(
    app: ASGIApp, browser: Browser, ada: User, sessions: Sessions, agent: str
) -> None:
    """Attack 64; O-02; ui.md row 30: bytes as a server hands them on, which is as Latin-1."""
    answer = log_in_raw(app, agent.encode())
    assert answer.status == 201
    one = str(answer["location"]).rpartition("/")[2]

    for path in (HOME, f"{HOME}/sessions/{one}", f"{HOME}/sessions/{one}/terminate"):
        text = browser.get(path).text
        assert not UNSEEN.search(text), path
        assert browser.get(path).status_code == 200
    assert browser.get(f"{API}/{one}").json()["device"]["label"]


def log_in_raw(app: ASGIApp, agent: bytes, **more: bytes) -> Answer:
    headers = [(b"content-type", b"application/json"), (b"user-agent", agent)]
    headers += [(name.encode().replace(b"_", b"-"), value) for name, value in more.items()]
    body = f'{{"email":"{EMAIL}","password":"{PASSWORD}"}}'.encode()
    return ask(app, API, method="POST", headers=headers, body=body)


def test_client_hints_are_text_too(app: ASGIApp, browser: Browser) -> None:
    """Attacks 62, 64."""
    brand = b'"<script>alert(1)</script>\xe2\x80\xae";v="1", "Chromium";v="141"'

    answer = log_in_raw(app, CHROME.encode(), sec_ch_ua=brand, sec_ch_ua_platform=b'"<b>x\x1b"')

    assert answer.status == 201
    text = browser.get(HOME).text
    assert "<script>alert" not in text
    assert "<b>" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("agent", ["x" * 8_000, "x" * 1_000_000, "(" * 10_000, "/" * 10_000, ""])
def test_a_client_that_says_too_much_or_nothing_is_one_row_like_any(
    app: ASGIApp, browser: Browser, sessions: Sessions, ada: User, agent: str
) -> None:
    """Attack 63; O-03; ui.md row 29."""
    assert log_in_raw(app, agent.encode()).status == 201

    kept = [session.user_agent for session in sessions.list(ada.id)]
    assert max(map(len, kept)) <= USER_AGENT_LENGTH
    page = browser.get(HOME)
    assert page.status_code == 200
    assert page.text.count("data-session=") == 2
    assert len(page.text) < 60_000


def test_who_looks_the_same_is_still_another_row(browser: Browser, new_browser: NewBrowser) -> None:
    """Attack 65; X-07."""
    mimic = new_browser()
    mimic.log_in()

    assert [session["current"] for session in browser.sessions] == [True, False]
    assert browser.get(HOME).text.count("Current session</span>") == 1
