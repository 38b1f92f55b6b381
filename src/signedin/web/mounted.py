"""The pages and the JSON API for an app's own people, to be mounted in that app.

The app keeps its users and its login; here is what people do with their sessions. Behind
``SessionMiddleware`` of the same app nothing is checked twice; where there is none, as in an
app that speaks WSGI, what is mounted checks the session itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, FileSystemLoader
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from signedin.asgi import SessionMiddleware, is_checked
from signedin.core.cookie import CookieNames
from signedin.core.errors import ConfirmationNeededError
from signedin.service.sessions import SessionService
from signedin.web import about, account, api, pages
from signedin.web.accent import accent_css
from signedin.web.api_page import api_page
from signedin.web.below import placed
from signedin.web.endpoints import Handler
from signedin.web.errors import FOR_PROGRAMS, error_handlers
from signedin.web.guard import SecurityHeaders
from signedin.web.host import Person
from signedin.web.limits import PersonLimits
from signedin.web.openapi import ApiDescription
from signedin.web.rendering import Renderer
from signedin.web.section import section, section_css
from signedin.web.statics import Statics
from signedin.web.surroundings import Surroundings, named_by_id
from signedin.web.visit import Attribution, Parts, Visit

__all__ = ["AccountPages", "Person", "SessionsApi"]

OPERATIONS = (*api.OPERATIONS, about.DESCRIPTION)

LookUp = Callable[[str], Person | None]
LogOut = Callable[[Request], object]
Networks = Sequence[IPv4Network | IPv6Network]


class SessionsApi:
    """An ASGI app with the JSON API alone, at ``/api/v1/sessions`` below where it is mounted.

    Args:
        sessions: What keeps the sessions: the same as the app's.
        person: Who a user id is; ``None`` for nobody, who is then not logged in. Asked in a
            worker thread, once a request. Left out, everybody is somebody.
        log_out: Called with the request, in a worker thread, when somebody has ended the
            session that they use, so that the app forgets them too.
        cookies: The cookies' names, where the app has no ``SessionMiddleware``.
        origins: The app's public origins, such as ``https://example.org``, for browsers from
            before 2023, which do not say ``Sec-Fetch-Site``.
        trusted_proxies: As for ``SessionMiddleware``, where the app has none.
    """

    def __init__(
        self,
        sessions: SessionService,
        *,
        person: LookUp = named_by_id,
        log_out: LogOut | None = None,
        cookies: CookieNames | None = None,
        origins: Sequence[str] = (),
        trusted_proxies: Networks = (),
    ) -> None:
        around = Surroundings(look_up=person, log_out=log_out)
        parts = _parts(sessions, around, Renderer(Statics()), "", origins)
        app = _application(parts, pages.api(parts, OPERATIONS), for_programs=("/",))
        self._app = _Checked(app, sessions, cookies, trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


class AccountPages:
    """An ASGI app with the page "Active sessions", its acts, and the JSON API.

    Mount it anywhere; all its addresses are below. The page is at ``/settings/account`` there.

    Args:
        sessions: What keeps the sessions: the same as the app's.
        site: The name of the app, as people see it.
        login_url: Where the app logs people in. It gets ``next``, an address to go on to, and
            ``confirm=yes`` if somebody who is logged in shall prove it once more. A path is one
            of the app, without what a proxy puts before it.
        password_url: Where people change their password; left out, no page leads there.
        section_url: The app's own page that has the list as a ``section``; left out, ours.
        person: Who a user id is; see ``SessionsApi``. Left out, people see their user id.
        log_out: What the app does when somebody logs out; see ``SessionsApi``.
        accent: The app's colour, ``#rrggbb``. It is made darker or lighter where it could not
            be read.
        templates: A folder with templates of the app's own, or a loader of Jinja. One of the
            name of one of ours is used in its place.
        cookies, origins, trusted_proxies: See ``SessionsApi``.

    Raises:
        InvalidSettingError: ``accent`` is no such colour.
    """

    def __init__(
        self,
        sessions: SessionService,
        *,
        site: str,
        login_url: str,
        password_url: str | None = None,
        section_url: str | None = None,
        person: LookUp = named_by_id,
        log_out: LogOut | None = None,
        accent: str | None = None,
        templates: str | Path | BaseLoader | None = None,
        cookies: CookieNames | None = None,
        origins: Sequence[str] = (),
        trusted_proxies: Networks = (),
    ) -> None:
        around = Surroundings(
            look_up=person,
            login_url=login_url,
            password_url=password_url,
            section_url=section_url,
            log_out=log_out,
        )
        statics = Statics(_made(accent))
        renderer = Renderer(statics, _loader(templates))
        self._parts = _parts(sessions, around, renderer, site, origins)
        app = _application(
            self._parts,
            [
                statics.route(),
                *pages.own_pages(self._parts, confirming=_confirming, has_list=section_url is None),
                pages.page(self._parts, "/help/sessions", GET=account.help_page),
                pages.page(self._parts, "/api/docs", GET=api_page),
                *pages.api(self._parts, OPERATIONS),
            ],
            forms_lead_to=around.login_origin,
        )
        self._app = _Checked(app, sessions, cookies, trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def section(self, request: Any, *, mounted_at: str) -> Markup:
        """The list alone, as HTML for a page of the app's own at ``section_url``.

        It reads the database: from an ``async`` endpoint call it in a worker thread. It is
        empty if nobody is logged in. The page must let scripts and styles be loaded from the
        app's own origin, and must not be kept by caches.

        Args:
            request: The request for that page, or its ASGI scope; behind the middleware.
            mounted_at: The path in the app where this is mounted.
        """
        return section(request, self._parts, mounted_at)


class _Checked:
    """An app whose requests were checked by the middleware: the surrounding one, or its own."""

    def __init__(
        self,
        app: ASGIApp,
        sessions: SessionService,
        cookies: CookieNames | None,
        trusted_proxies: Networks,
    ) -> None:
        self._app = app
        self._with_check = SessionMiddleware(
            app, sessions, cookies=cookies, trusted_proxies=trusted_proxies
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if is_checked(scope) else self._with_check
        await app(placed(scope), receive, send)


@dataclass(frozen=True, slots=True)
class _PlacesOf:
    """What says where addresses are, as far as it demands to be named."""

    sessions: SessionService

    @property
    def attribution(self) -> Attribution | None:
        return getattr(self.sessions.places, "attribution", None)


def _parts(
    sessions: SessionService,
    around: Surroundings,
    renderer: Renderer,
    site: str,
    origins: Sequence[str],
) -> Parts:
    return Parts(
        sessions,
        around,
        _PlacesOf(sessions),
        renderer,
        site,
        tuple(origins),
        ApiDescription(OPERATIONS),
        PersonLimits(),
    )


def _application(
    parts: Parts,
    routes: list[BaseRoute],
    *,
    for_programs: tuple[str, ...] = FOR_PROGRAMS,
    forms_lead_to: str | None = None,
) -> ASGIApp:
    app = Starlette(routes=routes, exception_handlers=error_handlers(parts, for_programs))
    app.router.redirect_slashes = False  # to an address made of what Host says
    # Whether the whole host is asked over https alone is the app's to decide.
    return SecurityHeaders(app, https=False, forms_lead_to=forms_lead_to)


def _made(accent: str | None) -> dict[str, str]:
    """The style sheets that are made for one app."""
    made = {"section.css": section_css()}
    return made if accent is None else made | {"accent.css": accent_css(accent)}


def _loader(templates: str | Path | BaseLoader | None) -> BaseLoader | None:
    return FileSystemLoader(templates) if isinstance(templates, (str, Path)) else templates


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
                confirm_url=visit.login(next=visit.address, confirm="yes"),
            )

    return answer
