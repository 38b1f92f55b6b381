"""A small Starlette app with a login of its own, whose people see and terminate their sessions.

    pip install 'signedin[page]' python-multipart uvicorn
    uvicorn --app-dir examples/starlette --workers 2 app:app

Then http://127.0.0.1:8000 knows ada and bob, whose passwords are below.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.templating import Jinja2Templates

from signedin import Sessions
from signedin.asgi import DataSettings, SessionMiddleware
from signedin.core.cookie import CookieNames
from signedin.web.mounted import AccountPages, Person


@dataclass(frozen=True)
class User:
    """Somebody who may log in."""

    full_name: str
    salt: bytes
    password_hash: bytes = field(repr=False)

    @classmethod
    def with_password(cls, full_name: str, password: str) -> User:
        salt = os.urandom(16)
        return cls(full_name, salt, slow_hash(password, salt))

    def has_password(self, password: str) -> bool:
        return hmac.compare_digest(self.password_hash, slow_hash(password, self.salt))


def slow_hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


PEOPLE = {
    "ada": User.with_password("Ada Lovelace", "difference engine"),
    "bob": User.with_password("Bob Example", "correct horse"),
}

templates = Jinja2Templates(Path(__file__).parent / "templates")
sessions = Sessions(os.environ.get("DATABASE", "sqlite:///sessions.db"))


def person(user_id: str) -> Person | None:
    """Who a user id is, for the pages."""
    user = PEOPLE.get(user_id)
    return None if user is None else Person(user.full_name)


def home(request: Request) -> Response:
    return page_of_user(request, "home.html")


def settings(request: Request) -> Response:
    return page_of_user(request, "settings.html")


def page_of_user(request: Request, template: str) -> Response:
    user = PEOPLE.get(request.session.get("user", ""))
    if user is None:
        return RedirectResponse(request.url_for("log_in"), 303)
    return templates.TemplateResponse(request, template, {"user": user})


async def log_in(request: Request) -> Response:
    error = None
    if request.method == "POST":
        if is_foreign(request):
            return PlainTextResponse("Another site sent this form.", 403)
        async with request.form() as form:
            name, password = str(form.get("name", "")), str(form.get("password", ""))
        user = PEOPLE.get(name)
        if user and await run_in_threadpool(user.has_password, password):
            request.session["user"] = name  # this starts the session
            return RedirectResponse(own_address(request.query_params.get("next")), 303)
        error = "Name and password don’t match."
    return templates.TemplateResponse(request, "log_in.html", {"error": error})


def log_out(request: Request) -> Response:
    if is_foreign(request):
        return PlainTextResponse("Another site sent this form.", 403)
    request.session.clear()  # this ends it
    return RedirectResponse(request.url_for("log_in"), 303)


def is_foreign(request: Request) -> bool:
    """Whether the form may come from another site; each browser since 2023 says where from."""
    return request.headers.get("sec-fetch-site") != "same-origin"


def own_address(address: str | None) -> str:
    """Where to go on to after the login: only in this app."""
    if address and address.startswith("/") and not address.startswith(("//", "/\\")):
        return address
    return "/"


app = Starlette(
    routes=[
        Route("/", home),
        Route("/settings", settings),
        Route("/log-in", log_in, methods=["GET", "POST"]),
        Route("/log-out", log_out, methods=["POST"]),
        Mount("/me", AccountPages(sessions, site="Acme", login_url="/log-in", person=person)),
    ],
    middleware=[
        Middleware(
            SessionMiddleware,
            sessions=sessions,
            data=DataSettings(user_key="user"),
            cookies=CookieNames.on_loopback(8000),  # over https leave this out
        )
    ],
)
