"""The middleware: checks the session of each request before the application sees it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection, Sequence
from ipaddress import IPv4Network, IPv6Network

from signedin.asgi.data import RequestSession
from signedin.asgi.functions import KEY
from signedin.asgi.protocol import App, Message, Receive, Scope, Send, send_text
from signedin.asgi.streams import POLICY_VIOLATION, Stream, Streams
from signedin.core.cookie import DUPLICATE, CookieNames, find
from signedin.core.errors import StoreUnavailableError
from signedin.core.network import canonical, client_address
from signedin.core.origin import may_open_socket
from signedin.core.session import DUPLICATE_COOKIE
from signedin.old_cookies import OldCookies
from signedin.request import UNAVAILABLE, DataSettings, RequestState
from signedin.service.sessions import SessionService

Headers = list[tuple[bytes, bytes]]
Networks = Sequence[IPv4Network | IPv6Network]

log = logging.getLogger("signedin")

_VARY = (b"vary", b"Cookie")
_EVENT_STREAM = b"text/event-stream"


class SessionMiddleware:
    """Checks the session of each request before the application sees it.

    Args:
        app: The application.
        sessions: What keeps the sessions.
        cookies: The names of the cookies.
        trusted_proxies: Peers whose word about the client's address is believed.
        data: Keep ``request.session`` on the server, in the session; left out, there is none.
        old_cookies: Those of the application's former sessions, honoured once.
        bearer: Whether apps and command lines may send their token as
            ``Authorization: Bearer`` instead of a cookie.
        origins: Origins whose pages may open WebSockets with the cookie, such as
            ``https://app.example.org``, besides the one that the request names as its host.
    """

    def __init__(
        self,
        app: App,
        sessions: SessionService,
        *,
        cookies: CookieNames | None = None,
        trusted_proxies: Networks = (),
        data: DataSettings | None = None,
        old_cookies: OldCookies | None = None,
        bearer: bool = False,
        origins: Collection[str] = (),
    ) -> None:
        self._app = app
        if data is not None:
            self._app = RequestSession(app, data, ahead=sessions.is_remote)
        self._sessions = sessions
        self._streams = Streams(sessions.ended_among)
        self._check_held = sessions.check_held
        self._cookies = cookies or CookieNames()
        self._name = self._cookies.session.encode()
        self._trusted_proxies = trusted_proxies
        self._old_cookies = old_cookies
        self._bearer = bearer
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, self._closing(send))
            return
        headers: Headers = scope["headers"]
        cookies = agent = b""
        for name, value in headers:
            if name == b"cookie":
                cookies = cookies + b"; " + value if cookies else value
            elif name == b"user-agent":
                agent = value
        peer = scope.get("client")
        address = canonical(peer[0]) if peer else None
        if self._trusted_proxies:
            address = client_address(address, headers, self._trusted_proxies)
        state = RequestState(self._sessions, self._cookies, headers, cookies, address, agent)
        scope[KEY] = state
        token = find(cookies, self._name)
        if self._bearer:
            sent = [value for name, value in headers if name == b"authorization"]
            token = state.bearer_or(token, b", ".join(sent))  # of several, none is a token
        if kind == "websocket" and not state.by_bearer and not self._may_open(headers, state):
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": ""})
            return
        if token is DUPLICATE:
            state.decision = DUPLICATE_COOKIE
        elif isinstance(token, bytes):
            state.sent_token = token
            state.decision = self._check_held(token, address, agent)
            if state.decision is None:
                await asyncio.to_thread(state.check)
        elif self._old_cookies is not None and state.find_cookie(self._old_cookies.name):
            await asyncio.to_thread(state.adopt, self._old_cookies)
        stream: Stream | None = None

        def send_with_cookies(message: Message) -> Awaitable[None]:
            nonlocal stream
            if stream is not None:
                if state.cookies is not None and message["type"] == "websocket.accept":
                    _add_cookies(state, message)
                return stream.send(message)
            if message["type"] == "http.response.start":
                state.started = True
                if state.cookies is not None:
                    _add_cookies(state, message)
                elif state.was_read:  # say so to caches (style.md, 15)
                    message["headers"] = [*message.get("headers", ()), _VARY]
                if state.decision is not None:
                    for name, value in message.get("headers", ()):
                        if name == b"content-type" and value.startswith(_EVENT_STREAM):
                            stream = self._follow(state, send, is_socket=False)
            return send(message)

        try:
            if kind == "websocket":
                stream = self._follow(state, send, is_socket=True)
                if stream is not None:
                    receive = stream.receiving(receive)
            await self._app(scope, receive, send_with_cookies)
        except Exception as error:
            if stream is not None and stream.has_ended:
                return
            if not isinstance(error, StoreUnavailableError) or state.started or kind != "http":
                raise
            await send_text(send, 503, UNAVAILABLE)
        finally:
            if stream is not None:
                self._streams.remove(stream)

    def _may_open(self, headers: Headers, state: RequestState) -> bool:
        """Whether a WebSocket comes from a page of ours, if it has a cookie of ours."""
        names = [self._cookies.session]
        if self._old_cookies is not None:
            names.append(self._old_cookies.name)
        if not any(state.find_cookie(name) for name in names):
            return True
        said = {name: value.decode("latin-1") for name, value in headers}
        origin, host = said.get(b"origin"), said.get(b"host")
        if may_open_socket(
            origin=origin,
            host=host,
            own_origins=self._origins,
            needs_https=self._cookies.secure,
        ):
            return True
        log.warning(
            "refused a WebSocket opened by a page of %.100r at host %.100r; if that page is "
            "yours, pass its origin as SessionMiddleware(origins=[...])",
            origin,
            host,
        )
        return False

    def _follow(self, state: RequestState, send: Send, *, is_socket: bool) -> Stream | None:
        """Close what stays open when the session ends."""
        if state.decision is None or state.decision.session is None:
            return None
        stream = Stream(state.decision.session.id, send, is_socket=is_socket)
        self._streams.add(stream)
        return stream

    def _closing(self, send: Send) -> Send:
        """Write the last uses when the server says that it has shut down."""

        async def send_after_close(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await asyncio.to_thread(self._sessions.close)
            await send(message)

        return send_after_close


def _add_cookies(state: RequestState, message: Message) -> None:
    """Set and clear cookies; what carries one is nothing for caches."""
    headers = [pair for pair in message.get("headers", ()) if pair[0].lower() != b"cache-control"]
    headers += [(n.lower().encode(), v.encode("latin-1")) for n, v in state.headers()]
    message["headers"] = headers
