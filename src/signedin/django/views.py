"""The mounted pages behind a Django view.

The pages run in threads of their own. Who is logged in is looked up before, by Django itself,
and Django's own log-out runs afterwards: both in the thread of the request.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.views.decorators.csrf import csrf_exempt

from signedin.django.connection import lent_to_other_threads
from signedin.django.middleware import cookie_names, visit_with
from signedin.django.service import DjangoSessions, sessions

try:
    from starlette.requests import Request

    from signedin.asgi.functions import KEY
    from signedin.web.host import HOME
    from signedin.web.mounted import AccountPages, Person
    from signedin.web.wsgi import WsgiApp
except ImportError:
    raise ImproperlyConfigured(
        "The pages need more than the sessions do: pip install 'signedin[page-wsgi]'"
    ) from None

_ENDED = "signedin.ended"  # in the environment: whether the session that asked was ended
_logged_in: ContextVar[tuple[str, Person] | None] = ContextVar("signedin person", default=None)


@csrf_exempt  # the pages have a proof of their own, which needs no cookie
@login_not_required  # they send people to LOGIN_URL themselves
@transaction.non_atomic_requests  # what was ended is ended when they say so
def pages(request: HttpRequest, below: str) -> HttpResponse:
    """The page, its acts and the API; ``below`` is the address below the mount point."""
    kept, ended = sessions(), list[bool]()
    environ = _environ(request, below) | {_ENDED: ended}
    with _known(request.user), lent_to_other_threads(kept.configuration.database):
        response = _respond(_app(kept), environ)
    if any(ended):
        auth.logout(request)
    return response


def section(request: HttpRequest) -> str:
    """The list alone, as HTML for a page of the project's own; empty if nobody is logged in."""
    key = request.session.session_key
    if key is None:
        return ""
    scope = {
        "type": "http",
        "method": "GET",
        "path": request.path,
        "query_string": request.META.get("QUERY_STRING", "").encode("latin-1"),
        "headers": [],
        KEY: visit_with(request, key),
    }
    mounted_at = reverse("signedin:page").removesuffix(HOME)  # with what a proxy puts before
    with _known(request.user):
        return _pages(sessions()).section(scope, mounted_at=mounted_at)


@contextmanager
def _known(user: AbstractBaseUser | AnonymousUser) -> Iterator[None]:
    """Let the pages know who is logged in, as Django has found out."""
    known = (str(user.pk), _person(user)) if isinstance(user, AbstractBaseUser) else None
    before = _logged_in.set(known)
    try:
        yield
    finally:
        _logged_in.reset(before)


@functools.lru_cache(maxsize=1)
def _app(kept: DjangoSessions) -> WsgiApp:
    return WsgiApp(_pages(kept))


@functools.lru_cache(maxsize=1)
def _pages(kept: DjangoSessions) -> AccountPages:
    configuration = kept.configuration
    return AccountPages(
        kept,
        site=configuration.site or _project_name(),
        login_url=resolve_url(settings.LOGIN_URL),
        password_url=_password_url(),
        section_url=None if configuration.section is None else resolve_url(configuration.section),
        person=_person_of,
        log_out=_note_end,
        accent=configuration.accent,
        templates=configuration.templates,
        cookies=cookie_names(),
        origins=[o for o in settings.CSRF_TRUSTED_ORIGINS if "*" not in o],
        trusted_proxies=configuration.trusted_proxies,
    )


def _project_name() -> str:
    return str(settings.ROOT_URLCONF).partition(".")[0].replace("_", " ").capitalize()


def _password_url() -> str | None:
    try:
        return reverse("password_change")
    except NoReverseMatch:
        return None


def _person(user: AbstractBaseUser) -> Person:
    full_name: Callable[[], str] = getattr(user, "get_full_name", lambda: "")
    email = getattr(user, user.get_email_field_name(), "") or ""
    return Person(full_name() or user.get_username(), email)


def _person_of(user_id: str) -> Person | None:
    known = _logged_in.get()
    return known[1] if known is not None and known[0] == user_id else None


def _note_end(request: Request) -> None:
    request.scope["wsgi_environ"][_ENDED].append(True)


def _environ(request: HttpRequest, below: str) -> dict[str, Any]:
    """What a WSGI server would say of the request, below the mount point."""
    root, body = request.META.get("SCRIPT_NAME", ""), request.body
    prefix = request.path_info.removesuffix(below).rstrip("/")
    return request.META | {
        "SCRIPT_NAME": f"{root.rstrip('/')}{prefix}",
        "PATH_INFO": f"/{below}".encode().decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": request.scheme,
    }


def _respond(app: WsgiApp, environ: dict[str, Any]) -> HttpResponse:
    response = HttpResponse()
    del response["Content-Type"]

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        response.status_code = int(status.split()[0])
        for name, value in headers:
            if name.lower() == "set-cookie":
                response.cookies.load(value)
            else:
                response[name] = value

    response.content = b"".join(app(environ, start_response))
    return response
