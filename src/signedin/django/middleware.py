"""Django's session middleware, and what a request tells of where it comes from.

Stands in the place of Django's own, of which it is one: the session is checked before the
application sees the request, so outside every transaction of a view.
"""

from __future__ import annotations

from contextvars import ContextVar

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from signedin.core.cookie import DUPLICATE, LONGEST_AGE, find
from signedin.core.errors import CapReachedError, LoginOvertakenError, StoreUnavailableError
from signedin.core.network import client_address
from signedin.core.session import Client
from signedin.django.engine import SessionStore
from signedin.django.service import sessions
from signedin.request import RETRY_AFTER, UNAVAILABLE

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
REFUSALS = (StoreUnavailableError, CapReachedError, LoginOvertakenError)
_HINTS = "HTTP_SEC_CH_UA"
_FORWARDED = ((b"x-forwarded-for", "HTTP_X_FORWARDED_FOR"), (b"forwarded", "HTTP_FORWARDED"))

current: ContextVar[SessionStore | None] = ContextVar("signedin", default=None)


class SessionMiddleware(DjangoSessionMiddleware):
    """`django.contrib.sessions.middleware.SessionMiddleware` for ``signedin.django``."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]
        if not issubclass(self.SessionStore, SessionStore):
            super().process_request(request)  # another engine is set: there is nothing to add
            return None
        is_double = _is_double(request)
        key = None if is_double else request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        request.session = session = self.SessionStore(key)
        session.keeps_cookie = is_double
        current.set(session)
        session.arrive(client_of(request))
        if request.method not in SAFE_METHODS:
            try:
                session.login = sessions().begin_login(None)
            except StoreUnavailableError as error:
                return answer_to(error)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Say plainly that the database cannot be asked, or that this login cannot be."""
        return answer_to(exception) if isinstance(exception, REFUSALS) else None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = getattr(request, "session", None)
        if not isinstance(session, SessionStore):
            return super().process_response(request, response)
        current.set(None)
        if session.keeps_cookie and session.is_empty():
            patch_vary_headers(response, ("Cookie",))
            return response
        try:
            response = super().process_response(request, response)
        except REFUSALS as error:
            return answer_to(error)
        if session.device_token is not None:
            _set_device_cookie(response, session.device_token)
        if settings.SESSION_COOKIE_NAME in response.cookies:
            patch_cache_control(response, no_store=True)
        return response


def client_of(request: HttpRequest) -> Client:
    """Where a request comes from."""
    meta = request.META
    headers = [
        (name, meta[key].encode("latin-1", "replace")) for name, key in _FORWARDED if key in meta
    ]
    trusted = sessions().configuration.trusted_proxies
    return Client(
        client_address(meta.get("REMOTE_ADDR") or None, headers, trusted),
        meta.get("HTTP_USER_AGENT", ""),
        {
            key.removeprefix("HTTP_").replace("_", "-").lower(): value
            for key, value in meta.items()
            if key.startswith(_HINTS)
        },
        request.COOKIES.get(device_cookie_name()),
    )


def device_cookie_name() -> str:
    """The name of the long-lived cookie that tells one browser from another."""
    return f"{settings.SESSION_COOKIE_NAME}_device"


def answer_to(error: Exception) -> HttpResponse:
    """What a person reads who could not be served; nobody is logged out by it."""
    is_down = isinstance(error, StoreUnavailableError)
    text, status = (UNAVAILABLE, 503) if is_down else (f"{error}\n", 409)
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    if is_down:
        response["Retry-After"] = RETRY_AFTER
    return response


def _is_double(request: HttpRequest) -> bool:
    """Whether the request sent two cookies of the session's name: neither is chosen."""
    header = request.META.get("HTTP_COOKIE", "").encode("latin-1", "replace")
    return find(header, settings.SESSION_COOKIE_NAME.encode()) is DUPLICATE


def _set_device_cookie(response: HttpResponse, token: str) -> None:
    response.set_cookie(
        device_cookie_name(),
        token,
        max_age=LONGEST_AGE,
        domain=settings.SESSION_COOKIE_DOMAIN,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )
