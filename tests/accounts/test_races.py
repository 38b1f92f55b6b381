"""At the same moment: two set-ups, many guesses, a login and the end of all logins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.errors import (
    EmailTakenError,
    TooManyAttemptsError,
    WrongPasswordError,
)
from signedin.accounts.organizations import Organizations
from signedin.accounts.ports import Stored
from signedin.accounts.user import User
from signedin.core.errors import LoginOvertakenError
from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.stores.accounts import Rows, SqlAccounts
from signedin.stores.organizations import SqlOrganizations
from signedin.wiring import Sessions
from tests.accounts.parts import (
    ANA,
    BEN,
    OTHER_PASSWORD,
    PASSWORD,
    CountingHasher,
    OpenAccounts,
)
from tests.clients import FIREFOX, client
from tests.clock import FixedClock

ROUNDS = 10
CLI = Actor.admin("cli")


def at_once(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Start all acts at the same moment; what each brought, or how it failed."""
    barrier = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = acts[number]()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_set_ups_at_once_make_one_account(open_accounts: OpenAccounts) -> None:
    (first, _), (second, _) = open_accounts(), open_accounts()
    key = first.setup_key()
    assert key is not None

    results = at_once(
        [
            lambda: first.set_up(key, ANA, "Ana", PASSWORD),
            lambda: second.set_up(key, BEN, "Ben", PASSWORD),
        ]
    )

    assert sorted(type(result).__name__ for result in results) == ["SetupClosedError", "User"]
    assert [user for user in results if isinstance(user, User)] == first.list()


def test_of_many_who_take_one_address_at_once_one_gets_it(open_accounts: OpenAccounts) -> None:
    opened = [open_accounts()[0] for _ in range(4)]

    results = at_once([partial(a.create, ANA, "", PASSWORD) for a in opened])

    assert sum(isinstance(result, User) for result in results) == 1
    assert sum(isinstance(result, EmailTakenError) for result in results) == 3


def test_of_many_guesses_at_once_only_the_allowed_number_is_answered(
    open_accounts: OpenAccounts, hasher: CountingHasher
) -> None:
    opened = [open_accounts()[0] for _ in range(4)]
    opened[0].create(ANA, "Ana", PASSWORD)
    all_asked = threading.Barrier(24)
    hasher.between = lambda: all_asked.wait(timeout=30)

    results = at_once([partial(a.authenticate, ANA, "wrong") for a in opened for _ in range(6)])

    assert sum(isinstance(result, WrongPasswordError) for result in results) == 10
    assert sum(isinstance(result, TooManyAttemptsError) for result in results) == 14


def log_in(accounts: Accounts, sessions: Sessions, password: str) -> Started:
    proved = accounts.authenticate(ANA, password)
    return sessions.start(proved.user.id, client(FIREFOX), methods=["pwd"], login=proved.login)


@pytest.mark.parametrize("during", ["change", "new password", "disable"])
def test_what_ends_all_logins_while_the_password_is_checked_ends_that_one(
    open_accounts: OpenAccounts, hasher: CountingHasher, during: str
) -> None:
    (accounts, sessions), (others, other_sessions) = open_accounts(), open_accounts()
    ana = accounts.create(ANA, "Ana", PASSWORD)
    here = other_sessions.start(ana.id, client(), methods=["pwd"])
    acts: dict[str, Callable[[], object]] = {
        "change": lambda: others.change_password(
            ana.id, PASSWORD, OTHER_PASSWORD, token=here.token
        ),
        "new password": lambda: others.set_password(ana.id, OTHER_PASSWORD, by=CLI),
        "disable": lambda: others.disable(ana.id, by=CLI),
    }

    def act_once() -> None:
        hasher.between = lambda: None
        acts[during]()

    hasher.between = act_once

    with pytest.raises(LoginOvertakenError):
        log_in(accounts, sessions, PASSWORD)


