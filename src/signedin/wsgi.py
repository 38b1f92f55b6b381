"""A request's session from what WSGI says of the request; Django's ``META`` says it so too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from signedin.core.cookie import DUPLICATE, CookieNames, find
from signedin.core.network import client_address
from signedin.core.session import DUPLICATE_COOKIE
from signedin.old_cookies import OldCookies
from signedin.request import RequestState
from signedin.service.sessions import SessionService
from signedin.service.start import KEPT_HINTS

Networks = Sequence[IPv4Network | IPv6Network]

_HEADERS = [
    (f"HTTP_{name.upper().replace('-', '_')}", name.encode())
    for name in (*sorted(KEPT_HINTS), "forwarded", "x-forwarded-for")
]


def request_state(
    environ: Mapping[str, Any],
    sessions: SessionService,
    *,
    cookies: CookieNames,
    trusted_proxies: Networks = (),
    old_cookies: OldCookies | None = None,
    bearer: bool = False,
) -> RequestState:
    """Check the session of a request; that the database cannot be asked is told when it matters."""
    headers = [
        (name, environ[key].encode("latin-1", "replace"))
        for key, name in _HEADERS
        if key in environ
    ]
    header = _bytes(environ, "HTTP_COOKIE")
    agent = _bytes(environ, "HTTP_USER_AGENT")
    address = client_address(environ.get("REMOTE_ADDR") or None, headers, trusted_proxies)
    state = RequestState(sessions, cookies, headers, header, address, agent)
    token = find(header, cookies.session.encode())
    if bearer:
        token = state.bearer_or(token, _bytes(environ, "HTTP_AUTHORIZATION"))
    if token is DUPLICATE:
        state.decision = DUPLICATE_COOKIE
    elif isinstance(token, bytes):
        state.sent_token = token
        state.decision = sessions.check_held(token, address, agent)
        if state.decision is None:
            state.check()
    elif old_cookies is not None:
        state.adopt(old_cookies)
    return state


def _bytes(environ: Mapping[str, Any], key: str) -> bytes:
    text: str = environ.get(key, "")
    return text.encode("latin-1", "replace")
