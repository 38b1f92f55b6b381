"""The pages below a prefix of an app that speaks WSGI, as its server calls them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from starlette.requests import Request

from signedin.core.session import Client
from signedin.web.mounted import AccountPages, Person
from signedin.web.wsgi import WsgiApp
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX
from tests.web.embedder import NAMES

SEEN: list[str] = []


def note_path(request: Request) -> None:
    """The app's own log-out, which has its own request from the bridge."""
    SEEN.append(request.scope["wsgi_environ"]["PATH_INFO"])


def look_up(user_id: str) -> Person:
    if user_id == "broken":
        raise LookupError("the users are gone")
    return Person(user_id)


@pytest.fixture
def app(sessions: Sessions) -> WsgiApp:
    return WsgiApp(
        AccountPages(
            sessions,
            site="Acme",
            login_url="/log-in",
            person=look_up,
            log_out=note_path,
            cookies=NAMES,
        )
    )


def enter(sessions: Sessions, agent: str = CHROME, user_id: str = "1") -> str:
    """Log in by the app; the cookie header."""
    started = sessions.start(user_id, Client("203.0.113.7", agent), methods=["pwd"])
    return f"{NAMES.session}={started.token}"


def call(
    app: WsgiApp, method: str, path: str, cookie: str = "", body: bytes = b"", **environ: str
) -> tuple[int, dict[str, str], bytes]:
    """One request as a WSGI server makes it: without a port, as wsgiref's."""
    begun: list[Any] = []
    given = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "/me",
        "PATH_INFO": path,
        "SERVER_NAME": "acme.example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.9",
        "HTTP_COOKIE": cookie,
        "HTTP_USER_AGENT": CHROME,
        "HTTP_SEC_FETCH_SITE": "same-origin",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
        **environ,
    }
    answer = b"".join(app(given, lambda *told: begun.append(told)))  # type: ignore[arg-type]
    status, headers = begun[0][:2]
    return int(status.split()[0]), {name.lower(): value for name, value in headers}, answer


def test_the_page_and_its_acts_work_through_the_bridge(app: WsgiApp, sessions: Sessions) -> None:
    ada, other = enter(sessions), enter(sessions, FIREFOX)
    status, _, page = call(app, "GET", "/settings/account", ada)
    assert status == 200
    assert page.count(b"data-session=") == 2
    assert b'href="/me/settings/account"' in page

    told = json.loads(call(app, "GET", "/api/v1/sessions/current", other)[2])
    assert told["ip_address"] == "203.0.113.9"
    body = json.dumps({"scope": "selected", "ids": [told["id"]]}).encode()
    assert json.loads(call(app, "POST", "/api/v1/sessions/end", ada, body)[2])["ended"] == 1
    assert call(app, "GET", "/api/v1/sessions/current", other)[0] == 401

    status, headers, _ = call(app, "DELETE", "/api/v1/sessions/current", ada)
    assert (status, SEEN.pop()) == (200, "/api/v1/sessions/current")
    assert headers["set-cookie"].startswith(f"{NAMES.session}=;")
    assert call(app, "GET", "/settings/account", ada)[1]["location"].startswith(
        "/log-in?next=%2Fme"
    )


def test_bodies_are_read_to_their_end_and_no_further(app: WsgiApp, sessions: Sessions) -> None:
    ada = enter(sessions)
    ids = [f"0199a000-0000-7000-8000-{n:012}" for n in range(200)]
    body = json.dumps({"scope": "selected", "ids": ids}).encode()

    assert call(app, "POST", "/api/v1/sessions/end", ada, body)[0] == 200
    assert call(app, "POST", "/api/v1/sessions/end", ada, b" " * 200_000)[0] == 413


def test_many_threads_ask_at_once(app: WsgiApp, sessions: Sessions) -> None:
    cookies = [enter(sessions, user_id=f"user-{n}") for n in range(8)]

    def own_page(n: int) -> bool:
        return f"user-{n}".encode() in call(app, "GET", "/settings/account", cookies[n])[2]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(own_page, range(8)))


def test_a_head_has_no_body(app: WsgiApp) -> None:
    status, headers, body = call(app, "HEAD", "/api/v1/openapi.json")

    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 0


def test_a_server_at_a_socket_without_a_port_is_no_accident(
    app: WsgiApp, sessions: Sessions
) -> None:
    """Gunicorn at a Unix socket says an empty port if the request names no host."""
    assert call(app, "GET", "/settings/account", enter(sessions), SERVER_PORT="")[0] == 200


def test_wild_bytes_are_no_accident(app: WsgiApp) -> None:
    assert call(app, "GET", "/settings/\xff")[0] == 404
    status, headers, _ = call(app, "GET", "/settings/account", QUERY_STRING="x=\xff&y=%FF")
    assert (status, headers["location"].partition("?")[0]) == (303, "/log-in")


def test_what_breaks_is_answered_and_logged(
    app: WsgiApp, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "signedin.web.wsgi"):
        status, _, page = call(app, "GET", "/settings/account", enter(sessions, user_id="broken"))

    assert (status, b"the users are gone" in page) == (500, False)
    assert "the users are gone" in caplog.text


AFTER_A_FORK = """
import os
from signedin.web.wsgi import WsgiApp
from tests.web.test_wsgi import call

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % os.getpid()})

app = WsgiApp(app)
assert call(app, "GET", "/")[2] == b"%d" % os.getpid()
child = os.fork()
assert call(app, "GET", "/")[2] == b"%d" % os.getpid()
if child:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0)
"""


def test_a_process_that_forks_after_the_first_request_goes_on_in_both() -> None:
    subprocess.run([sys.executable, "-c", AFTER_A_FORK], check=True, timeout=20)
