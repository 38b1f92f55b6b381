"""Django's session middleware, and what a request tells of where it comes from.

Stands in the place of Django's own, of which it is one: the session is checked before the
application sees the request, so outside every transaction of a view.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from signedin.core.cookie import LONGEST_AGE, CookieNames
from signedin.core.errors import (
    CapReachedError,
    InvalidUserIdError,
    LoginOvertakenError,
    StoreUnavailableError,
)
from signedin.core.origin import SAFE_METHODS
from signedin.django.engine import SessionStore
from signedin.django.service import sessions
from signedin.request import RETRY_AFTER, UNAVAILABLE, RequestState
from signedin.wsgi import request_state

log = logging.getLogger("signedin.django")

ERRORS = 500  # and above: Django saves no session then
REFUSALS = (StoreUnavailableError, CapReachedError, LoginOvertakenError, InvalidUserIdError)

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
        if state.by_bearer:  # no browser adds one by itself, so nobody can forge it
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
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
        if session.is_shown:
            patch_cache_control(response, no_store=True)
        if _is_as_it_came(session) and not (
            settings.SESSION_SAVE_EVERY_REQUEST or response.cookies
        ):
            if session.accessed:
                patch_vary_headers(response, ("Cookie",))
            return response  # most: nothing to save, to hand out or to take back
        if session.keeps_cookie and session.is_empty():
            patch_vary_headers(response, ("Cookie",))
            return response
        try:
            response = super().process_response(request, response)
            if session.session_key is not None:
                _settle_cookie(session, session.session_key, response)
        except REFUSALS as error:
            return answer_to(error)
        if settings.SESSION_COOKIE_NAME in response.cookies:
            patch_cache_control(response, no_store=True)
        return response


def _is_as_it_came(session: SessionStore) -> bool:
    """Whether the request brought the key, and nothing of the session was changed since."""
    key, visit = session.session_key, session.visit
    return not (session.modified or key is None or visit is None) and key == visit.token


def _settle_cookie(session: SessionStore, key: str, response: HttpResponse) -> None:
    """Hand out a key only if it is the present one, and then even with an error.

    A key that was given in a transaction that was rolled back opens nothing, and one that
    another request has replaced since would end the session later (I8). And where a new one is
    not handed out, because what came after it broke, the browser goes on with one of those.
    """
    name, visit = settings.SESSION_COOKIE_NAME, session.visit
    is_new = visit is not None and visit.token != key
    if name not in response.cookies and not (is_new and response.status_code >= ERRORS):
        return
    if (visit is not None and visit.by_bearer) or not sessions().is_current(key):
        response.cookies.pop(name, None)
        return
    if name not in response.cookies:
        at_close = session.get_expire_at_browser_close()
        _set_cookie(response, name, key, None if at_close else session.get_expiry_age())
    if session.device_token is not None:
        _set_cookie(response, cookie_names().device, session.device_token, LONGEST_AGE)


def visit_of(request: HttpRequest) -> RequestState:
    """What a request tells of its session and of where it comes from; its cookie is checked."""
    return _visit_of(request.META)


def visit_with(request: HttpRequest, key: str) -> RequestState:
    """The same of a request with the key that its session has by now."""
    cookie = f"{settings.SESSION_COOKIE_NAME}={key}"
    return _visit_of(request.META | {"HTTP_COOKIE": cookie, "HTTP_AUTHORIZATION": ""})


def _visit_of(meta: Mapping[str, Any]) -> RequestState:
    service = sessions()
    configuration = service.configuration
    return request_state(
        meta,
        service,
        cookies=cookie_names(),
        trusted_proxies=configuration.trusted_proxies,
        bearer=configuration.bearer,
    )


def cookie_names() -> CookieNames:
    """The names of the cookies: Django's own, and beside it one that tells browsers apart."""
    return _cookie_names(settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE)


@functools.cache
def _cookie_names(name: str, secure: bool) -> CookieNames:
    return CookieNames(name, f"{name}_device", secure=secure)


def answer_to(error: Exception) -> HttpResponse:
    """What a person reads who could not be served; nobody is logged out by it."""
    is_down = isinstance(error, StoreUnavailableError)
    refused = 400 if isinstance(error, InvalidUserIdError) else 409
    text, status = (UNAVAILABLE, 503) if is_down else (f"{error}\n", refused)
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    if is_down:
        log.warning("answered 503: %s", error)
        response["Retry-After"] = RETRY_AFTER
    return response


def _set_cookie(
    response: HttpResponse, name: str, value: str, max_age: int | timedelta | None
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        domain=settings.SESSION_COOKIE_DOMAIN,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )
