"""The middleware translates: a cookie becomes a decision, a decision becomes headers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from signedin.asgi import SessionMiddleware, current_session, log_in, log_out
from signedin.core.cookie import CookieNames
from signedin.core.permission import Actor
from signedin.wiring import Sessions
from tests.clock import FixedClock
from tests.databases import Open, clock, database, open_sessions, sessions, url

__all__ = ["clock", "database", "open_sessions", "sessions", "url"]

NAMES = CookieNames()


def who(request: Request) -> Response:
    session = current_session(request)
    return JSONResponse(session and session.user_id)


def enter(request: Request) -> Response:
    started = log_in(request, "42", methods=["pwd"], persistent="keep" in request.query_params)
    return JSONResponse(started.session.id)


def leave(request: Request) -> Response:
    receipt = log_out(request)
    return JSONResponse(receipt and receipt.ended)


def public(request: Request) -> Response:
    return PlainTextResponse("hello", headers={"Cache-Control": "public"})


async def talk(socket: WebSocket) -> None:
    session = current_session(socket)
    await socket.accept()
    await socket.send_json(session and session.user_id)
    await socket.close()


@pytest.fixture
def client(sessions: Sessions) -> TestClient:
    app = Starlette(
        routes=[
            Route("/who", who),
            Route("/enter", enter),
            Route("/leave", leave),
            Route("/public", public),
            WebSocketRoute("/talk", talk),
        ],
        middleware=[Middleware(SessionMiddleware, sessions)],
    )
    return TestClient(app, base_url="https://testserver", client=("203.0.113.7", 50000))


def test_log_in_sets_both_cookies_with_every_flag(client: TestClient) -> None:
    answer = client.get("/enter")

    cookies = answer.headers.get_list("set-cookie")
    assert sorted(line.split("=")[0] for line in cookies) == [NAMES.device, NAMES.session]
    assert all("; Path=/; Secure; HttpOnly; SameSite=Lax" in line for line in cookies)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Cookie"


def test_a_kept_session_has_an_age_and_another_dies_with_the_browser(client: TestClient) -> None:
    short = session_cookie(client.get("/enter"))
    kept = session_cookie(client.get("/enter?keep=1"))

    assert "Max-Age" not in short
    assert "Max-Age=7776000" in kept


def session_cookie(answer: Any) -> str:
    lines: list[str] = answer.headers.get_list("set-cookie")
    return next(line for line in lines if line.startswith(NAMES.session))


def test_the_session_follows_the_cookie(client: TestClient) -> None:
    assert client.get("/who").json() is None

    client.get("/enter")
    assert client.get("/who").json() == "42"

    assert client.get("/leave").json() == 1
    assert client.get("/who").json() is None


def test_a_second_log_in_in_the_same_browser_leaves_one_row(
    client: TestClient, sessions: Sessions
) -> None:
    client.get("/enter")
    client.get("/enter")

    assert len(sessions.list("42")) == 1


def test_only_what_read_the_session_depends_on_the_cookie(client: TestClient) -> None:
    client.get("/enter")

    assert client.get("/who").headers["vary"] == "Cookie"
    answer = client.get("/public")
    assert "vary" not in answer.headers
    assert answer.headers["cache-control"] == "public"


def test_the_cookie_of_an_ended_session_is_cleared(client: TestClient, sessions: Sessions) -> None:
    session_id = client.get("/enter").json()
    sessions.terminate(session_id, user_id="42", by=Actor.admin("root"))

    answer = client.get("/who")

    assert answer.json() is None
    assert "Max-Age=0" in session_cookie(answer)
    assert answer.headers["cache-control"] == "no-store"


def test_nonsense_and_two_cookies_open_nothing_and_clear_nothing(client: TestClient) -> None:
    client.get("/enter")
    good = client.cookies[NAMES.session]
    client.cookies.clear()

    for header in ("x", "si_" + "A" * 49, f"{good}; {NAMES.session}={good}", "A" * 60_000):
        answer = client.get("/who", headers={"Cookie": f"{NAMES.session}={header}"})
        assert answer.json() is None
        assert "set-cookie" not in answer.headers


def test_two_cookie_headers_are_one(client: TestClient) -> None:
    client.get("/enter")
    good = client.cookies[NAMES.session]
    client.cookies.clear()
    pair = ("cookie", f"{NAMES.session}={good}")

    assert client.get("/who", headers=[("cookie", "a=1"), pair]).json() == "42"
    assert client.get("/who", headers=[pair, pair]).json() is None


def test_without_its_database_the_app_answers_503_and_leaves_the_cookie(
    client: TestClient, sessions: Sessions, database: Path
) -> None:
    client.get("/enter")
    sessions.close()
    sessions._memory.forget(None)
    for path in database.parent.iterdir():
        path.rename(path.with_suffix(".away"))
    database.mkdir()

    answer = client.get("/who")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "set-cookie" not in answer.headers
    assert client.get("/public").status_code == 200


def test_a_database_of_a_newer_version_is_one_that_cannot_be_asked(
    client: TestClient, sessions: Sessions, database: Path
) -> None:
    """A worker that starts anew while another version takes over logs nobody out."""
    client.get("/enter")
    sessions.close()
    with closing(sqlite3.connect(database)) as shell, shell:
        shell.execute("INSERT INTO signedin_schema VALUES (9999)")

    answer = client.get("/who")

    assert answer.status_code == 503
    assert "set-cookie" not in answer.headers


def test_a_web_socket_knows_its_session(client: TestClient) -> None:
    client.get("/enter")

    with client.websocket_connect("wss://testserver/talk") as socket:
        assert socket.receive_json() == "42"


def test_the_last_uses_are_written_when_the_server_shuts_down(
    client: TestClient, open_sessions: Open, sessions: Sessions, clock: FixedClock
) -> None:
    with client:
        client.get("/enter")
        clock.advance(timedelta(minutes=1))
        client.get("/who")

    (session,) = open_sessions().list("42")
    assert session.last_used_at == clock.now()


def test_without_the_middleware_the_error_says_what_to_add() -> None:
    with pytest.raises(RuntimeError, match=r"signedin\.asgi\.SessionMiddleware"):
        current_session({"type": "http"})
