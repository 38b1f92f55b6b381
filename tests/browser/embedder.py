"""Somebody else's app with a login of its own, in which the pages are mounted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from socket import create_server

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from signedin.asgi import SessionMiddleware, current_session, log_in
from signedin.core.cookie import CookieNames
from signedin.web.mounted import AccountPages, Person
from signedin.wiring import Sessions
from tests.browser.server import Site
from tests.browser.timed import answering

ACCENT = "#e0a800"  # too light to be read on white
LOGIN = """<form method="post"><input type="hidden" name="next" value="{next}">
<label>Who are you? <input name="user"></label> <button>Enter</button></form>"""
HOME = """<!doctype html><html lang="en"><title>Shop</title><body>
<h1>The shop of {user}</h1></body></html>"""
SETTINGS = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="{schemes}">
<title>Shop settings</title>
<body><header id="status">Shop <time datetime="2026-01-01T00:00:00Z">New Year</time></header>
<main><h1>Settings</h1><button id="bulk">Store</button>{section}</main></body></html>"""


@dataclass
class Shop(Site):
    """The app while it runs. It believes whoever comes, so accounts need not be made."""

    sessions: Sessions

    def add_user(self, email: str, name: str) -> None:
        pass


async def enter(request: Request) -> Response:
    """Log in without a password."""
    if request.method == "GET":
        return HTMLResponse(LOGIN.format(next=escape(request.query_params.get("next", "/"))))
    fields = dict(pair.split("=", 1) for pair in (await request.body()).decode().split("&"))
    log_in(request, fields["user"], methods=["pwd"], persistent=True)
    query = Request({"type": "http", "query_string": b"x=" + fields["next"].encode()}).query_params
    return RedirectResponse(query["x"], 303)


def front(request: Request) -> Response:
    session = current_session(request)
    if session is None:
        return RedirectResponse("/log-in?next=/", 303)
    return HTMLResponse(HOME.format(user=session.user_id))


@contextmanager
def shop(folder: Path) -> Iterator[Shop]:
    """The app for as long as the block lasts: the pages at ``/me``, a section at ``/mine``."""
    with create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        sessions = Sessions(f"sqlite:///{folder}/shop.db")
        told = {"site": "Shop", "login_url": "/log-in", "accent": ACCENT}

        def person(user_id: str) -> Person:
            return Person(user_id.capitalize())

        pages = AccountPages(sessions, person=person, password_url="/new-password", **told)  # type: ignore[arg-type]
        part = AccountPages(sessions, person=person, section_url="/mine", **told)  # type: ignore[arg-type]

        def mine(request: Request) -> Response:
            return HTMLResponse(
                SETTINGS.format(
                    schemes=request.query_params.get("schemes", "light"),
                    section=part.section(request, mounted_at="/part"),
                )
            )

        app = Starlette(
            routes=[
                Route("/log-in", enter, methods=["GET", "POST"]),
                Route("/", front),
                Route("/mine", mine),
                Mount("/me", pages),
                Mount("/part", part),
            ],
            middleware=[
                Middleware(SessionMiddleware, sessions, cookies=CookieNames.on_loopback(port))
            ],
        )
        try:
            with answering(app, listening):
                yield Shop(sessions, url=url)
        finally:
            sessions.close()
