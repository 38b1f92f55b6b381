"""Organizations as rows and rows as organizations; the same on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from signedin.accounts.ports import Member, Organization
from signedin.service.ports import Transaction
from signedin.stores.accounts import Rows, stored_from
from signedin.stores.rows import to_number, to_time


class SqlOrganizationReads:
    """The reads of `accounts/ports.py`."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    def everything(self) -> Sequence[Organization]:
        rows = self._source.rows("all_organizations")
        return [Organization(name, to_time(at), members) for name, at, members in rows]

    def exists(self, name: str) -> bool:
        return bool(self._source.rows("organization", name=name))

    def of_person(self, user_id: str) -> Sequence[str]:
        rows = self._source.rows("organizations_of_person", user_id=user_id)
        return [name for (name,) in rows]

    def members(self, name: str) -> Sequence[Member]:
        rows = self._source.rows("members", organization=name)
        return [Member(stored_from(row).user, to_time(row[-1])) for row in rows]

    def has_account(self, user_id: str) -> bool:
        return bool(self._source.rows("user_by_id", id=user_id))


class SqlOrganizationChanges(SqlOrganizationReads):
    """The reads and changes of `accounts/ports.py`, in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._run = transaction.run

    def insert(self, name: str, *, at: datetime) -> bool:
        return self._run("insert_organization", name=name, created_at=to_number(at)) == 1

    def delete(self, name: str) -> None:
        self._run("delete_organization", name=name)

    def insert_member(self, name: str, user_id: str, *, since: datetime) -> bool:
        at = to_number(since)
        return self._run("insert_member", organization=name, user_id=user_id, since=at) == 1

    def delete_member(self, name: str, user_id: str) -> bool:
        return self._run("delete_member", organization=name, user_id=user_id) == 1


class SqlOrganizations(SqlOrganizationReads):
    """The organization store in the database of the sessions."""

    def within(self, transaction: Transaction) -> SqlOrganizationChanges:
        return SqlOrganizationChanges(transaction)
