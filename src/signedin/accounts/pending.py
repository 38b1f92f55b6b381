"""A login that was proved and still has to choose: which session ends to make room.

What proves it stays on the server, under the hash of a cookie that only this browser has.
It is good once, for some minutes, and for nothing that was ended or changed meanwhile: the
generation of the login is kept with it.
"""

from __future__ import annotations

from datetime import timedelta

from signedin.accounts.errors import WrongPasswordError
from signedin.accounts.ports import AccountStore, Pending
from signedin.accounts.user import Authenticated
from signedin.core.session import Login
from signedin.core.token import token_hash
from signedin.service.clock import Clock
from signedin.service.sessions import SessionService

PENDING_KEPT = timedelta(minutes=10)


class PendingLogins:
    """The logins that wait for a choice."""

    def __init__(self, store: AccountStore, sessions: SessionService, clock: Clock) -> None:
        self._store = store
        self._sessions = sessions
        self._clock = clock

    def keep(self, authenticated: Authenticated, secret: str) -> None:
        """Remember a login for the browser that holds ``secret``; one login a browser."""
        now, login = self._clock.now(), authenticated.login
        pending = Pending(authenticated.user.id, login.generation, login.at + PENDING_KEPT)
        with self._sessions.work() as work:
            accounts = self._store.within(work.transaction)
            accounts.store_pending(token_hash(secret), pending, now=now)

    def take(self, secret: str) -> Authenticated:
        """The login that this browser has proved; it cannot be taken twice.

        Who is asked to choose once more gets no more time by it.

        Raises:
            WrongPasswordError: There is none, or it is too old, or the account is disabled.
        """
        with self._sessions.work() as work:
            accounts = self._store.within(work.transaction)
            pending = accounts.take_pending(token_hash(secret))
            found = None if pending is None else accounts.by_id(pending.user_id)
        now = self._clock.now()
        if (
            pending is None
            or found is None
            or now >= pending.expires_at
            or found.user.disabled_at is not None
        ):
            raise WrongPasswordError
        began = pending.expires_at - PENDING_KEPT
        return Authenticated(found.user, Login(found.user.id, pending.generation, began))
