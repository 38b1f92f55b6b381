"""The same authenticated GET in every dress; uvicorn serves one of them, named by BENCH_APP."""

from __future__ import annotations

import hmac
import os
import time
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware as SignedCookies
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from signedin.asgi import App, Receive, Scope, Send, SessionMiddleware, current_session
from signedin.core.cookie import CookieNames
from signedin.wiring import Sessions

KEY = b"k" * 32
NAMES = CookieNames("sid", "device", "pre", secure=False)


def sessions() -> Sessions:
    return Sessions(os.environ["BENCH_DATABASE"])


async def _answer(send: Send, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def raw_without(scope: Scope, receive: Receive, send: Send) -> None:
    await _answer(send, b"42")


async def raw_hmac(scope: Scope, receive: Receive, send: Send) -> None:
    """A hand-written signed cookie, no library."""
    cookie = dict(scope["headers"]).get(b"cookie", b"").removeprefix(b"sid=")
    text, _, signature = cookie.rpartition(b".")
    expected = hmac.digest(KEY, text, "sha256").hex().encode()
    user, _, expires = text.partition(b":")
    good = hmac.compare_digest(expected, signature) and int(expires) > time.time()
    await _answer(send, user if good else b"nobody")


async def raw_user(scope: Scope, receive: Receive, send: Send) -> None:
    session = current_session(scope)
    await _answer(send, b"nobody" if session is None else str(session.user_id).encode())


async def plain(request: Request) -> Response:
    return PlainTextResponse("42")


async def signed(request: Request) -> Response:
    return PlainTextResponse(request.session.get("user", "nobody"))


async def signed_in(request: Request) -> Response:
    session = current_session(request)
    return PlainTextResponse("nobody" if session is None else session.user_id)


def starlette(endpoint: Any, *middleware: Middleware) -> App:
    return Starlette(routes=[Route("/", endpoint)], middleware=list(middleware))


def application() -> App:
    """The contestant that the environment names."""
    match os.environ["BENCH_APP"]:
        case "raw: no session":
            return raw_without
        case "raw: hand-written HMAC cookie":
            return raw_hmac
        case "raw: signedin":
            return SessionMiddleware(raw_user, sessions(), cookies=NAMES)
        case "Starlette: no session":
            return starlette(plain)
        case "Starlette: signed cookie":
            return starlette(
                signed, Middleware(SignedCookies, secret_key=KEY.decode(), session_cookie="sid")
            )
        case "Starlette: signedin":
            return starlette(signed_in, Middleware(SessionMiddleware, sessions(), cookies=NAMES))
        case other:
            raise ValueError(other)
