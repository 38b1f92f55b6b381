"""Guessing is slow for everybody alike, and cannot lock out who is known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.errors import TooManyAttemptsError, WrongPasswordError
from signedin.core.permission import Actor
from signedin.core.token import new_device_token
from signedin.wiring import Sessions
from tests.accounts.parts import ANA, BEN, OTHER_PASSWORD, PASSWORD, CountingHasher
from tests.clients import client
from tests.clock import FixedClock
from tests.databases import shell

CLI = Actor.admin("cli")
MINUTE = timedelta(minutes=1)
OFFICE, HOME = "203.0.113.7", "198.51.100.9"


def fail(
    accounts: Accounts,
    times: int,
    email: str = ANA,
    *,
    source: str | None = None,
    device_token: str | None = None,
) -> None:
    for _ in range(times):
        with pytest.raises(WrongPasswordError):
            accounts.authenticate(email, "wrong", source=source, device_token=device_token)


@pytest.mark.parametrize("email", [ANA, "nobody@example.com"])
def test_the_eleventh_try_waits_whether_or_not_the_account_exists(
    accounts: Accounts, hasher: CountingHasher, email: str
) -> None:
    accounts.create(ANA, "Ana", PASSWORD)
    fail(accounts, 10, email)
    hasher.verified = 0

    with pytest.raises(TooManyAttemptsError) as caught:
        accounts.authenticate(email, PASSWORD)

    assert caught.value.retry_after == MINUTE
    assert hasher.verified == 0


def test_after_the_wait_the_right_password_opens_and_clears_the_count(
    accounts: Accounts, clock: FixedClock
) -> None:
    accounts.create(ANA, "Ana", PASSWORD)
    fail(accounts, 10)
    clock.advance(MINUTE)

    accounts.authenticate(ANA, PASSWORD)

    fail(accounts, 9)
    accounts.authenticate(ANA, PASSWORD)


def test_each_further_failure_waits_longer(accounts: Accounts, clock: FixedClock) -> None:
    fail(accounts, 10)
    waits = []
    for _ in range(6):
        with pytest.raises(TooManyAttemptsError) as caught:
            accounts.authenticate(ANA, "wrong")
        waits.append(caught.value.retry_after // MINUTE)
        clock.advance(caught.value.retry_after)
        fail(accounts, 1)

    assert waits == [1, 2, 4, 8, 15, 15]


def test_spelling_the_address_in_another_way_buys_no_try(accounts: Accounts) -> None:
    for spelling in (ANA, ANA.upper(), f" {ANA}", ANA.replace("a", "\uff41"), f"\u200b{ANA}"):
        fail(accounts, 2, spelling)

    with pytest.raises(TooManyAttemptsError):
        accounts.authenticate(ANA, PASSWORD)


def test_logins_that_succeed_are_never_counted(accounts: Accounts) -> None:
    accounts.create(ANA, "Ana", PASSWORD)

    for _ in range(101):
        accounts.authenticate(ANA, PASSWORD, source=OFFICE)


def test_one_source_may_fail_a_hundred_times_over_all_accounts(accounts: Accounts) -> None:
    accounts.create(ANA, "Ana", PASSWORD)
    for number in range(100):
        fail(accounts, 1, f"user{number}@example.com", source=OFFICE)

    with pytest.raises(TooManyAttemptsError):
        accounts.authenticate(ANA, PASSWORD, source=OFFICE)
    accounts.authenticate(ANA, PASSWORD, source=HOME)


def test_a_login_of_one_s_own_does_not_clear_the_source(accounts: Accounts) -> None:
    accounts.create(ANA, "Ana", PASSWORD)
    for number in range(99):
        fail(accounts, 1, f"user{number}@example.com", source=OFFICE)
    accounts.authenticate(ANA, PASSWORD, source=OFFICE)
    fail(accounts, 1, BEN, source=OFFICE)

    with pytest.raises(TooManyAttemptsError):
        accounts.authenticate(ANA, PASSWORD, source=OFFICE)


def test_who_is_attacked_gets_in_with_a_browser_that_is_known(
    accounts: Accounts, sessions: Sessions
) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)
    started = sessions.start(ana.id, client(), methods=["pwd"])
    sessions.log_out(started.token)
    fail(accounts, 10, source=OFFICE)

    accounts.authenticate(ANA, PASSWORD, source=OFFICE, device_token=started.device_token)


def test_a_known_browser_has_its_own_ten_tries(accounts: Accounts, sessions: Sessions) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)
    device = sessions.start(ana.id, client(), methods=["pwd"]).device_token
    fail(accounts, 10, device_token=device)

    with pytest.raises(TooManyAttemptsError):
        accounts.authenticate(ANA, PASSWORD, device_token=device)
    accounts.authenticate(ANA, PASSWORD)


def test_a_browser_known_for_one_account_is_a_stranger_to_another(
    accounts: Accounts, sessions: Sessions
) -> None:
    accounts.create(ANA, "Ana", PASSWORD)
    ben = accounts.create(BEN, "Ben", PASSWORD)
    bens = sessions.start(ben.id, client(), methods=["pwd"]).device_token
    made_up = new_device_token(b"x" * 32)
    fail(accounts, 5, device_token=bens)
    fail(accounts, 5, device_token=made_up)

    with pytest.raises(TooManyAttemptsError):
        accounts.authenticate(ANA, PASSWORD, device_token=bens)


def test_who_found_an_open_session_cannot_guess_the_password_there(
    accounts: Accounts, sessions: Sessions
) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)
    token = sessions.start(ana.id, client(), methods=["pwd"]).token
    for _ in range(10):
        with pytest.raises(WrongPasswordError):
            accounts.change_password(ana.id, "wrong", OTHER_PASSWORD, token=token)

    with pytest.raises(TooManyAttemptsError):
        accounts.change_password(ana.id, PASSWORD, OTHER_PASSWORD, token=token)
    accounts.authenticate(ANA, PASSWORD)


def test_who_is_given_a_new_password_need_not_wait_anywhere(
    accounts: Accounts, sessions: Sessions
) -> None:
    ana, ben = accounts.create(ANA, "Ana", PASSWORD), accounts.create(BEN, "Ben", PASSWORD)
    known = sessions.start(ana.id, client(), methods=["pwd"]).device_token
    bens = sessions.start(ben.id, client(), methods=["pwd"]).device_token
    for email, device in ((ANA, None), (ANA, known), (BEN, bens)):
        fail(accounts, 10, email, source=OFFICE, device_token=device)

    accounts.set_password(ana.id, OTHER_PASSWORD, by=CLI)

    accounts.authenticate(ANA, OTHER_PASSWORD, source=OFFICE)
    accounts.authenticate(ANA, OTHER_PASSWORD, source=OFFICE, device_token=known)
    with pytest.raises(TooManyAttemptsError):
        accounts.authenticate(BEN, PASSWORD, source=OFFICE, device_token=bens)


def test_old_counts_are_deleted_and_hold_nothing_that_was_typed(
    accounts: Accounts, clock: FixedClock, url: str
) -> None:
    fail(accounts, 1, "my secret password", source=OFFICE)
    clock.advance(timedelta(hours=1))
    fail(accounts, 1, BEN)

    with shell(url) as connection:
        failures = connection.execute("SELECT * FROM signedin_failures").fetchall()
        everything = repr(
            [failures, connection.execute("SELECT * FROM signedin_events").fetchall()]
        )
    assert len(failures) == 1
    assert "secret" not in everything
    assert BEN not in everything
