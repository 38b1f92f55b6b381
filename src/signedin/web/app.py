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
from signedin.web import about, account, api, endpoints, login, own_limit
from signedin.web.admin import routes as admin
from signedin.web.api_page import api_page
from signedin.web.confirm import confirming
from signedin.web.endpoints import Endpoint, Handler
from signedin.web.errors import error_handlers
from signedin.web.guard import SecurityHeaders
from signedin.web.limits import PersonLimits
from signedin.web.metrics import Metrics
from signedin.web.openapi import ApiDescription
from signedin.web.rendering import Renderer
from signedin.web.statics import Statics
from signedin.web.visit import AttributedPlaces, Parts

OPERATIONS = (*api.OPERATIONS, *admin.OPERATIONS, *about.OPERATIONS)
_ACCOUNT = "/settings/account"


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
        accounts,
        organizations,
        places,
        Renderer(statics),
        site,
        cookies,
        tuple(origins),
        tuple(trusted_proxies),
        short_session,
        ApiDescription(OPERATIONS, cookie=cookies.session),
        PersonLimits(),
    )
    app = Starlette(
        routes=[
            statics.route(),
            endpoints.route(
                "/metrics", {"GET": endpoints.page(parts, metrics.answer, public=True)}
            ),
            *_pages(parts),
            *_api_routes(parts),
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
    def route(path: str, *, public: bool = False, **handlers: Handler) -> BaseRoute:
        return endpoints.route(
            path, {m: endpoints.page(parts, h, public=public) for m, h in handlers.items()}
        )

    one = f"{_ACCOUNT}/sessions/{{id}}"
    return [
        route("/", GET=lambda visit: visit.redirect(_ACCOUNT)),
        route("/login", public=True, GET=login.login_page, POST=login.log_in_by_form),
        route("/logout", GET=login.logout_page, POST=login.log_out_by_form),
        route("/setup", public=True, GET=login.setup_page, POST=login.set_up),
        route("/session-ended", public=True, GET=login.session_ended),
        route("/help/sessions", public=True, GET=account.help_page),
        route("/api/docs", public=True, GET=api_page),
        route("/settings", GET=lambda visit: visit.redirect(_ACCOUNT)),
        route(_ACCOUNT, GET=account.account_page),
        route(f"{_ACCOUNT}/password", GET=account.password_page, POST=account.change_password),
        route(
            "/.well-known/change-password",
            public=True,
            GET=lambda visit: visit.redirect(f"{_ACCOUNT}/password"),
        ),
        route(
            f"{_ACCOUNT}/sessions/end-others",
            GET=account.others_page,
            POST=confirming(account.end_others),
        ),
        route(f"{_ACCOUNT}/sessions/end-all", GET=account.everywhere_page, POST=account.end_all),
        route(
            f"{_ACCOUNT}/own-limit",
            GET=lambda visit: visit.redirect(_ACCOUNT),
            POST=confirming(own_limit.set_own_limit),
        ),
        route(one, GET=account.session_page),
        route(f"{one}/terminate", GET=account.terminate_page, POST=confirming(account.terminate)),
        route(f"{one}/rename", GET=account.rename_page, POST=account.rename),
        *(
            endpoints.route(path, {m: endpoints.page(parts, h) for m, h in handlers.items()})
            for path, handlers in admin.pages()
        ),
    ]


def _api_routes(parts: Parts) -> list[BaseRoute]:
    by_path: dict[str, dict[str, Endpoint]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = endpoints.api(parts, operation)
    return [endpoints.route(path, methods) for path, methods in by_path.items()]
