"""The same authenticated GET in each framework, with its own default session and with ours.

The code of the view is the same in both: only the session is another. A server serves one of
them, named by BENCH_APP.
"""

from __future__ import annotations

import os

import flask
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware as SignedCookies
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from benchmarks.apps import KEY, NAMES
from signedin.asgi import DataSettings, SessionMiddleware
from signedin.flask import SignedIn
from signedin.wiring import Sessions

OURS = "signedin"


def _is_ours() -> bool:
    return os.environ["BENCH_APP"].endswith(OURS)


def _sessions() -> Sessions:
    return Sessions(f"sqlite:///{os.environ['BENCH_DATABASE']}")


async def _who(request: Request) -> Response:
    return PlainTextResponse(request.session.get("user", "nobody"))


def starlette() -> Starlette:
    if _is_ours():
        data = DataSettings(user_key="user")
        middleware = Middleware(SessionMiddleware, _sessions(), cookies=NAMES, data=data)
    else:
        middleware = Middleware(SignedCookies, secret_key=KEY.decode(), session_cookie="sid")
    return Starlette(routes=[Route("/", _who)], middleware=[middleware])


def flask_app() -> flask.Flask:
    app = flask.Flask(__name__)
    app.config.update(SECRET_KEY=KEY.decode(), SESSION_COOKIE_NAME="sid")
    if _is_ours():
        SignedIn(app, _sessions(), user_key="user", cookies=NAMES)

    @app.get("/")
    def who() -> str:
        user: str = flask.session.get("user", "nobody")
        return user

    return app
