"""The accounts of the stand-alone server: who they are, how they log in and set up.

What belongs together happens in one transaction with the sessions: a changed password and
the end of the other sessions, a disabled account and the end of all of them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from signedin.accounts.attempts import (
    Subject,
    of_account,
    of_any_browser,
    of_current_password,
)
from signedin.accounts.creation import insert, new_setup_key, new_user, opens_setup
from signedin.accounts.errors import SetupClosedError, UserNotFoundError, WrongPasswordError
from signedin.accounts.limiter import note_failure, refuse_too_many, subjects_of_login
from signedin.accounts.passwords import Hasher, check_new
from signedin.accounts.pending import PendingLogins
from signedin.accounts.ports import AccountStore, Stored
from signedin.accounts.search import search
from signedin.accounts.user import Authenticated, User, canonical_email
from signedin.core.errors import RotationRefusedError
from signedin.core.event import Event, EventKind
from signedin.core.permission import Actor, ActorKind
from signedin.core.session import EndedReason, Receipt, Rotated, Session
from signedin.core.token import SessionToken, token_hash
from signedin.service.clock import Clock
from signedin.service.sessions import SessionService
from signedin.service.work import Work

log = logging.getLogger(__name__)

_SOMEBODY = Actor(ActorKind.USER)  # who fails to log in has no session to be named by


class Accounts:
    """The accounts on a store that shares its database with ``sessions``."""

    def __init__(
        self, store: AccountStore, sessions: SessionService, hasher: Hasher, clock: Clock
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._hasher = hasher
        self._clock = clock
        self.pending = PendingLogins(store, sessions, clock)

    # Asking.

    def find(self, email: str) -> User | None:
        """The account with this e-mail address, in whatever form it is written."""
        found = self._store.by_email(canonical_email(email))
        return None if found is None else found.user

    def get(self, user_id: str) -> User | None:
        """The account with this id."""
        found = self._store.by_id(user_id)
        return None if found is None else found.user

    def list(self) -> Sequence[User]:
        """All accounts, by e-mail address."""
        return self._store.everybody()

    def search(
        self, text: str, *, after: str = "", limit: int
    ) -> tuple[Sequence[User], str | None]:
        """Accounts whose address or name holds ``text``, by address; a page of them.

        Args:
            after: The e-mail address that the page begins behind.
            limit: The most accounts on the page.

        Returns:
            The page, and what ``after`` is for the next one; ``None`` if it is the last.
        """
        return search(self._store, text, after=after, limit=limit)

    # Logging in.

    def authenticate(
        self,
        email: str,
        password: str,
        *,
        source: str | None = None,
        device_token: str | None = None,
    ) -> Authenticated:
        """Say whose e-mail address and password these are.

        Unknown, disabled and wrong are told alike and cost the same: one hash, and the
        same statements (L-01).

        Args:
            source: The client's address; without one, only the account's failures count.
            device_token: The browser's long-lived cookie. A browser in which the person
                has logged in before has its own count of failures.

        Raises:
            WrongPasswordError: They don't match, or the account is disabled.
            TooManyAttemptsError: Too many failed before; says how long to wait.
            StoreUnavailableError: Nobody can log in now.
        """
        login = self._sessions.begin_login(None)  # before what is checked is read (§3)
        address = canonical_email(email)
        found = self._store.by_email(address)
        subjects = subjects_of_login(
            self._store,
            email=address,
            user_id=None if found is None else found.user.id,
            source=source,
            device_token=device_token,
        )
        refuse_too_many(self._store, subjects, self._clock.now(), source=source)
        right = self._hasher.verify(None if found is None else found.password_hash, password)
        if found is None or not right or found.user.disabled_at is not None:
            self._fail(subjects, found, source)
            raise WrongPasswordError
        newer_hash = self._newer_hash(found, password)
        with self._sessions.work() as work:
            accounts = self._store.within(work.transaction)
            refuse_too_many(accounts, subjects, self._clock.now(), source=source)
            accounts.forget_failures(subjects[0].key)
            if newer_hash is not None:
                accounts.refresh_hash(found.user.id, newer_hash, old=found.password_hash)
        return Authenticated(found.user, replace(login, user_id=found.user.id))

    def change_password(
        self,
        user_id: str,
        current_password: str,
        new_password: str,
        *,
        token: str,
        end_others: bool = True,
    ) -> tuple[Rotated, Receipt]:
        """Change the password of who is logged in, and give their session a new token.

        Their other sessions end if wanted; a login under way with the old password comes
        to nothing in any case. All of it holds, or none.

        Raises:
            UserNotFoundError: There is no such account.
            WrongPasswordError: The current password is another.
            TooManyAttemptsError: It was wrong too often.
            WeakPasswordError: The new one would soon be guessed.
            RotationRefusedError, ActorEndedError: ``token`` opens no live session of theirs.
        """
        subject, found = self._asked_again(user_id)
        check_new(new_password, about=_known_of(found.user))  # tells nothing of the current one
        self._verify(subject, found, current_password)
        new_hash = self._hasher.hash(new_password)
        with self._sessions.work() as work:
            now, accounts = self._clock.now(), self._store.within(work.transaction)
            refuse_too_many(accounts, [subject], now)
            if not accounts.change_password(user_id, new_hash, old=found.password_hash, at=now):
                raise WrongPasswordError  # changed by somebody else in the meantime
            accounts.forget_failures(subject.key)
            rotated = _renew(work, user_id, token, end_others=end_others)
            by = Actor.user(rotated.session.id)
            self._record(work, EventKind.PASSWORD_CHANGED, by, found.user)
        return rotated, work.receipt

    def confirm(self, user_id: str, password: str, *, token: str) -> Rotated:
        """Let who is logged in prove again who they are; their session gets a new token (I8).

        Raises:
            UserNotFoundError: There is no such account.
            WrongPasswordError: The password is another, or the account is disabled.
            TooManyAttemptsError: It was wrong too often.
            RotationRefusedError: ``token`` is not the current one of a live session of theirs.
        """
        subject, found = self._asked_again(user_id)
        self._verify(subject, found, password)
        with self._sessions.work() as work:
            accounts = self._store.within(work.transaction)
            refuse_too_many(accounts, [subject], self._clock.now())
            if accounts.by_id(user_id) != found:
                raise WrongPasswordError  # changed or disabled in the meantime
            accounts.forget_failures(subject.key)
            _own_session(work, user_id, token)
            return work.rotate(token, methods=["pwd"])

    # What administrators do.

    def create(
        self,
        email: str,
        name: str,
        password: str,
        admin: bool = False,
        *,
        by: Actor | None = None,
    ) -> User:
        """Add an account; set-up is over then.

        Raises:
            InvalidEmailError: It is no e-mail address.
            EmailTakenError: Another account has it.
            WeakPasswordError: The password would soon be guessed.
        """
        user = new_user(email, name, admin=admin, clock=self._clock)
        password_hash = self._hash_new(password, user)
        with self._sessions.work() as work:
            accounts = self._store.within(work.transaction)
            insert(work, accounts, user, password_hash, by=by or Actor.system())
        return user

    def set_password(self, user_id: str, new_password: str, *, by: Actor) -> Receipt:
        """Give somebody a new password and end all their sessions.

        Whoever had to wait after too many tries need not any more, in any browser.

        Raises:
            UserNotFoundError: There is no such account.
            WeakPasswordError: The password would soon be guessed.
        """
        user = self.get(user_id)
        if user is None:
            raise UserNotFoundError
        new_hash = self._hash_new(new_password, user)
        with self._sessions.work() as work:
            accounts = self._store.within(work.transaction)
            if not accounts.set_password(user_id, new_hash, at=self._clock.now()):
                raise UserNotFoundError
            accounts.forget_failures(of_account(canonical_email(user.email)).key)
            accounts.forget_failures_of_all(of_any_browser(user_id))
            work.terminate_all(user_id, by=by, reason=EndedReason.PASSWORD_CHANGED)
            self._record(work, EventKind.PASSWORD_CHANGED, by, user)
        return work.receipt

    def disable(self, user_id: str, *, by: Actor, note: str | None = None) -> Receipt:
        """Let nobody log in to an account any more, and end all its sessions.

        Args:
            note: What the person is told about it.

        Raises:
            UserNotFoundError: There is no such account. One that is disabled stays so.
        """
        with self._sessions.work() as work:
            accounts = self._store.within(work.transaction)
            found = accounts.by_id(user_id)
            if found is None:
                raise UserNotFoundError
            why = EndedReason.ACCOUNT_DISABLED
            work.terminate_all(user_id, by=by, reason=why, note=note)
            if accounts.disable(user_id, at=self._clock.now()):
                self._record(work, EventKind.USER_DISABLED, by, found.user)
        return work.receipt

    # The first account.

    def setup_key(self) -> SessionToken | None:
        """A key with which the first account can be made, once; ``None`` if there is one."""
        with self._sessions.work() as work:
            return new_setup_key(self._store.within(work.transaction), self._clock)

    def opens_setup(self, key: str) -> bool:
        """Whether a key can make the first account now."""
        return opens_setup(self._store, key, self._clock)

    def set_up(self, key: str, email: str, name: str, password: str) -> User:
        """Make the first account, an administrator; the key and all others are used up.

        Raises:
            SetupClosedError: There is an account, or the key is unknown, used up or too old.
            InvalidEmailError: It is no e-mail address.
            WeakPasswordError: The password would soon be guessed.
        """
        if not self.opens_setup(key):  # before any work is done for who has no key
            raise SetupClosedError
        user = new_user(email, name, admin=True, clock=self._clock)
        password_hash = self._hash_new(password, user)
        with self._sessions.work() as work:
            accounts = self._store.within(work.transaction)
            if not opens_setup(accounts, key, self._clock):
                raise SetupClosedError
            insert(work, accounts, user, password_hash, by=Actor.system())
        return user

    def _asked_again(self, user_id: str) -> tuple[Subject, Stored]:
        """Who is logged in and is asked for the password once more.

        Raises:
            UserNotFoundError: There is no such account.
            TooManyAttemptsError: It was wrong too often.
        """
        subject = of_current_password(user_id)
        refuse_too_many(self._store, [subject], self._clock.now())
        found = self._store.by_id(user_id)
        if found is None:
            raise UserNotFoundError
        return subject, found

    def _verify(self, subject: Subject, found: Stored, password: str) -> None:
        if not self._hasher.verify(found.password_hash, password):
            self._fail([subject], found, None)
            raise WrongPasswordError

    def _fail(self, subjects: Sequence[Subject], found: Stored | None, source: str | None) -> None:
        """Write a failure down, unless so many others came first that it is not even told."""
        with self._sessions.work() as work:
            now, accounts = self._clock.now(), self._store.within(work.transaction)
            refuse_too_many(accounts, subjects, now, source=source)
            note_failure(accounts, subjects, now)
            user = None if found is None else found.user
            self._record(work, EventKind.LOGIN_FAILED, _SOMEBODY, user, address=source)
        # Never what was typed: people type their password into the wrong field.
        known = None if user is None else user.id
        log.warning("login refused: wrong", extra={"address": source, "user_id": known})

    def _hash_new(self, password: str, user: User) -> str:
        check_new(password, about=_known_of(user))
        return self._hasher.hash(password)

    def _record(
        self, work: Work, kind: EventKind, by: Actor, user: User | None, **details: str | None
    ) -> None:
        at, user_id = self._clock.now(), None if user is None else user.id
        work.transaction.record(Event(kind=kind, at=at, actor=by, user_id=user_id, details=details))

    def _newer_hash(self, stored: Stored, password: str) -> str | None:
        if self._hasher.needs_rehash(stored.password_hash):
            return self._hasher.hash(password)
        return None


def _known_of(user: User) -> tuple[str, ...]:
    return user.email, user.email.partition("@")[0], user.name


def _renew(work: Work, user_id: str, token: str, *, end_others: bool) -> Rotated:
    """End what the old password may have opened, and rotate the session that changed it."""
    own = _own_session(work, user_id, token)
    if end_others:
        work.terminate_all(
            user_id, keep=own.id, by=Actor.user(own.id), reason=EndedReason.PASSWORD_CHANGED
        )
    else:
        work.overtake_logins(user_id)
    return work.rotate(token, methods=["pwd"])


def _own_session(work: Work, user_id: str, token: str) -> Session:
    found = work.transaction.by_token(token_hash(token))
    if found is None or found.session.user_id != user_id:
        raise RotationRefusedError("Your session has ended. Log in again to continue.")
    return found.session
