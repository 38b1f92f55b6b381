"""A small FastAPI app with a login of its own, whose people see and terminate their sessions.

    pip install 'signedin[page]' fastapi python-multipart uvicorn
    uvicorn --app-dir examples/fastapi --workers 2 app:app

Then http://127.0.0.1:8000 knows ada and bob, whose passwords are below.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.templating import Jinja2Templates

from signedin import Sessions
from signedin.asgi import SessionMiddleware, current_session
from signedin.asgi import log_in as start_session
from signedin.asgi import log_out as end_session
from signedin.core.cookie import CookieNames
from signedin.core.errors import LoginOvertakenError
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


def user_of(request: Request) -> User:
    """Who is logged in; a dependency."""
    session = current_session(request)
    user = None if session is None else PEOPLE.get(session.user_id or "")
    if user is None:
        raise HTTPException(303, headers={"Location": "/log-in"})
    return user


def same_origin(request: Request) -> None:
    """Refuse forms that another site may have sent; a dependency.

    Each browser since 2023 says where a form comes from.
    """
    if request.headers.get("sec-fetch-site") != "same-origin":
        raise HTTPException(403, "Another site sent this form.")


app = FastAPI()
app.add_middleware(
    SessionMiddleware,
    sessions=sessions,
    cookies=CookieNames.on_loopback(8000),  # over https leave this out
)
app.mount("/me", AccountPages(sessions, site="Acme", login_url="/log-in", person=person))


@app.get("/")
def home(request: Request, user: Annotated[User, Depends(user_of)]) -> Response:
    return templates.TemplateResponse(request, "home.html", {"user": user})


@app.get("/settings")
def settings(request: Request, user: Annotated[User, Depends(user_of)]) -> Response:
    return templates.TemplateResponse(request, "settings.html", {"user": user})


@app.get("/log-in")
def login_form(request: Request) -> Response:
    return templates.TemplateResponse(request, "log_in.html")


@app.post("/log-in", dependencies=[Depends(same_origin)])
def log_in(
    request: Request,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    keep: Annotated[bool, Form()] = False,
    next: str | None = None,
) -> Response:
    login = sessions.begin_login(name)  # whoever ends all sessions from now on ends this one too
    user, error = PEOPLE.get(name), "Name and password don’t match."
    if user and user.has_password(password):
        try:
            start_session(request, name, methods=["pwd"], login=login, persistent=keep)
            return RedirectResponse(own_address(next), 303)
        except LoginOvertakenError:
            error = "All your sessions were ended just now. Log in again."
    return templates.TemplateResponse(request, "log_in.html", {"error": error})


@app.post("/log-out", dependencies=[Depends(same_origin)])
def log_out(request: Request) -> Response:
    end_session(request)
    return RedirectResponse("/log-in", 303)


def own_address(address: str | None) -> str:
    """Where to go on to after the login: only in this app."""
    if address and address.startswith("/") and not address.startswith(("//", "/\\")):
        return address
    return "/"
