"""Who is logged in proves again who they are: with their own password, and for this session."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.errors import TooManyAttemptsError, UserNotFoundError, WrongPasswordError
from signedin.accounts.user import User
from signedin.core.errors import RotationRefusedError
from signedin.core.permission import Actor
from signedin.core.session import Started
from signedin.wiring import Sessions
from tests.accounts.parts import ANA, BEN, OTHER_PASSWORD, PASSWORD, CountingHasher
from tests.accounts.test_accounts import events_of_accounts
from tests.clients import client
from tests.clock import FixedClock

HOUR = timedelta(hours=1)


@pytest.fixture
def ana(accounts: Accounts) -> User:
    return accounts.create(ANA, "Ana", PASSWORD)


@pytest.fixture
def here(ana: User, sessions: Sessions) -> Started:
    return sessions.start(ana.id, client(), methods=["pwd"])


def test_the_right_password_makes_the_authentication_new_and_the_token_another(
    accounts: Accounts, sessions: Sessions, clock: FixedClock, ana: User, here: Started
) -> None:
    clock.advance(HOUR)

    rotated = accounts.confirm(ana.id, PASSWORD, token=here.token)

    assert rotated.session.id == here.session.id
    assert rotated.session.authenticated_at == clock.now()
    assert rotated.session.created_at == here.session.created_at
    assert rotated.token != here.token
    assert sessions.check(rotated.token, client()).session == rotated.session


def test_a_wrong_password_changes_nothing_and_is_written_down(
    accounts: Accounts, clock: FixedClock, url: str, ana: User, here: Started
) -> None:
    clock.advance(HOUR)

    with pytest.raises(WrongPasswordError):
        accounts.confirm(ana.id, OTHER_PASSWORD, token=here.token)

    assert events_of_accounts(url)[-1] == ("login_failed", ana.id, "user")


def test_only_so_many_wrong_ones_are_looked_at(
    accounts: Accounts, hasher: CountingHasher, clock: FixedClock, ana: User, here: Started
) -> None:
    for _ in range(10):
        with pytest.raises(WrongPasswordError):
            accounts.confirm(ana.id, "wrong", token=here.token)
    looked_at = hasher.verified

    with pytest.raises(TooManyAttemptsError):
        accounts.confirm(ana.id, PASSWORD, token=here.token)

    assert hasher.verified == looked_at
    clock.advance(HOUR)
    accounts.confirm(ana.id, PASSWORD, token=here.token)


def test_they_count_together_with_those_of_a_change_of_password(
    accounts: Accounts, ana: User, here: Started
) -> None:
    for _ in range(5):
        with pytest.raises(WrongPasswordError):
            accounts.confirm(ana.id, "wrong", token=here.token)
        with pytest.raises(WrongPasswordError):
            accounts.change_password(ana.id, "wrong", OTHER_PASSWORD, token=here.token)

    with pytest.raises(TooManyAttemptsError):
        accounts.confirm(ana.id, PASSWORD, token=here.token)


def test_a_right_one_forgives_the_wrong_ones(accounts: Accounts, ana: User, here: Started) -> None:
    token = here.token
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(WrongPasswordError):
                accounts.confirm(ana.id, "wrong", token=token)
        token = accounts.confirm(ana.id, PASSWORD, token=token).token


def test_it_confirms_no_session_of_anybody_else_and_none_that_has_ended(
    accounts: Accounts, sessions: Sessions, ana: User, here: Started
) -> None:
    ben = accounts.create(BEN, "Ben", PASSWORD)
    bens = sessions.start(ben.id, client(), methods=["pwd"])

    with pytest.raises(RotationRefusedError):
        accounts.confirm(ana.id, PASSWORD, token=bens.token)
    sessions.terminate(here.session.id, user_id=ana.id, by=Actor.admin("cli"))
    with pytest.raises(RotationRefusedError):
        accounts.confirm(ana.id, PASSWORD, token=here.token)
    with pytest.raises(UserNotFoundError):
        accounts.confirm("nobody", PASSWORD, token=here.token)


def test_a_former_token_confirms_nothing(accounts: Accounts, ana: User, here: Started) -> None:
    accounts.confirm(ana.id, PASSWORD, token=here.token)

    with pytest.raises(RotationRefusedError):
        accounts.confirm(ana.id, PASSWORD, token=here.token)


def test_a_password_that_is_changed_while_it_is_checked_confirms_nothing(
    accounts: Accounts,
    sessions: Sessions,
    hasher: CountingHasher,
    clock: FixedClock,
    ana: User,
    here: Started,
) -> None:
    there = sessions.start(ana.id, client(), methods=["pwd"])
    clock.advance(HOUR)

    def change_once() -> None:
        hasher.between = lambda: None
        accounts.change_password(
            ana.id, PASSWORD, OTHER_PASSWORD, token=there.token, end_others=False
        )

    hasher.between = change_once

    with pytest.raises(WrongPasswordError):
        accounts.confirm(ana.id, PASSWORD, token=here.token)
    still = sessions.check(here.token, client()).session
    assert still is not None
    assert still.authenticated_at == here.session.authenticated_at
