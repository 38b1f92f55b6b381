"""What one request knows of its session, and which cookies its answer will carry.

Shared by the adapters of every kind of server; each translates its own requests and answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from signedin.core.app_data import DataChange
from signedin.core.cookie import (
    DUPLICATE,
    LONGEST_AGE,
    CookieNames,
    FoundCookie,
    clear_cookie,
    find,
    session_age,
    set_cookie,
)
from signedin.core.errors import StoreUnavailableError
from signedin.core.session import (
    Client,
    Decision,
    Login,
    Receipt,
    Rotated,
    Session,
    Started,
)
from signedin.core.token import TOKEN_PREFIX, SessionToken, old_hash
from signedin.old_cookies import OldCookies
from signedin.service.sessions import SessionService

Headers = Sequence[tuple[bytes, bytes]]

RETRY_AFTER = "5"  # seconds
UNAVAILABLE = "The server cannot look up sessions right now. You are still logged in; try again.\n"
_BEARER = b"bearer "
_TOKEN = TOKEN_PREFIX.encode()


@dataclass(frozen=True, slots=True)
class DataSettings:
    """How an application's ``request.session`` is kept.

    ``user_key`` is the key under which the application's own log-in code keeps who is logged in:
    setting it starts a session of that person, and removing it ends it. ``persistent`` says
    whether the cookie outlives the browser.
    """

    user_key: str | None = None
    persistent: bool = True


class RequestState:
    """One request's session.

    Args:
        headers: Those of client hints; others are ignored.
        cookie_header: The request's Cookie header, all of it.
        address: Where the request comes from, by whom it may be believed.
        agent: The User-Agent header.
    """

    sent_token: bytes | None = None  # from the request, or what took its place
    by_bearer = False  # the token came in the Authorization header: the answer has no cookies
    decision: Decision | None = None
    error: StoreUnavailableError | None = None
    was_read = False
    login: Login | None = None  # begun with the request, for log-in code that says nothing of it
    login_error: StoreUnavailableError | None = None
    data_owner: Session | None = None  # whose data the application was given
    started = False  # whether the answer is on its way
    _data_ahead: tuple[str | None] | None = None
    _old: tuple[OldCookies, bytes] | None = None  # what opened it; our cookie is on its way
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
        # Nothing here may lead back to the request: the cycle would leave each of them to the
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

    def bearer_or(self, token: FoundCookie, authorization: bytes) -> FoundCookie:
        """The token of an Authorization header, or else the cookie's; two are not chosen from.

        Only what has the form of our tokens counts: others' tokens are others'.
        """
        bearer = _bearer(authorization)
        if bearer is None:
            return token
        self.by_bearer = True
        return bearer if token is None else DUPLICATE

    def check(self) -> None:
        """Ask the database; that it cannot be asked is told when it matters."""
        token = self.token
        if token is None:
            return
        try:
            self.decision = self._sessions.check(token, self.client)
        except StoreUnavailableError as error:
            self.error = error
        else:
            if self.decision.cookie == "clear":
                self.clear_cookie(self.names.session)

    def read(self) -> Decision | None:
        """The decision on the request's token; ``None`` if it sent none.

        Raises:
            StoreUnavailableError: It is not known; answer 503.
        """
        self.was_read = True
        if self.error is not None:
            raise self.error
        return self.decision

    def session(self) -> Session | None:
        """The live session of whoever is logged in, or ``None``.

        Raises:
            StoreUnavailableError: It is not known; answer 503.
        """
        self.was_read = True  # as in ``read``: this is asked on every request
        if self.error is not None:
            raise self.error
        if self.decision is None:
            return None
        session = self.decision.session
        return None if session is None or session.user_id is None else session

    def cookie(self, name: str) -> str | None:
        """The value of another cookie of this request, if it sent exactly one of the name."""
        self.was_read = True
        return self.find_cookie(name)

    def find_cookie(self, name: str) -> str | None:
        """The same, where the answer does not depend on it."""
        value = find(self.cookie_header, name.encode())
        return value.decode("ascii", "replace") if isinstance(value, bytes) else None

    def set_cookie(self, name: str, value: str, **how: Any) -> None:
        self._answer(name, set_cookie(name, value, secure=self.names.secure, **how))

    def clear_cookie(self, name: str) -> None:
        self._answer(name, clear_cookie(name, secure=self.names.secure))

    def _answer(self, name: str, line: str) -> None:
        if not self.by_bearer:
            self.cookies = (self.cookies or {}) | {name: line}

    # What log-in code asks for.

    def begin_login(self) -> None:
        """Note that a login may begin: what is ended from now on, it cannot outlive."""
        try:
            self.login = self._sessions.begin_login(None)
        except StoreUnavailableError as error:
            self.login_error = error

    def log_in(self, user_id: str | None, **how: Any) -> Started:
        """Start a session, in place of the one that the request has; see ``Sessions.start``."""
        self.client.device_token = self.cookie(self.names.device)
        started = self._sessions.start(user_id, self.client, replaces=self.token, **how)
        self._leave_old()
        self._hold(started.session, started.token)
        if started.device_token is not None:
            self.set_cookie(self.names.device, started.device_token, max_age=LONGEST_AGE)
        return started

    def rotated(self, rotated: Rotated) -> None:
        """Go on with the session's new token."""
        self._hold(rotated.session, rotated.token)

    def log_out(self) -> Receipt | None:
        """End the session, if there is one."""
        receipt = self._leave_old()
        if self.token is not None:
            receipt = self._sessions.log_out(self.token)
        self.ended()
        return receipt

    def _leave_old(self) -> Receipt | None:
        """End the session that an old cookie has opened, and take that back, too."""
        if self._old is None:
            return None
        (cookies, opened_by), self._old = self._old, None
        with self._sessions.work() as work:
            work.log_out(opened_by)
        self._take_back(cookies)
        return work.receipt

    def ended(self) -> None:
        """The session was ended: the answer clears its cookie."""
        self.was_read, self.sent_token, self.decision = True, None, None
        self._data_ahead = None
        self.clear_cookie(self.names.session)

    def _hold(self, session: Session, token: SessionToken) -> None:
        self.was_read, self.sent_token, self.error = True, token.encode(), None
        self._data_ahead = None
        self.decision = Decision(session, None, "set")
        age = session_age(
            persistent=session.persistent,
            fixed_end=self._sessions.fixed_end(session),
            now=self._sessions.clock.now(),
        )
        self.set_cookie(self.names.session, token, max_age=age)

    def adopt(self, cookies: OldCookies) -> None:
        """Go on with the session of an old cookie, where the request has no token of ours."""
        value, until = self.find_cookie(cookies.name), cookies.until
        if self.sent_token is not None or not value or self._sessions.clock.now() >= until:
            return
        old = cookies.read(value)
        if old is None:
            return
        self.was_read = True
        self.client.device_token = self.find_cookie(self.names.device)
        try:
            adopted = self._sessions.adoption.honour(old, self.client, until=until)
        except StoreUnavailableError as error:
            self.error = error
            return
        if adopted is not None:
            self.decision = Decision(adopted.session, None, "keep")
            if adopted.token is None:
                self._old = cookies, old_hash(old.credential)
                return  # another answer brings it; until then the old cookie has to do
            self._hold(adopted.session, adopted.token)
        self._take_back(cookies)
        if adopted is not None and adopted.device_token is not None:
            self.set_cookie(self.names.device, adopted.device_token, max_age=LONGEST_AGE)

    def _take_back(self, cookies: OldCookies) -> None:
        line = clear_cookie(cookies.name, path=cookies.path, domain=cookies.domain)
        self._answer(cookies.name, line)

    # What the application keeps.

    def load_data(self) -> str | None:
        """The data of the request's session, a visitor's too.

        Raises:
            StoreUnavailableError: It is not known; answer 503.
        """
        decision = self.read()
        self.data_owner = None if decision is None else decision.session
        if self._data_ahead is not None:
            return self._data_ahead[0]
        return self._read_data()

    def take_held_data(self) -> bool:
        """Have the data ready if that needs no read; whether it is."""
        if self.decision is None or self.decision.session is None:
            return True
        held = self._sessions.data.held(self.decision.session.id)
        if held is not None:
            self._data_ahead = (held[1],)
        return held is not None

    def load_data_ahead(self) -> None:
        """Read the data before anybody asks for it; what fails is told when somebody does."""
        try:
            self._data_ahead = (self._read_data(),)
        except StoreUnavailableError as error:
            self.error = error

    def _read_data(self) -> str | None:
        if self.decision is None or self.decision.session is None:
            return None
        return self._sessions.data.read(self.decision.session.id)

    def change_data(self, session: Session, change: DataChange) -> None:
        """Keep what was changed in the data of a session; see ``saving``."""
        self._sessions.data.change(session.id, change)

    # What the answer carries.

    def headers(self) -> list[tuple[str, str]]:
        """What the answer says about cookies and to caches, besides its own."""
        lines = [("Set-Cookie", line) for line in (self.cookies or {}).values()]
        if lines:
            lines.append(("Cache-Control", "no-store"))
        if lines or self.was_read:
            lines.append(("Vary", "Cookie"))
        return lines


def _bearer(authorization: bytes) -> bytes | None:
    if authorization[: len(_BEARER)].lower() != _BEARER:
        return None
    token = authorization[len(_BEARER) :].strip()
    return token if token.startswith(_TOKEN) else None


def _client_hints(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in headers
        if name.startswith(b"sec-ch-ua")
    }
