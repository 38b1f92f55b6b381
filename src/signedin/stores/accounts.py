"""Accounts as rows and rows as accounts; the same on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from signedin.accounts.attempts import Failures
from signedin.accounts.ports import Pending, Stored
from signedin.accounts.user import User
from signedin.service.ports import Transaction
from signedin.stores.rows import browser_key, to_number, to_time

PURGED_AT_ONCE = 100  # rows; as in the sessions' purge


class Rows(Protocol):
    """Anything that answers named statements: a store, or a transaction."""

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]: ...


class SqlAccountReads:
    """The reads of `accounts/ports.py`."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    def by_email(self, email: str) -> Stored | None:
        return _one(self._source.rows("user_by_email", email=email))

    def by_id(self, user_id: str) -> Stored | None:
        return _one(self._source.rows("user_by_id", id=user_id))

    def everybody(self) -> Sequence[User]:
        return [stored_from(row).user for row in self._source.rows("all_users")]

    def users_after(self, email: str, limit: int) -> Sequence[User]:
        rows = self._source.rows("users_after", email=email, limit=limit)
        return [stored_from(row).user for row in rows]

    def is_empty(self) -> bool:
        return not self._source.rows("any_user")[0][0]

    def knows_browser(self, user_id: str, device_key: bytes) -> bool:
        key = browser_key(device_key)
        return bool(self._source.rows("browser_of_person", user_id=user_id, device_key=key))

    def failures(self, subject: str) -> Failures | None:
        rows = self._source.rows("failures", subject=subject)
        if not rows:
            return None
        count, first_at, last_at = rows[0]
        return Failures(count, to_time(first_at), to_time(last_at))

    def setup_expires_at(self, key_hash: bytes) -> datetime | None:
        rows = self._source.rows("setup_key", key_hash=key_hash)
        return to_time(rows[0][0]) if rows else None


class SqlAccountChanges(SqlAccountReads):
    """The reads and changes of `accounts/ports.py`, in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._run = transaction.run

    def insert(self, user: User, password_hash: str) -> bool:
        changed = self._run(
            "insert_user",
            id=user.id,
            email=user.email,
            name=user.name,
            password_hash=password_hash,
            is_admin=int(user.is_admin),
            created_at=to_number(user.created_at),
        )
        return changed == 1

    def set_password(self, user_id: str, new: str, *, at: datetime) -> bool:
        return self._run("set_password", id=user_id, new=new, at=to_number(at)) == 1

    def change_password(self, user_id: str, new: str, *, old: str, at: datetime) -> bool:
        return self._run("change_password", id=user_id, new=new, old=old, at=to_number(at)) == 1

    def refresh_hash(self, user_id: str, new: str, *, old: str) -> None:
        self._run("refresh_password_hash", id=user_id, new=new, old=old)

    def disable(self, user_id: str, *, at: datetime) -> bool:
        return self._run("disable_user", id=user_id, at=to_number(at)) == 1

    def store_failures(self, subject: str, failures: Failures) -> None:
        self._run(
            "store_failures",
            subject=subject,
            count=failures.count,
            first_at=to_number(failures.first_at),
            last_at=to_number(failures.last_at),
        )

    def forget_failures(self, subject: str) -> None:
        self._run("forget_failures", subject=subject)

    def forget_failures_of_all(self, beginning: str) -> None:
        self._run("forget_failures_of_all", beginning=beginning)

    def purge_failures(self, *, before: datetime) -> None:
        self._run("purge_failures", before=to_number(before), limit=PURGED_AT_ONCE)

    def store_pending(self, key_hash: bytes, pending: Pending, *, now: datetime) -> None:
        self._run("purge_pending", now=to_number(now))
        self._run(
            "store_pending",
            key_hash=key_hash,
            user_id=pending.user_id,
            generation=pending.generation,
            expires_at=to_number(pending.expires_at),
        )

    def take_pending(self, key_hash: bytes) -> Pending | None:
        rows = self._source.rows("pending", key_hash=key_hash)
        self._run("forget_pending", key_hash=key_hash)
        if not rows:
            return None
        user_id, generation, expires_at = rows[0]
        return Pending(user_id, generation, to_time(expires_at))

    def add_setup_key(self, key_hash: bytes, *, expires_at: datetime, now: datetime) -> None:
        self._run("purge_setup_keys", now=to_number(now))
        self._run("insert_setup_key", key_hash=key_hash, expires_at=to_number(expires_at))

    def close_setup(self) -> None:
        self._run("close_setup")


class SqlAccounts(SqlAccountReads):
    """The account store in the database of the sessions."""

    def within(self, transaction: Transaction) -> SqlAccountChanges:
        return SqlAccountChanges(transaction)


def _one(rows: Sequence[Sequence[Any]]) -> Stored | None:
    return stored_from(rows[0]) if rows else None


def stored_from(row: Sequence[Any]) -> Stored:
    """An account from the columns that every statement on accounts begins with."""
    user = User(
        id=row[0],
        email=row[1],
        name=row[2],
        is_admin=bool(row[3]),
        created_at=to_time(row[4]),
        password_changed_at=to_time(row[5]),
        disabled_at=None if row[6] is None else to_time(row[6]),
    )
    return Stored(user, row[7])
