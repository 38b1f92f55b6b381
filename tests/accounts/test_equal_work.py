"""A login that fails costs the same whether or not the account exists (L-01)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.errors import WrongPasswordError
from signedin.core.permission import Actor
from signedin.core.token import new_device_token
from signedin.service.ports import Transaction
from signedin.stores.accounts import SqlAccountChanges, SqlAccounts
from signedin.wiring import Sessions
from tests.accounts.parts import ANA, BEN, PASSWORD, CountingHasher
from tests.clock import FixedClock

STRANGE_BROWSER = new_device_token(b"x" * 32)
TRIES = {
    "unknown": ("nobody@example.com", PASSWORD),
    "no address": ("nonsense", PASSWORD),
    "disabled, right password": (BEN, PASSWORD),
    "disabled, wrong password": (BEN, "wrong"),
    "known, too long a password": (ANA, "x" * 5000),
}


class Traced:
    """A source of rows and a transaction that keep the names of the statements they run."""

    def __init__(self, inner: Any, statements: list[str]) -> None:
        self._inner = inner
        self._statements = statements

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        self._statements.append(statement)
        found: list[tuple[Any, ...]] = self._inner.rows(statement, **values)
        return found

    def run(self, statement: str, **values: Any) -> int:
        self._statements.append(statement)
        changed: int = self._inner.run(statement, **values)
        return changed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class TracedAccounts(SqlAccounts):
    def __init__(self, sessions: Sessions) -> None:
        self.statements: list[str] = []
        super().__init__(Traced(sessions.store, self.statements))

    def within(self, transaction: Transaction) -> SqlAccountChanges:
        traced: Any = Traced(transaction, self.statements)
        return SqlAccountChanges(traced)


def work_of(
    store: TracedAccounts, hasher: CountingHasher, accounts: Accounts, email: str, password: str
) -> tuple[int, int, Sequence[str]]:
    store.statements.clear()
    hasher.hashed = hasher.verified = 0
    with pytest.raises(WrongPasswordError):
        accounts.authenticate(email, password, source="203.0.113.7", device_token=STRANGE_BROWSER)
    return hasher.hashed, hasher.verified, tuple(store.statements)


@pytest.mark.parametrize(("email", "password"), TRIES.values(), ids=TRIES)
def test_every_failure_takes_the_work_of_a_wrong_password(
    sessions: Sessions, hasher: CountingHasher, clock: FixedClock, email: str, password: str
) -> None:
    store = TracedAccounts(sessions)
    accounts = Accounts(store, sessions, hasher, clock)
    accounts.create(ANA, "Ana", PASSWORD)
    accounts.disable(accounts.create(BEN, "Ben", PASSWORD).id, by=Actor.admin("cli"))

    hashed, verified, statements = work_of(store, hasher, accounts, ANA, "wrong")

    assert (hashed, verified) == (0, 1)
    assert "user_by_email" in statements
    assert work_of(store, hasher, accounts, email, password) == (hashed, verified, statements)
