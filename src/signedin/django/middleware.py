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

from signedin.core.cookie import LONGEST_AGE, CookieNames
from signedin.core.errors import CapReachedError, LoginOvertakenError, StoreUnavailableError
from signedin.django.engine import SessionStore
from signedin.django.service import sessions
from signedin.request import RETRY_AFTER, UNAVAILABLE, RequestState
from signedin.wsgi import request_state

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
REFUSALS = (StoreUnavailableError, CapReachedError, LoginOvertakenError)

current: ContextVar[SessionStore | None] = ContextVar("signedin", default=None)


class SessionMiddleware(DjangoSessionMiddleware):
    """`django.contrib.sessions.middleware.SessionMiddleware` for ``signedin.django``."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]
        if not issubclass(self.SessionStore, SessionStore):
            super().process_request(request)  # another engine is set: there is nothing to add
            return None
        state = visit_of(request)
        request.session = session = self.SessionStore(state.token)
        session.arrive(state)
        current.set(session)
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


def visit_of(request: HttpRequest) -> RequestState:
    """What a request tells of its session and of where it comes from; its cookie is checked."""
    trusted = sessions().configuration.trusted_proxies
    return request_state(request.META, sessions(), cookies=cookie_names(), trusted_proxies=trusted)


def cookie_names() -> CookieNames:
    """The names of the cookies: Django's own, and beside it one that tells browsers apart."""
    name = settings.SESSION_COOKIE_NAME
    return CookieNames(name, f"{name}_device", secure=settings.SESSION_COOKIE_SECURE)


def answer_to(error: Exception) -> HttpResponse:
    """What a person reads who could not be served; nobody is logged out by it."""
    is_down = isinstance(error, StoreUnavailableError)
    text, status = (UNAVAILABLE, 503) if is_down else (f"{error}\n", 409)
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    if is_down:
        response["Retry-After"] = RETRY_AFTER
    return response


def _set_device_cookie(response: HttpResponse, token: str) -> None:
    response.set_cookie(
        cookie_names().device,
        token,
        max_age=LONGEST_AGE,
        domain=settings.SESSION_COOKIE_DOMAIN,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )
