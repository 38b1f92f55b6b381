"""Accounts on a real database, with a hasher that is quick and counts its work."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.stores.accounts import SqlAccounts
from signedin.stores.organizations import SqlOrganizations
from signedin.wiring import Sessions
from tests.clock import FixedClock
from tests.databases import Open

ANA, BEN = "ana@example.com", "ben@example.com"
PASSWORD, OTHER_PASSWORD = "a long walk at night", "another walk by day"

OpenAccounts = Callable[[], tuple[Accounts, Sessions]]


class CountingHasher:
    """A hasher that keeps passwords readable, since no test here is about argon2."""

    def __init__(self) -> None:
        self.hashed = 0
        self.verified = 0
        self.between: Callable[[], object] = lambda: None  # what happens while it works
        self.generation = "1"
        self._counting = threading.Lock()

    def hash(self, password: str) -> str:
        with self._counting:
            self.hashed += 1
        return f"{self.generation}:{password}"

    def verify(self, password_hash: str | None, password: str) -> bool:
        with self._counting:
            self.verified += 1
        self.between()
        return password_hash is not None and password_hash.partition(":")[2] == password

    def needs_rehash(self, password_hash: str) -> bool:
        return not password_hash.startswith(f"{self.generation}:")


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def open_accounts(open_sessions: Open, hasher: CountingHasher, clock: FixedClock) -> OpenAccounts:
    """Open the same accounts as often as a test likes: each one is like another process."""

    def open_another() -> tuple[Accounts, Sessions]:
        sessions = open_sessions()
        return Accounts(SqlAccounts(sessions.store), sessions, hasher, clock), sessions

    return open_another


@pytest.fixture
def accounts(sessions: Sessions, hasher: CountingHasher, clock: FixedClock) -> Accounts:
    return Accounts(SqlAccounts(sessions.store), sessions, hasher, clock)


@pytest.fixture
def organizations(sessions: Sessions, clock: FixedClock) -> Organizations:
    return Organizations(SqlOrganizations(sessions.store), sessions, clock)
