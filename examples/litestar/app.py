"""A small Litestar app with a login of its own, whose people see and terminate their sessions.

    pip install 'signedin[page]' 'litestar[jinja]' uvicorn
    uvicorn --app-dir examples/litestar --workers 2 app:app

Then http://127.0.0.1:8000 knows ada and bob, whose passwords are below.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from litestar import Litestar, Request, asgi, get, post
from litestar.config.csrf import CSRFConfig
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import DefineMiddleware
from litestar.params import Body, Parameter
from litestar.response import Redirect, Template
from litestar.template import TemplateConfig

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


@dataclass
class Credentials:
    """What the login form sends."""

    name: str
    password: str


sessions = Sessions(os.environ.get("DATABASE", "sqlite:///sessions.db"))


def person(user_id: str) -> Person | None:
    """Who a user id is, for the pages."""
    user = PEOPLE.get(user_id)
    return None if user is None else Person(user.full_name)


def user_of(request: Request) -> User:
    """Who is logged in."""
    user = PEOPLE.get(request.session.get("user", ""))
    if user is None:
        raise NotAuthorizedException
    return user


def to_login(request: Request, error: NotAuthorizedException) -> Redirect:
    return Redirect("/log-in", status_code=303)


@get("/", sync_to_thread=True)
def home(request: Request) -> Template:
    return Template("home.html", context={"user": user_of(request)})


@get("/settings", sync_to_thread=True)
def settings(request: Request) -> Template:
    return Template("settings.html", context={"user": user_of(request)})


@get("/log-in", sync_to_thread=False)
def login_form() -> Template:
    return Template("log_in.html")


@post("/log-in", sync_to_thread=True)
def log_in(
    request: Request,
    data: Annotated[Credentials, Body(media_type=RequestEncodingType.URL_ENCODED)],
    next_address: Annotated[str | None, Parameter(query="next")] = None,
) -> Template | Redirect:
    user = PEOPLE.get(data.name)
    if user and user.has_password(data.password):
        request.set_session({"user": data.name})  # this starts the session
        return Redirect(own_address(next_address), status_code=303)
    return Template("log_in.html", context={"error": "Name and password don’t match."})


@post("/log-out", sync_to_thread=False)
def log_out(request: Request) -> Redirect:
    request.clear_session()  # this ends it
    return Redirect("/log-in", status_code=303)


def own_address(address: str | None) -> str:
    """Where to go on to after the login: only in this app."""
    if address and address.startswith("/") and not address.startswith(("//", "/\\")):
        return address
    return "/"


pages = AccountPages(sessions, site="Acme", login_url="/log-in", person=person)

app = Litestar(
    [
        home,
        settings,
        login_form,
        log_in,
        log_out,
        asgi("/me", is_mount=True, copy_scope=True)(pages),
    ],
    middleware=[
        DefineMiddleware(
            SessionMiddleware,
            sessions=sessions,
            data=DataSettings(user_key="user"),
            cookies=CookieNames.on_loopback(8000),  # over https leave this out
        )
    ],
    csrf_config=CSRFConfig(
        secret=os.environ.get("SECRET_KEY", "only for trying it out"),
        exclude="^/me/",  # the pages have a protection of their own
    ),
    exception_handlers={NotAuthorizedException: to_login},
    template_config=TemplateConfig(
        directory=Path(__file__).parent / "templates", engine=JinjaTemplateEngine
    ),
)
