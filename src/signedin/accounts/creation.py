"""How an account comes to be, and the keys that may make the first one."""

from __future__ import annotations

from datetime import timedelta

from signedin.accounts.errors import EmailTakenError
from signedin.accounts.ports import AccountChanges, AccountReads
from signedin.accounts.user import User, display_name, email_address
from signedin.core.event import Event, EventKind
from signedin.core.permission import Actor
from signedin.core.token import (
    ID_ENTROPY,
    TOKEN_ENTROPY,
    SessionToken,
    device_key,
    new_device_token,
    new_session_id,
    token_hash,
)
from signedin.service.clock import Clock
from signedin.service.work import Work

SETUP_KEPT = timedelta(minutes=30)  # security.md, L-09


def new_user(email: str, name: str, *, admin: bool, clock: Clock) -> User:
    """An account that is not stored yet.

    Raises:
        InvalidEmailError: It is no e-mail address.
    """
    now, address = clock.now(), email_address(email)
    return User(
        id=new_session_id(now, clock.entropy(ID_ENTROPY)),
        email=address,
        name=display_name(name, email=address),
        is_admin=admin,
        created_at=now,
        password_changed_at=now,
    )


def insert(
    work: Work, accounts: AccountChanges, user: User, password_hash: str, *, by: Actor
) -> None:
    """Store an account; with the first one, set-up is over.

    Raises:
        EmailTakenError: Another account has its e-mail address.
    """
    if not accounts.insert(user, password_hash):
        raise EmailTakenError
    accounts.close_setup()
    created = Event(kind=EventKind.USER_CREATED, at=user.created_at, actor=by, user_id=user.id)
    work.transaction.record(created)


def new_setup_key(accounts: AccountChanges, clock: Clock) -> SessionToken | None:
    """A key that can make the first account; ``None`` if there is an account."""
    if not accounts.is_empty():
        return None
    key, now = new_device_token(clock.entropy(TOKEN_ENTROPY)), clock.now()
    accounts.add_setup_key(token_hash(key), expires_at=now + SETUP_KEPT, now=now)
    return key


def opens_setup(accounts: AccountReads, key: str, clock: Clock) -> bool:
    """Whether a key can make the first account now."""
    key_hash = device_key(key)  # which a wild text has none of
    expires_at = None if key_hash is None else accounts.setup_expires_at(key_hash)
    return expires_at is not None and clock.now() < expires_at and accounts.is_empty()
