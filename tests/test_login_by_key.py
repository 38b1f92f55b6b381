"""Log-in code that only sets a key is not outlived by what is ended during the log-in."""

from __future__ import annotations

from collections.abc import Callable

import flask
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from signedin.asgi import DataSettings, SessionMiddleware
from signedin.core.cookie import CookieNames
from signedin.core.errors import StoreUnavailableError
from signedin.core.permission import Actor
from signedin.flask import SignedIn
from signedin.wiring import Sessions
from tests.databases import clock, database, open_sessions, sessions
from tests.engines import cluster, url

__all__ = ["clock", "cluster", "database", "open_sessions", "sessions", "url"]

NAMES = CookieNames.on_loopback(8000)
LogIn = Callable[[Callable[[], None]], tuple[int, str]]
"""Logs in by POST; what is handed to it happens while the password is checked."""


def by_starlette(sessions: Sessions) -> LogIn:
    meanwhile: list[Callable[[], None]] = []

    def enter(request: Request) -> Response:
        meanwhile.pop()()
        request.session["user"] = "42"
        return Response()

    middleware = Middleware(
        SessionMiddleware, sessions, cookies=NAMES, data=DataSettings(user_key="user")
    )
    app = Starlette(routes=[Route("/", enter, methods=["POST"])], middleware=[middleware])

    def log_in(act: Callable[[], None]) -> tuple[int, str]:
        meanwhile.append(act)
        answer = TestClient(app).post("/")
        return answer.status_code, answer.text

    return log_in


def by_flask(sessions: Sessions) -> LogIn:
    meanwhile: list[Callable[[], None]] = []
    app = flask.Flask(__name__)
    SignedIn(app, sessions, user_key="user", cookies=NAMES)

    @app.post("/")
    def enter() -> str:
        meanwhile.pop()()
        flask.session["user"] = "42"
        return ""

    def log_in(act: Callable[[], None]) -> tuple[int, str]:
        meanwhile.append(act)
        answer = app.test_client().post("/")
        return answer.status_code, answer.text

    return log_in


@pytest.fixture(params=[by_starlette, by_flask], ids=["starlette", "flask"])
def log_in(request: pytest.FixtureRequest, sessions: Sessions) -> LogIn:
    made: LogIn = request.param(sessions)
    return made


def test_what_ends_all_meanwhile_overtakes_it(log_in: LogIn, sessions: Sessions) -> None:
    status, text = log_in(lambda: end_all_of(sessions, "42"))

    assert status == 409
    assert "Log in again." in text
    assert sessions.list("42") == []


def test_what_somebody_else_ends_is_nothing_to_it(log_in: LogIn, sessions: Sessions) -> None:
    end_all_of(sessions, "42")  # before

    assert log_in(lambda: end_all_of(sessions, "41"))[0] == 200
    assert len(sessions.list("42")) == 1


def test_where_it_is_not_known_what_was_ended_nobody_is_logged_in(
    log_in: LogIn, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_order(user_id: str | None) -> None:
        raise StoreUnavailableError("out of order")

    monkeypatch.setattr(sessions, "begin_login", out_of_order)

    assert log_in(lambda: None)[0] == 503
    assert sessions.list("42") == []


def end_all_of(sessions: Sessions, user_id: str) -> None:
    sessions.terminate_all(user_id, by=Actor.admin("root"))
