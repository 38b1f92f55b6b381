"""What the accounts need from a store: a few reads, and a few writes in a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from signedin.accounts.attempts import Failures
from signedin.accounts.user import User
from signedin.service.ports import Transaction


@dataclass(frozen=True, slots=True)
class Stored:
    """An account and what is kept of its password."""

    user: User
    password_hash: str = field(repr=False)


class AccountReads(Protocol):
    """What can be asked, in a transaction or outside one."""

    def by_email(self, email: str) -> Stored | None: ...

    def by_id(self, user_id: str) -> Stored | None: ...

    def everybody(self) -> Sequence[User]: ...

    def is_empty(self) -> bool:
        """Whether there is no account yet."""
        ...

    def knows_browser(self, user_id: str, device_key: bytes) -> bool:
        """Whether the person has a session in this browser, or had one of late."""
        ...

    def failures(self, subject: str) -> Failures | None: ...

    def setup_expires_at(self, key_hash: bytes) -> datetime | None:
        """Until when a set-up key may be used; ``None`` if there is no such key."""
        ...


class AccountChanges(AccountReads, Protocol):
    """What can be changed, inside one transaction."""

    def insert(self, user: User, password_hash: str) -> bool:
        """Add an account; whether its e-mail address was free."""
        ...

    def set_password(self, user_id: str, new: str, *, at: datetime) -> bool: ...

    def change_password(self, user_id: str, new: str, *, old: str, at: datetime) -> bool:
        """Set a password if ``old`` is still the one kept and the account is not disabled."""
        ...

    def refresh_hash(self, user_id: str, new: str, *, old: str) -> None:
        """Keep the same password in another way, if it is still the same."""
        ...

    def disable(self, user_id: str, *, at: datetime) -> bool: ...

    def store_failures(self, subject: str, failures: Failures) -> None: ...

    def forget_failures(self, subject: str) -> None: ...

    def forget_failures_of_all(self, beginning: str) -> None:
        """Forget those of every subject that begins so."""
        ...

    def purge_failures(self, *, before: datetime) -> None:
        """Delete some of the counts that mean nothing any more."""
        ...

    def add_setup_key(self, key_hash: bytes, *, expires_at: datetime, now: datetime) -> None:
        """Keep a new set-up key, and delete those that are too old."""
        ...

    def close_setup(self) -> None:
        """Delete every set-up key."""
        ...


class AccountStore(AccountReads, Protocol):
    """Where the accounts are kept: in the database of the sessions."""

    def within(self, transaction: Transaction) -> AccountChanges:
        """Changes that hold if and only if this transaction does."""
        ...
