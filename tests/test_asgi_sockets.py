"""A page of another origin opens no WebSocket with somebody's cookie (security.md R-19, attack 84).

Chromium, asked on 2026-11-27: it sends the cookie with a socket that a page at another port of
the same host opens, an ``Origin`` with it, and no ``Sec-Fetch-Site``.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from signedin.asgi import SessionMiddleware, current_session
from signedin.core.cookie import CookieNames
from signedin.old_cookies import StarletteCookies
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.databases import clock, database, open_sessions, sessions, url

__all__ = ["clock", "database", "open_sessions", "sessions", "url"]

SECRET = "a secret of the app's former sessions"
ELSEWHERE = "https://evil.example"


async def talk(socket: WebSocket) -> None:
    session = current_session(socket)
    await socket.accept()
    await socket.send_json(session and session.user_id)
    await socket.close()


def browser(sessions: Sessions, **settings: Any) -> TestClient:
    """A client of an app with these settings of the middleware."""
    middleware = [Middleware(SessionMiddleware, sessions, **settings)]
    app = Starlette(routes=[WebSocketRoute("/talk", talk)], middleware=middleware)
    return TestClient(app, base_url="https://app.example.org", client=("203.0.113.7", 50000))


def cookie_of_42(sessions: Sessions) -> dict[str, str]:
    token = sessions.start("42", client(), methods=["pwd"]).token
    return {"cookie": f"{CookieNames().session}={token}"}


def told(browser: TestClient, headers: dict[str, str]) -> Any:
    """Who the app says that is."""
    with browser.websocket_connect("wss://app.example.org/talk", headers=headers) as socket:
        return socket.receive_json()


def is_refused(browser: TestClient, headers: dict[str, str]) -> bool:
    """Whether it is closed before it is accepted, which servers answer with 403."""
    with pytest.raises(WebSocketDisconnect) as refused:
        told(browser, headers)
    return bool(refused.value.code == 1008)


@pytest.mark.parametrize(
    "origin",
    [
        ELSEWHERE,
        "https://other.example.org",
        "https://app.example.org:8443",
        "https://app.example.org.evil.example",
        "http://app.example.org",
        "null",
        "",
    ],
)
def test_a_page_of_another_origin_opens_no_socket_with_the_cookie(
    sessions: Sessions, origin: str
) -> None:
    assert is_refused(browser(sessions), {**cookie_of_42(sessions), "origin": origin})


@pytest.mark.parametrize("origin", ["https://app.example.org", "https://APP.example.org", None])
def test_a_page_of_the_app_does_and_so_does_what_is_no_browser(
    sessions: Sessions, origin: str | None
) -> None:
    said = {} if origin is None else {"origin": origin}

    assert told(browser(sessions), {**cookie_of_42(sessions), **said}) == "42"


def test_browsers_send_cookies_for_https_to_the_persons_own_machine_over_http(
    sessions: Sessions,
) -> None:
    said = {"host": "localhost:8000", "origin": "http://localhost:8000"}

    assert told(browser(sessions), {**cookie_of_42(sessions), **said}) == "42"


def test_over_http_a_page_of_the_app_does_where_its_cookies_need_no_https(
    sessions: Sessions,
) -> None:
    names = CookieNames.on_loopback(8000)
    token = sessions.start("42", client(), methods=["pwd"]).token
    said = {"cookie": f"{names.session}={token}", "origin": "http://app.example.org"}

    assert told(browser(sessions, cookies=names), said) == "42"


def test_a_proxy_may_say_the_port_that_an_origin_leaves_out(sessions: Sessions) -> None:
    headers = cookie_of_42(sessions) | {"origin": "https://app.example.org"}
    ours = browser(sessions)

    assert told(ours, headers | {"host": "app.example.org:443"}) == "42"
    assert is_refused(ours, headers | {"host": "app.example.org:80"})


def test_an_origin_that_the_developer_names_is_the_apps_own(sessions: Sessions) -> None:
    ours = browser(sessions, origins=["https://front.example.org"])
    cookie = cookie_of_42(sessions)

    assert told(ours, {**cookie, "origin": "https://front.example.org"}) == "42"
    assert is_refused(ours, {**cookie, "origin": ELSEWHERE})


def test_one_origin_named_without_a_list_lets_nobody_in_whose_name_is_a_part_of_it(
    sessions: Sessions,
) -> None:
    mistaken = browser(sessions, origins="https://front.example.org")

    assert is_refused(mistaken, {**cookie_of_42(sessions), "origin": "https://front.example"})


def test_a_socket_without_a_cookie_of_ours_is_the_apps_to_judge(sessions: Sessions) -> None:
    stranger = {"origin": ELSEWHERE, "cookie": "theme=dark"}

    assert told(browser(sessions), stranger) is None


def test_a_token_in_the_header_is_no_browsers_and_needs_no_origin(sessions: Sessions) -> None:
    token = sessions.start("42", client(), methods=["pwd"]).token
    header = {"authorization": f"Bearer {token}", "origin": ELSEWHERE}

    assert told(browser(sessions, bearer=True), header) == "42"


def test_an_old_cookie_opens_none_from_elsewhere_either(
    sessions: Sessions, clock: FixedClock
) -> None:
    old = StarletteCookies(SECRET, until=clock.now() + timedelta(days=1), user_key="user")
    cookie = {"cookie": "session=whatever", "origin": ELSEWHERE}

    assert is_refused(browser(sessions, old_cookies=old), cookie)


def test_the_log_says_what_to_do_and_holds_no_cookie(
    sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    cookie = cookie_of_42(sessions)

    with caplog.at_level(logging.WARNING, "signedin"):
        assert is_refused(browser(sessions), {**cookie, "origin": ELSEWHERE + "\x0b" + "x" * 500})

    (said,) = [record.getMessage() for record in caplog.records]
    assert "SessionMiddleware(origins=[...])" in said
    assert ELSEWHERE in said
    assert len(said) < 400
    assert said.isprintable()
    assert cookie["cookie"].partition("=")[2] not in said
