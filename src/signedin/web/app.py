"""The pages and the API as one Starlette application."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.asgi import SessionMiddleware
from signedin.core.cookie import CookieNames
from signedin.service.sessions import SessionService
from signedin.web import about, account, api, api_login, endpoints, login, pages, password
from signedin.web.admin import routes as admin
from signedin.web.api_page import api_page
from signedin.web.confirm import confirming
from signedin.web.errors import error_handlers
from signedin.web.guard import SecurityHeaders
from signedin.web.host import HOME
from signedin.web.limits import PersonLimits
from signedin.web.metrics import Metrics
from signedin.web.openapi import ApiDescription
from signedin.web.rendering import Renderer
from signedin.web.server import Server
from signedin.web.statics import Statics
from signedin.web.visit import AttributedPlaces, Parts

OPERATIONS = (*api_login.OPERATIONS, *api.OPERATIONS, *admin.OPERATIONS, *about.OPERATIONS)


def create_app(
    sessions: SessionService,
    accounts: Accounts,
    organizations: Organizations,
    places: AttributedPlaces,
    *,
    site: str,
    cookies: CookieNames,
    origins: Sequence[str],
    trusted_proxies: Sequence[IPv4Network | IPv6Network],
    short_session: timedelta,
    metrics_token: str | None = None,
) -> ASGIApp:
    """The stand-alone server.

    Args:
        site: The name that people see.
        cookies: The cookies' names; what they are called says whether https is used.
        origins: The public origins that are ours, such as ``https://id.example.org``.
        trusted_proxies: Peers whose word about the client's address is believed.
        short_session: How long a login lasts without "Keep me logged in".
        metrics_token: Opens ``/metrics`` to who is not on this machine; ``None``: nothing does.
    """
    sessions.count_checks()
    metrics = Metrics(sessions.measures, metrics_token)
    statics = Statics()
    parts = Parts(
        sessions,
        Server(accounts, organizations, short_session),
        places,
        Renderer(statics),
        site,
        tuple(origins),
        ApiDescription(OPERATIONS),
        PersonLimits(),
    )
    app = Starlette(
        routes=[
            statics.route(),
            pages.page(parts, "/metrics", public=True, GET=metrics.answer),
            *_pages(parts),
            *pages.api(parts, OPERATIONS),
        ],
        middleware=[
            Middleware(
                SessionMiddleware, sessions, cookies=cookies, trusted_proxies=trusted_proxies
            ),
        ],
        exception_handlers=error_handlers(parts),
    )
    app.router.redirect_slashes = False  # to an address made of what Host says
    return SecurityHeaders(app, https=cookies.secure)  # outermost, so that errors have them too


def _pages(parts: Parts) -> list[BaseRoute]:
    change_password = f"{HOME}/password"
    return [
        *pages.own_pages(parts, confirming=confirming),
        pages.page(parts, "/login", public=True, GET=login.login_page, POST=login.log_in_by_form),
        pages.page(parts, "/setup", public=True, GET=login.setup_page, POST=login.set_up),
        pages.page(parts, "/session-ended", public=True, GET=login.session_ended),
        pages.page(parts, "/help/sessions", public=True, GET=account.help_page),
        pages.page(parts, "/api/docs", public=True, GET=api_page),
        pages.page(
            parts, change_password, GET=password.password_page, POST=password.change_password
        ),
        pages.page(
            parts,
            "/.well-known/change-password",
            public=True,
            GET=lambda visit: visit.redirect(change_password),
        ),
        *(
            endpoints.route(path, {m: endpoints.page(parts, h) for m, h in handlers.items()})
            for path, handlers in admin.pages()
        ),
    ]
