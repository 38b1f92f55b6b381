"""Sessions for any ASGI application: one middleware and three functions.

Imports no framework and holds no rule: a request's cookie becomes a call, the answer
becomes headers. The functions take a request of Starlette, FastAPI or Litestar, or the
bare ASGI scope. ``log_in`` and ``log_out`` write to the database and are plain functions:
from an ``async`` endpoint call them in a worker thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping, Sequence
from datetime import datetime
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from signedin.core.cookie import (
    DUPLICATE,
    LONGEST_AGE,
    CookieNames,
    clear_cookie,
    find,
    session_age,
    set_cookie,
)
from signedin.core.errors import StoreUnavailableError
from signedin.core.network import client_address
from signedin.core.session import (
    DUPLICATE_COOKIE,
    Client,
    Decision,
    Login,
    Receipt,
    Rotated,
    Session,
    Started,
)
from signedin.core.token import SessionToken
from signedin.service.sessions import SessionService

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Networks = Sequence[IPv4Network | IPv6Network]

_KEY = "signedin"
_RETRY_AFTER = b"5"  # seconds
_VARY = (b"vary", b"Cookie")


class SessionMiddleware:
    """Checks the session of each request before the application sees it.

    Args:
        app: The application.
        sessions: What keeps the sessions.
        cookies: The names of the cookies.
        trusted_proxies: Peers whose word about the client's address is believed.
    """

    def __init__(
        self,
        app: App,
        sessions: SessionService,
        *,
        cookies: CookieNames | None = None,
        trusted_proxies: Networks = (),
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._check_held = sessions.check_held
        self._cookies = cookies or CookieNames()
        self._name = self._cookies.session.encode()
        self._trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
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
        address = client_address(peer[0] if peer else None, headers, self._trusted_proxies)
        state = RequestState(self._sessions, self._cookies, headers, cookies, address, agent)
        scope[_KEY] = state
        token = find(cookies, self._name)
        if token is DUPLICATE:
            state.decision = DUPLICATE_COOKIE
        elif isinstance(token, bytes):
            state.sent_token = token
            state.decision = self._check_held(token, address, agent)
            if state.decision is None:
                await state.check()

        def send_with_cookies(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                state.started = True
                if state.cookies is not None:
                    state.add_cookies(message)
                elif state.was_read:  # say so to caches (style.md, 15)
                    message["headers"] = [*message.get("headers", ()), _VARY]
            return send(message)

        try:
            await self._app(scope, receive, send_with_cookies)
        except StoreUnavailableError:
            if state.started or scope["type"] != "http":
                raise
            await _send_unavailable(send)

    def _closing(self, send: Send) -> Send:
        """Write the last uses when the server says that it has shut down."""

        async def send_after_close(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await asyncio.to_thread(self._sessions.close)
            await send(message)

        return send_after_close


class RequestState:
    """What one request knows of its session, and which cookies its answer will carry."""

    sent_token: bytes | None = None  # from the request, or what took its place
    decision: Decision | None = None
    error: StoreUnavailableError | None = None
    was_read = False
    started = False  # whether the answer is on its way
    cookies: dict[str, str] | None = None  # by name, as lines of the answer

    def __init__(
        self,
        sessions: SessionService,
        names: CookieNames,
        headers: Headers,
        cookie_header: bytes,
        address: str | None,
        agent: bytes,
    ) -> None:
        # Nothing here may lead back to the scope: the cycle would leave each request to the
        # garbage collector, and that doubles what a request costs. What most requests never
        # ask for is made when it is asked for.
        self._sessions = sessions
        self.names = names
        self._headers = headers
        self.cookie_header = cookie_header
        self._address = address
        self._agent = agent

    @cached_property
    def client(self) -> Client:
        """Where the request comes from."""
        return Client(self._address, self._agent.decode("latin-1"), _client_hints(self._headers))

    @property
    def token(self) -> str | None:
        """The token that the request sent, or was given since."""
        return None if self.sent_token is None else self.sent_token.decode("ascii", "replace")

    async def check(self) -> None:
        """Ask the database, in a worker thread; that it cannot be asked is told when it matters."""
        token = self.token
        if token is None:
            return
        try:
            self.decision = await asyncio.to_thread(self._sessions.check, token, self.client)
        except StoreUnavailableError as error:
            self.error = error
        else:
            if self.decision.cookie == "clear":
                self.clear_cookie(self.names.session)

    def read(self) -> Decision | None:
        """The decision on the request's cookie; ``None`` if it sent none.

        Raises:
            StoreUnavailableError: It is not known; answer 503.
        """
        self.was_read = True
        if self.error is not None:
            raise self.error
        return self.decision

    def cookie(self, name: str) -> str | None:
        """The value of another cookie of this request, if it sent exactly one of the name."""
        self.was_read = True
        value = find(self.cookie_header, name.encode())
        return value.decode("ascii", "replace") if isinstance(value, bytes) else None

    def set_cookie(self, name: str, value: str, **how: Any) -> None:
        line = set_cookie(name, value, secure=self.names.secure, **how)
        self.cookies = (self.cookies or {}) | {name: line}

    def clear_cookie(self, name: str) -> None:
        line = clear_cookie(name, secure=self.names.secure)
        self.cookies = (self.cookies or {}) | {name: line}

    def log_in(self, user_id: str, **how: Any) -> Started:
        self.client.device_token = self.cookie(self.names.device)
        started = self._sessions.start(user_id, self.client, replaces=self.token, **how)
        self._hold(started.session, started.token)
        if started.device_token is not None:
            self.set_cookie(self.names.device, started.device_token, max_age=LONGEST_AGE)
        return started

    def rotated(self, rotated: Rotated) -> None:
        self._hold(rotated.session, rotated.token)

    def log_out(self) -> Receipt | None:
        receipt = None if self.token is None else self._sessions.log_out(self.token)
        self.ended()
        return receipt

    def ended(self) -> None:
        self.was_read, self.sent_token, self.decision = True, None, None
        self.clear_cookie(self.names.session)

    def _hold(self, session: Session, token: SessionToken) -> None:
        self.was_read, self.sent_token, self.error = True, token.encode(), None
        self.decision = Decision(session, None, "set")
        age = session_age(
            persistent=session.persistent,
            fixed_end=self._sessions.fixed_end(session),
            now=self._sessions.clock.now(),
        )
        self.set_cookie(self.names.session, token, max_age=age)

    def add_cookies(self, message: Message) -> None:
        """Set and clear cookies; what carries one is nothing for caches."""
        headers = [
            pair for pair in message.get("headers", ()) if pair[0].lower() != b"cache-control"
        ]
        headers.append((b"cache-control", b"no-store"))
        headers += [
            (b"set-cookie", line.encode("latin-1")) for line in (self.cookies or {}).values()
        ]
        message["headers"] = [*headers, _VARY]


def is_checked(scope: Scope) -> bool:
    """Whether the middleware has already seen a request."""
    return _KEY in scope


def request_state(request: Any) -> RequestState:
    """The state of a request; for those who build on the middleware."""
    scope: Scope = getattr(request, "scope", request)
    try:
        state: RequestState = scope[_KEY]
    except KeyError:
        raise RuntimeError("Add signedin.asgi.SessionMiddleware to the application.") from None
    return state


def current_session(request: Any) -> Session | None:
    """The live session of a request, or ``None`` if nobody is logged in.

    Raises:
        StoreUnavailableError: It is not known; the middleware answers 503 for you.
    """
    decision = request_state(request).read()
    return None if decision is None else decision.session


def log_in(
    request: Any,
    user_id: str,
    *,
    methods: Sequence[str],
    login: Login | None = None,
    persistent: bool = False,
    organizations: Sequence[str] = (),
    ends_by: datetime | None = None,
    data: str | None = None,
    end: Collection[str] = (),
) -> Started:
    """Start a session for a person who proved who they are; the answer carries its cookie.

    The arguments are those of ``Sessions.start``.

    Raises:
        CapReachedError: The policy allows no more sessions; ``end`` did not make room.
        LoginOvertakenError: All of the person's sessions were ended since ``login``.
        StoreUnavailableError: Nothing was started.
    """
    return request_state(request).log_in(
        user_id,
        methods=methods,
        login=login,
        persistent=persistent,
        organizations=organizations,
        ends_by=ends_by,
        data=data,
        end=end,
    )


def log_out(request: Any) -> Receipt | None:
    """End the request's session and clear its cookie; ``None`` if it had none.

    Raises:
        StoreUnavailableError: Nothing is ended yet.
    """
    return request_state(request).log_out()


def _client_hints(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in headers
        if name.startswith(b"sec-ch-ua")
    }


async def _send_unavailable(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"retry-after", _RETRY_AFTER),
    ]
    body = b"The server cannot look up sessions right now. You are still logged in; try again.\n"
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