class InterruptedAccounts(SqlAccounts):
    """Something happens right after an account was read."""

    def __init__(self, source: Rows, happens: Callable[[], object]) -> None:
        super().__init__(source)
        self._happens = happens

    def by_email(self, email: str) -> Stored | None:
        found = super().by_email(email)
        self._happens()
        return found


def test_a_password_read_just_before_it_was_changed_opens_nothing(
    open_accounts: OpenAccounts, hasher: CountingHasher, clock: FixedClock
) -> None:
    others, sessions = open_accounts()
    ana = others.create(ANA, "Ana", PASSWORD)
    store = InterruptedAccounts(
        sessions.store, lambda: others.set_password(ana.id, OTHER_PASSWORD, by=CLI)
    )

    with pytest.raises(LoginOvertakenError):
        log_in(Accounts(store, sessions, hasher, clock), sessions, PASSWORD)


def test_a_login_never_survives_a_disabling_at_the_same_moment(
    open_accounts: OpenAccounts,
) -> None:
    (accounts, sessions), (others, _) = open_accounts(), open_accounts()
    for number in range(ROUNDS):
        user = accounts.create(f"user{number}@example.com", "", PASSWORD)

        def start(user: User = user) -> object:
            proved = accounts.authenticate(user.email, PASSWORD)
            return sessions.start(user.id, client(), methods=["pwd"], login=proved.login)

        def disable(user: User = user) -> object:
            return others.disable(user.id, by=CLI)

        started, _ = at_once([start, disable])

        assert sessions.list(user.id) == []
        if isinstance(started, Started):
            assert sessions.check(started.token, client()).session is None


@pytest.mark.parametrize("change", ["join", "leave"])
def test_no_login_at_the_moment_of_a_change_of_membership_keeps_the_old_one(
    open_accounts: OpenAccounts, clock: FixedClock, change: str
) -> None:
    (accounts, sessions), (_, other_sessions) = open_accounts(), open_accounts()
    here = Organizations(SqlOrganizations(sessions.store), sessions, clock)
    there = Organizations(SqlOrganizations(other_sessions.store), other_sessions, clock)
    here.create("Acme", by=CLI)
    outcomes = set()
    for number in range(ROUNDS):
        user = accounts.create(f"user{number}@example.com", "", PASSWORD)
        if change == "leave":
            here.add("Acme", user.id, by=CLI)

        def start(user: User = user) -> object:
            login = sessions.begin_login(user.id)
            organizations = here.of(user.id)
            return sessions.start(
                user.id, client(), methods=["pwd"], login=login, organizations=organizations
            )

        def move(user: User = user) -> object:
            act = there.add if change == "join" else there.remove
            return act("Acme", user.id, by=CLI)

        started, moved = at_once([start, move])

        outcomes.add(type(started))
        assert not isinstance(moved, Exception), moved
        for session in sessions.list(user.id):
            assert list(session.organizations) == there.of(user.id)
    assert outcomes <= {Started, LoginOvertakenError}


def test_no_login_with_the_old_password_survives_its_change_at_the_same_moment(
    open_accounts: OpenAccounts,
) -> None:
    (accounts, sessions), (others, _) = open_accounts(), open_accounts()
    ana = accounts.create(ANA, "Ana", PASSWORD)
    old, new, token = PASSWORD, OTHER_PASSWORD, None
    for _ in range(ROUNDS):
        here = sessions.start(ana.id, client(), methods=["pwd"])

        def start(password: str = old) -> object:
            return log_in(accounts, sessions, password)

        def change(here: Started = here, old: str = old, new: str = new) -> object:
            return others.change_password(ana.id, old, new, token=here.token)

        _, changed = at_once([start, change])

        assert isinstance(changed, tuple), changed
        assert [session.id for session in sessions.list(ana.id)] == [here.session.id]
        old, new = new, old
        token = changed[0].token
    assert token is not None
    assert sessions.check(token, client()).session is not None
