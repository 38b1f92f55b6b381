"""Starlette and FastAPI: nothing, a signed cookie, a JWT, and signedin; PEER says which."""

from __future__ import annotations

import os
import time
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware as SignedCookies
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from signedin import Sessions
from signedin.asgi import SessionMiddleware, current_session, log_in, log_out
from signedin.core.cookie import CookieNames

KEY = "k" * 32
LASTS = 1800  # seconds, as in FastAPI's tutorial


def nothing() -> Starlette:
    async def get(request: Request) -> Response:
        return PlainTextResponse("42")

    return Starlette(routes=[Route("/", get)])


def signed_cookie() -> Starlette:
    async def get(request: Request) -> Response:
        return PlainTextResponse(request.session.get("user", "nobody"))

    async def enter(request: Request) -> Response:
        request.session["user"] = request.query_params["user"]
        return PlainTextResponse("in")

    async def leave(request: Request) -> Response:
        request.session.clear()
        return PlainTextResponse("out")

    return _starlette(get, enter, leave, Middleware(SignedCookies, secret_key=KEY))


def _starlette(get: Any, enter: Any, leave: Any, middleware: Middleware) -> Starlette:
    routes = [
        Route("/", get),
        Route("/login", enter, methods=["POST"]),
        Route("/logout", leave, methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[middleware])


def starlette_signedin() -> Starlette:
    async def get(request: Request) -> Response:
        session = current_session(request)
        return PlainTextResponse("nobody" if session is None else session.user_id)

    return _starlette(get, _enter, _leave, _signedin())


def _enter(request: Request) -> Response:
    log_in(request, request.query_params["user"], methods=["pwd"])
    return PlainTextResponse("in")


def _leave(request: Request) -> Response:
    log_out(request)
    return PlainTextResponse("out")


def _signedin() -> Middleware:
    names = CookieNames("sid", "device", "pre", secure=False)
    return Middleware(SessionMiddleware, Sessions(os.environ["DATABASE"]), cookies=names)


def fastapi_nothing() -> FastAPI:
    app = FastAPI()

    @app.get("/", response_class=PlainTextResponse)
    async def get() -> str:
        return "42"

    return app


async def bearer(sent: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    return str(jwt.decode(sent.credentials, KEY, algorithms=["HS256"])["sub"])


def fastapi_jwt() -> FastAPI:
    """As the tutorial has it: who logs out throws the token away."""
    app = FastAPI()

    @app.get("/", response_class=PlainTextResponse)
    async def get(user: Annotated[str, Depends(bearer)]) -> str:
        return user

    @app.post("/login", response_class=PlainTextResponse)
    async def enter(user: str) -> str:
        return jwt.encode({"sub": user, "exp": time.time() + LASTS}, KEY, algorithm="HS256")

    @app.post("/logout", response_class=PlainTextResponse)
    async def leave() -> str:
        return "out"

    return app


def fastapi_signedin() -> FastAPI:
    middleware = _signedin()
    app = FastAPI()

    @app.get("/", response_class=PlainTextResponse)
    async def get(request: Request) -> str:
        session = current_session(request)
        return "nobody" if session is None else str(session.user_id)

    app.add_route("/login", _enter, methods=["POST"])
    app.add_route("/logout", _leave, methods=["POST"])
    app.add_middleware(middleware.cls, *middleware.args, **middleware.kwargs)
    return app


def application() -> Any:
    return globals()[os.environ["PEER"]]()
