"""The pages and the API as one Starlette application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from signedin.accounts.accounts import Accounts
from signedin.asgi import SessionMiddleware
from signedin.core.cookie import CookieNames
from signedin.service.sessions import SessionService
from signedin.web import account, api, login
from signedin.web.errors import error_handlers
from signedin.web.guard import SecurityHeaders
from signedin.web.rendering import Renderer
from signedin.web.statics import Statics
from signedin.web.visit import AttributedPlaces, Endpoint, Handler, Parts
from signedin.web.visit import api as json_endpoint
from signedin.web.visit import page as page_endpoint

_API = "/api/"
_ACCOUNT = "/settings/account"
_HASHING = (login.log_in_by_form, login.set_up, account.change_password)


def create_app(
    sessions: SessionService,
    accounts: Accounts,
    places: AttributedPlaces,
    *,
    site: str,
    cookies: CookieNames,
    origins: Sequence[str],
    trusted_proxies: Sequence[IPv4Network | IPv6Network],
    short_session: timedelta,
) -> ASGIApp:
    """The stand-alone server.

    Args:
        site: The name that people see.
        cookies: The cookies' names; what they are called says whether https is used.
        origins: The public origins that are ours, such as ``https://id.example.org``.
        trusted_proxies: Peers whose word about the client's address is believed.
        short_session: How long a login lasts without "Keep me logged in".
    """
    statics = Statics()
    parts = Parts(
        sessions,
        accounts,
        places,
        Renderer(statics),
        site,
        cookies,
        tuple(origins),
        tuple(trusted_proxies),
        short_session,
    )
    app = Starlette(
        routes=[statics.route(), *_pages(parts), *_api_routes(parts)],
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
        def endpoint(handler: Handler) -> Endpoint:
            return page_endpoint(parts, handler, public=public, hashing=handler in _HASHING)

        return _route(path, {method: endpoint(handler) for method, handler in handlers.items()})

    one = f"{_ACCOUNT}/sessions/{{id}}"
    return [
        route("/", GET=lambda visit: visit.redirect(_ACCOUNT)),
        route("/login", public=True, GET=login.login_page, POST=login.log_in_by_form),
        route("/logout", GET=login.logout_page, POST=login.log_out_by_form),
        route("/setup", public=True, GET=login.setup_page, POST=login.set_up),
        route("/session-ended", public=True, GET=login.session_ended),
        route("/help/sessions", public=True, GET=account.help_page),
        route("/settings", GET=lambda visit: visit.redirect(_ACCOUNT)),
        route(_ACCOUNT, GET=account.account_page),
        route(f"{_ACCOUNT}/password", GET=account.password_page, POST=account.change_password),
        route(
            "/.well-known/change-password",
            public=True,
            GET=lambda visit: visit.redirect(f"{_ACCOUNT}/password"),
        ),
        route(f"{_ACCOUNT}/sessions/end-others", GET=account.others_page, POST=account.end_others),
        route(f"{_ACCOUNT}/sessions/end-all", GET=account.everywhere_page, POST=account.end_all),
        route(one, GET=account.session_page),
        route(f"{one}/terminate", GET=account.terminate_page, POST=account.terminate),
        route(f"{one}/rename", GET=account.rename_page, POST=account.rename),
    ]


def _api_routes(parts: Parts) -> list[BaseRoute]:
    def route(path: str, *, public: bool = False, **handlers: Handler) -> BaseRoute:
        return _route(
            path, {m: json_endpoint(parts, h, public=public) for m, h in handlers.items()}
        )

    root = f"{_API}v1/sessions"
    return [
        route("/healthz", public=True, GET=api.healthz),
        route("/readyz", public=True, GET=api.readyz),
        _route(
            root,
            {
                "POST": json_endpoint(parts, api.log_in, public=True, hashing=True),
                "GET": json_endpoint(parts, api.list_sessions),
            },
        ),
        route(f"{root}/end", POST=api.end_many),
        route(f"{root}/history", GET=api.history),
        route(f"{root}/current", GET=api.get_current, DELETE=api.terminate_current),
        route(f"{root}/{{id}}", GET=api.get_session, PATCH=api.rename, DELETE=api.terminate),
    ]


def _route(path: str, endpoints: Mapping[str, Endpoint]) -> BaseRoute:
    async def endpoint(request: Request) -> Response:
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, endpoint, methods=list(endpoints))
