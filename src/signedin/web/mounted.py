"""The pages and the JSON API for an app's own people, to be mounted in that app.

The app keeps its users and its login; here is what people do with their sessions. Behind
``SessionMiddleware`` of the same app nothing is checked twice; where there is none, as in an
app that speaks WSGI, what is mounted checks the session itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from signedin.asgi import SessionMiddleware, is_checked
from signedin.core.cookie import CookieNames
from signedin.core.errors import ConfirmationNeededError
from signedin.service.sessions import SessionService
from signedin.web import about, account, api, host, pages
from signedin.web.api_page import api_page
from signedin.web.endpoints import Handler
from signedin.web.errors import error_handlers
from signedin.web.guard import SecurityHeaders
from signedin.web.host import HOME, Person
from signedin.web.limits import PersonLimits
from signedin.web.openapi import ApiDescription
from signedin.web.rendering import Renderer
from signedin.web.statics import Statics
from signedin.web.visit import Attribution, Parts, Visit

__all__ = ["AccountPages", "Person"]

OPERATIONS = (*api.OPERATIONS, about.DESCRIPTION)
Networks = Sequence[IPv4Network | IPv6Network]


def named_by_id(user_id: str) -> Person:
    """Somebody of whom no more is known than the id."""
    return Person(user_id)


class AccountPages:
    """An ASGI app with the page "Active sessions", its acts, and the JSON API.

    Mount it anywhere; all its addresses are below. The page is at ``/settings/account`` there.

    Args:
        sessions: What keeps the sessions: the same as the app's.
        site: The name of the app, as people see it.
        login_url: Where the app logs people in. It gets ``next``, an address to go on to, and
            ``confirm=yes`` if somebody who is logged in shall prove it once more. A path is one
            of the app, without what a proxy puts before it.
        password_url: Where people change their password; left out, no page speaks of it.
        person: Who a user id is; ``None`` for nobody, who is then not logged in. Asked in a
            worker thread, once a request. Left out, people see their user id.
        log_out: Called with the request when somebody has ended the session that they use,
            so that the app forgets them too.
        cookies: The cookies' names, where the app has no ``SessionMiddleware``.
        origins: The app's public origins, such as ``https://example.org``, for browsers from
            before 2023, which do not say ``Sec-Fetch-Site``.
        trusted_proxies: As for ``SessionMiddleware``, where the app has none.
    """

    def __init__(
        self,
        sessions: SessionService,
        *,
        site: str,
        login_url: str,
        password_url: str | None = None,
        person: Callable[[str], Person | None] = named_by_id,
        log_out: Callable[[Request], object] | None = None,
        cookies: CookieNames | None = None,
        origins: Sequence[str] = (),
        trusted_proxies: Networks = (),
    ) -> None:
        statics = Statics()
        parts = Parts(
            sessions,
            _Surroundings(person, login_url, password_url, log_out),
            _PlacesOf(sessions),
            Renderer(statics),
            site,
            tuple(origins),
            ApiDescription(OPERATIONS),
            PersonLimits(),
        )
        routes = [
            statics.route(),
            *pages.own_pages(parts, confirming=_confirming),
            pages.page(parts, "/help/sessions", GET=account.help_page),
            pages.page(parts, "/api/docs", GET=api_page),
            *pages.api(parts, OPERATIONS),
        ]
        self._app = _application(parts, routes)
        self._with_check = SessionMiddleware(
            self._app, sessions, cookies=cookies, trusted_proxies=trusted_proxies
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if is_checked(scope) else self._with_check
        await app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """The app in which the pages are mounted, as its author described it."""

    look_up: Callable[[str], Person | None]
    login_url: str
    password_url: str | None
    log_out: Callable[[Request], object] | None

    def person(self, user_id: str) -> Person | None:
        return self.look_up(user_id)

    def home(self, scope: host.Scope) -> str:
        return f"{scope.get('root_path', '')}{HOME}"

    def login(self, scope: host.Scope, **query: str) -> str:
        """Why a session ended is ours to know; the app's login has words of its own."""
        given = {name: told for name, told in query.items() if name in ("next", "confirm")}
        return with_query(of_app(scope, self.login_url), given)

    def password(self, scope: host.Scope) -> str | None:
        return None if self.password_url is None else of_app(scope, self.password_url)

    def logged_out(self, request: Request, response: Response) -> None:
        if self.log_out is not None:
            self.log_out(request)


@dataclass(frozen=True, slots=True)
class _PlacesOf:
    """What says where addresses are, as far as it demands to be named."""

    sessions: SessionService

    @property
    def attribution(self) -> Attribution | None:
        return getattr(self.sessions.places, "attribution", None)


def _application(parts: Parts, routes: list[BaseRoute]) -> ASGIApp:
    app = Starlette(routes=routes, exception_handlers=error_handlers(parts))
    app.router.redirect_slashes = False  # to an address made of what Host says
    return SecurityHeaders(app, https=False)  # what holds for the whole host, the app decides


def of_app(scope: host.Scope, url: str) -> str:
    """An address as the app's author wrote it, as a browser reaches it."""
    return scope.get("app_root_path", "") + url if url.startswith("/") else url


def with_query(url: str, query: dict[str, str]) -> str:
    """An address, and what else to tell it."""
    return url + ("&" if "?" in url else "?") + urlencode(query) if query else url


def _confirming(act: Handler) -> Handler:
    """The handler of an act that may need a proof of presence: the app's login takes it.

    From there people come back to the page that asks before the act.
    """

    def answer(visit: Visit) -> Response:
        try:
            return act(visit)
        except ConfirmationNeededError as needed:
            return visit.page(
                "confirm_at_login.html",
                403,
                is_new=needed.until is not None,
                confirm_url=visit.login(next=visit.path, confirm="yes"),
            )

    return answer
