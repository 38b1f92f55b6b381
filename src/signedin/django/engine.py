"""The session engine: Django's ``SessionBase`` on the sessions of `signedin`.

``session_key`` is the session's token: Django puts it into the cookie, and nothing else keeps
it. The person is the one whose id ``login()`` has put into the data; a save that finds
somebody else there starts a new session, in place of the one before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from signedin.core.app_data import DataChange, difference, merged
from signedin.core.errors import (
    RotationRefusedError,
    SessionNotFoundError,
    SignedInError,
    StoreUnavailableError,
)
from signedin.core.session import UNKNOWN, Client, Decision, Login, Session
from signedin.django.former import adopt, is_of_another_engine
from signedin.django.service import sessions
from signedin.request import RequestState

USER_KEY = "_auth_user_id"
BACKEND_KEY = "_auth_user_backend"
HASH_KEY = "_auth_user_hash"
NOBODY = Client(None, "")
# An end that moves with each save is written when it has moved by so much, or a 60th of itself.
END_MOVES_BY = timedelta(minutes=1)
_BY_PASSWORD = {
    "django.contrib.auth.backends.ModelBackend",
    "django.contrib.auth.backends.AllowAllUsersModelBackend",
}


class SessionStore(SessionBase):
    """A session of `django.contrib.sessions`, kept by signedin.

    Attributes:
        visit: What the request tells; Django's own middleware does not say.
        login: The moment before the request's credentials were checked.
        device_token: What the browser's long-lived cookie is to be, after a login.
        is_shown: The answer shows the person's sessions, so nobody may keep it.
        keeps_cookie: The key opened nothing, and yet the cookie is not to be cleared for it.
    """

    _get_session: Callable[..., dict[str, Any]]  # of SessionBase, which the stubs leave out
    visit: RequestState | None = None
    login: Login | None = None
    device_token: str | None = None
    is_shown = False
    keeps_cookie = False

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._decision: Decision | StoreUnavailableError | None = None
        self._text: str | None = None  # the data as it was read, as JSON

    # What the middleware and the signals ask for.

    def arrive(self, visit: RequestState) -> None:
        """Know what the middleware has found out before the application sees the request.

        That a session could not be checked is told when somebody looks at it.
        """
        self.visit = visit
        self._decision = decision = visit.error or visit.decision
        if isinstance(decision, Decision) and decision.session is not None:
            return
        if is_of_another_engine(self.session_key or ""):
            try:
                self._check()
            except StoreUnavailableError as error:
                self._decision = error
        self.keeps_cookie = _leaves_cookie(self._decision)

    @property
    def client(self) -> Client:
        """Where the request comes from, as far as is known."""
        return NOBODY if self.visit is None else self.visit.client

    def row(self) -> Session | None:
        """The live session behind the key, or ``None``.

        Raises:
            StoreUnavailableError: It is not known.
        """
        if self.session_key is None:
            return None
        decision = self._check() if self._decision is None else self._decision
        if isinstance(decision, StoreUnavailableError):
            raise decision
        return decision.session

    def start(self) -> None:
        """Start the session of whoever the data says is logged in, in place of this one.

        Raises:
            CapReachedError: The policy allows no more sessions of this person.
            LoginOvertakenError: All of the person's sessions were ended during the login.
            StoreUnavailableError: Nothing was started.
        """
        try:
            self._start(self._values(), replaces=self.session_key)
        except SignedInError:  # nobody is logged in, whatever the data says by now
            for key in (USER_KEY, BACKEND_KEY, HASH_KEY):
                self.pop(key, None)
            raise

    def _check(self) -> Decision:
        key = self.session_key or ""
        if is_of_another_engine(key):
            decision = self._adopt(key)
        else:
            decision = sessions().check(key, self.client)
        self._decision = decision
        return decision

    def _adopt(self, key: str) -> Decision:
        adopted = adopt(key, self.client)
        if adopted is None:
            return UNKNOWN
        if adopted.token is not None:
            self._session_key = adopted.token
            self.modified = True  # so that the answer carries it
        return Decision(adopted.session, None, "keep")

    # What Django asks for.

    def load(self) -> dict[str, Any]:
        session = self.row()
        if session is None:
            # What a transaction does not see may be there, and what ended in it may not have.
            is_inside = sessions().store.is_inside()
            self.keeps_cookie |= is_inside or _leaves_cookie(self._decision)
            self._forget_key()
            return {}
        self._text = sessions().data.read(session.id)
        if self._text is None:
            return {}
        loaded: dict[str, Any] = self.serializer().loads(self._text.encode())
        return loaded

    def exists(self, session_key: str | None) -> bool:
        return session_key is not None and sessions().is_current(session_key)

    def create(self) -> None:
        self._forget_key()
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Keep what was changed, key by key; of two that change the same key, the later one wins.

        Raises:
            CreateError: There is such a session, and a new one must be made.
            UpdateError: The session was ended in the meantime; nothing was kept or revived.
            DataTooLargeError: It is more than fits.
            StoreUnavailableError: Nothing was kept.
        """
        if must_create and self.exists(self.session_key):
            raise CreateError
        values = self._values(no_load=must_create)
        if self.session_key is None or must_create:
            self._start(values, replaces=None)
            return
        session = self.row()
        if session is None:
            raise UpdateError
        if _person(values) != session.user_id:
            self._start(values, replaces=self.session_key)
            return
        try:
            self._change(session, values)
        except SessionNotFoundError:
            self._decision = None
            raise UpdateError from None

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            sessions().log_out(key)
        if key == self.session_key:
            self._decision = None

    def cycle_key(self) -> None:
        """Give the session a new key; the old one has a short grace for requests in flight.

        A visit that has no session yet has no key either, and gets none by this.
        """
        session = self.row()
        if session is None:
            self._forget_key()
            self.modified = True
            return
        values = self._get_session()  # before the key changes
        with suppress(RotationRefusedError):  # another request has just done so
            rotated = sessions().rotate(self.session_key or "", methods=None)
            self._hold(rotated.session, rotated.token)
        self._session_cache = values
        self.modified = True

    async def acycle_key(self) -> None:
        await sync_to_async(self.cycle_key)()

    @classmethod
    def clear_expired(cls) -> None:
        """Write the ends that limits brought, and delete what is kept no longer."""
        sessions().sweeper.sweep_all()
        sessions().sweeper.purge()

    # How.

    def _values(self, *, no_load: bool = False) -> dict[str, Any]:
        """The data as JSON would give it back."""
        values: dict[str, Any] = json.loads(self.serializer().dumps(self._get_session(no_load)))
        return values

    def _start(self, values: Mapping[str, Any], *, replaces: str | None) -> None:
        user_id = _person(values)
        by_password = values.get(BACKEND_KEY) in _BY_PASSWORD
        text = _as_text(values)
        if user_id is not None and self.visit is not None:
            self.client.device_token = self.visit.cookie(self.visit.names.device)
        started = sessions().start(
            user_id,
            self.client,
            methods=("pwd",) if user_id is not None and by_password else (),
            login=None if user_id is None else self.login,
            persistent=not self.get_expire_at_browser_close(),
            ends_by=self._ends_by(),
            data=text,
            replaces=replaces,
        )
        if is_of_another_engine(replaces or ""):  # its successor never came to the browser
            sessions().log_out(replaces or "")
        self._hold(started.session, started.token)
        self._text = text
        if user_id is not None:
            self.device_token = started.device_token

    def _hold(self, session: Session, token: str) -> None:
        self._session_key = token
        self._decision = Decision(session, None, "set")

    def _forget_key(self) -> None:
        self._session_key, self._decision, self._text = None, None, None

    def _change(self, session: Session, values: Mapping[str, Any]) -> None:
        if self._text is None:
            self._text = sessions().data.read(session.id)
        change = difference(self._text, values)
        if change is not None:
            sessions().data.change(session.id, change)
            self._text = _as_text(values)
        if self._is_moved(session):
            ends_by, persistent = self._ends_by(), not self.get_expire_at_browser_close()
            sessions().move_end(session.id, ends_by, persistent=persistent)
            self._decision = None
        elif change is None and self._check().session is None:
            raise SessionNotFoundError(session.id)

    def _is_moved(self, session: Session) -> bool:
        """Whether the end that Django says by now is to be written."""
        if session.persistent == self.get_expire_at_browser_close():
            return True
        if session.ends_by is None:
            return True
        age = timedelta(seconds=abs(self.get_expiry_age()))
        return abs(self._ends_by() - session.ends_by) >= min(END_MOVES_BY, age / 60)

    def _ends_by(self) -> datetime:
        return self.get_expiry_date().astimezone(UTC)  # with USE_TZ off it is local and naive


def _leaves_cookie(decision: object) -> bool:
    """Whether nobody is logged in by a cookie that is yet to stay where it is (I4)."""
    return isinstance(decision, Decision) and decision.session is None and decision.cookie == "keep"


def _person(values: Mapping[str, Any]) -> str | None:
    user_id = values.get(USER_KEY)
    return None if user_id is None else str(user_id)


def _as_text(values: Mapping[str, Any]) -> str | None:
    return merged(None, DataChange(values))
