"""Accounts on a real database, with a hasher that is quick and counts its work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import Started
from signedin.stores.accounts import SqlAccounts
from signedin.stores.organizations import SqlOrganizations
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.databases import Open

ANA, BEN = "ana@example.com", "ben@example.com"
PASSWORD, OTHER_PASSWORD = "a long walk at night", "another walk by day"
BOSS = Actor.admin("boss")
STRICT = Policy(idle_timeout=timedelta(hours=1), lifetime=timedelta(hours=8))

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


@pytest.fixture
def ana(accounts: Accounts) -> User:
    return accounts.create(ANA, "Ana", PASSWORD)


@pytest.fixture
def acme(organizations: Organizations, sessions: Sessions) -> str:
    """An organization with a policy that is stricter than the installation's."""
    organizations.create("Acme", by=BOSS)
    sessions.policies.set("organization:Acme", STRICT, by=BOSS, reason="The new rules.")
    return "Acme"


def log_in(sessions: Sessions, user: User, organizations: Organizations) -> Started:
    return sessions.start(
        user.id, client(), methods=["pwd"], organizations=organizations.of(user.id)
    )


def is_live(sessions: Sessions, started: Started) -> bool:
    return sessions.check(started.token, client()).session is not None
