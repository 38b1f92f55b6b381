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


@dataclass(frozen=True, slots=True)
class Pending:
    """Who has proved to be whom, and until when that may be used."""

    user_id: str
    generation: int
    expires_at: datetime


class AccountReads(Protocol):
    """What can be asked, in a transaction or outside one."""

    def by_email(self, email: str) -> Stored | None: ...

    def by_id(self, user_id: str) -> Stored | None: ...

    def everybody(self) -> Sequence[User]: ...

    def users_after(self, email: str, limit: int) -> Sequence[User]:
        """The next accounts by e-mail address."""
        ...

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

    def store_pending(self, key_hash: bytes, pending: Pending, *, now: datetime) -> None:
        """Keep a login that waits for a choice, and delete those that are too old."""
        ...

    def take_pending(self, key_hash: bytes) -> Pending | None:
        """A login that waits for a choice; it is gone then."""
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


@dataclass(frozen=True, slots=True)
class Organization:
    """A group of people for whom a policy of its own can hold."""

    name: str
    created_at: datetime
    members: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in an organization, and since when."""

    user: User
    since: datetime


class OrganizationReads(Protocol):
    """What can be asked about organizations, in a transaction or outside one."""

    def everything(self) -> Sequence[Organization]:
        """All of them, by name."""
        ...

    def exists(self, name: str) -> bool: ...

    def of_person(self, user_id: str) -> Sequence[str]:
        """The names of a person's organizations."""
        ...

    def members(self, name: str) -> Sequence[Member]:
        """By e-mail address."""
        ...

    def has_account(self, user_id: str) -> bool: ...


class OrganizationChanges(OrganizationReads, Protocol):
    """What can be changed about them, inside one transaction."""

    def insert(self, name: str, *, at: datetime) -> bool:
        """Add one; whether its name was free."""
        ...

    def delete(self, name: str) -> None:
        """Delete one that has no members."""
        ...

    def insert_member(self, name: str, user_id: str, *, since: datetime) -> bool:
        """Add somebody; whether they were none of its members."""
        ...

    def delete_member(self, name: str, user_id: str) -> bool: ...


class OrganizationStore(OrganizationReads, Protocol):
    """Where organizations are kept: in the database of the sessions."""

    def within(self, transaction: Transaction) -> OrganizationChanges:
        """Changes that hold if and only if this transaction does."""
        ...
