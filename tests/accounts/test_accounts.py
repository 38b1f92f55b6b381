"""Accounts: made once, found in any spelling, changed together with their sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.errors import (
    EmailTakenError,
    InvalidEmailError,
    SetupClosedError,
    UserNotFoundError,
    WeakPasswordError,
    WrongPasswordError,
)
from signedin.core.errors import LoginOvertakenError, RotationRefusedError
from signedin.core.permission import Actor, ActorKind
from signedin.core.session import EndedReason, Session, Started
from signedin.wiring import Sessions
from tests.accounts.parts import ANA, BEN, OTHER_PASSWORD, PASSWORD, CountingHasher
from tests.clients import FIREFOX, client
from tests.clock import MONDAY, FixedClock
from tests.databases import shell

CLI = Actor.admin("cli")


def log_in(accounts: Accounts, sessions: Sessions, password: str = PASSWORD) -> Started:
    proved = accounts.authenticate(ANA, password)
    return sessions.start(proved.user.id, client(), methods=["pwd"], login=proved.login)


def why_ended(session: Session, sessions: Sessions) -> EndedReason | None:
    assert session.user_id is not None
    ended = {s.id: s.ended for s in sessions.history(session.user_id)}
    end = ended.get(session.id)
    return None if end is None else end.reason


def events_of_accounts(url: str) -> list[tuple[str, str | None, str]]:
    with shell(url) as connection:
        found: list[tuple[str, str | None, str]] = connection.execute(
            "SELECT kind, user_id, actor_kind FROM signedin_events "
            "WHERE kind NOT LIKE 'session%' ORDER BY position"
        ).fetchall()
    return found


def test_an_account_is_found_however_its_address_is_written(accounts: Accounts) -> None:
    ana = accounts.create(" Ana@Example.COM", "Ana", PASSWORD)

    assert ana.email == ANA
    assert accounts.find("A\uff2eA@example.com ") == ana
    assert accounts.get(ana.id) == ana
    assert accounts.find(BEN) is None
    assert accounts.get("nobody") is None


def test_an_address_belongs_to_one_account(accounts: Accounts) -> None:
    accounts.create(ANA, "Ana", PASSWORD)

    with pytest.raises(EmailTakenError):
        accounts.create(ANA.upper(), "Another", PASSWORD)

    assert [user.name for user in accounts.list()] == ["Ana"]


def test_accounts_are_listed_by_address(accounts: Accounts) -> None:
    accounts.create(BEN, "", PASSWORD, admin=True)
    accounts.create(ANA, "", PASSWORD)

    assert [(user.email, user.is_admin) for user in accounts.list()] == [(ANA, False), (BEN, True)]


def test_nothing_is_made_of_a_bad_address_or_password(accounts: Accounts) -> None:
    with pytest.raises(InvalidEmailError):
        accounts.create("ana", "Ana", PASSWORD)
    with pytest.raises(WeakPasswordError):
        accounts.create(ANA, "Ana", "ana@example.com")

    assert accounts.list() == []


def test_the_right_password_says_who_it_is(accounts: Accounts) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)

    proved = accounts.authenticate("ANA@example.com", PASSWORD)

    assert proved.user == ana
    assert proved.login.user_id == ana.id


def test_unknown_wrong_and_disabled_are_told_alike(accounts: Accounts) -> None:
    accounts.create(ANA, "Ana", PASSWORD)
    ben = accounts.create(BEN, "Ben", PASSWORD)
    accounts.disable(ben.id, by=CLI)
    told = set()
    for email, password in ((ANA, "wrong"), (BEN, PASSWORD), ("x@example.com", PASSWORD), ("", "")):
        with pytest.raises(WrongPasswordError) as caught:
            accounts.authenticate(email, password)
        told.add(str(caught.value))

    assert len(told) == 1


def test_a_password_kept_in_an_old_way_is_kept_in_the_new_one_after_a_login(
    accounts: Accounts, hasher: CountingHasher
) -> None:
    before = accounts.create(ANA, "Ana", PASSWORD)
    hasher.generation, hasher.hashed = "2", 0

    accounts.authenticate(ANA, PASSWORD)
    accounts.authenticate(ANA, PASSWORD)

    assert hasher.hashed == 1
    assert accounts.get(before.id) == before


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(
    accounts: Accounts, sessions: Sessions, clock: FixedClock
) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)
    here, there = log_in(accounts, sessions), log_in(accounts, sessions)
    clock.advance(timedelta(minutes=5))

    rotated, receipt = accounts.change_password(ana.id, PASSWORD, OTHER_PASSWORD, token=here.token)

    assert receipt.ended == 1
    assert why_ended(there.session, sessions) is EndedReason.PASSWORD_CHANGED
    assert [s.id for s in sessions.list(ana.id)] == [here.session.id]
    assert rotated.session.id == here.session.id
    assert rotated.token != here.token
    assert sessions.check(rotated.token, client()).session is not None
    changed = accounts.get(ana.id)
    assert changed is not None
    assert changed.password_changed_at == MONDAY + timedelta(minutes=5)
    log_in(accounts, sessions, OTHER_PASSWORD)


def test_the_other_sessions_stay_if_that_is_wanted(accounts: Accounts, sessions: Sessions) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)
    here, there = log_in(accounts, sessions), log_in(accounts, sessions)

    _, receipt = accounts.change_password(
        ana.id, PASSWORD, OTHER_PASSWORD, token=here.token, end_others=False
    )

    assert receipt.ended == 0
    assert sessions.check(there.token, client()).session is not None


@pytest.mark.parametrize("end_others", [True, False])
def test_a_login_with_the_old_password_cannot_end_after_the_change(
    accounts: Accounts, sessions: Sessions, end_others: bool
) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)
    here, begun = log_in(accounts, sessions), accounts.authenticate(ANA, PASSWORD)
    accounts.change_password(
        ana.id, PASSWORD, OTHER_PASSWORD, token=here.token, end_others=end_others
    )

    with pytest.raises(LoginOvertakenError):
        sessions.start(ana.id, client(FIREFOX), methods=["pwd"], login=begun.login)


def test_a_wrong_current_password_changes_nothing(accounts: Accounts, sessions: Sessions) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)
    here, there = log_in(accounts, sessions), log_in(accounts, sessions)

    with pytest.raises(WrongPasswordError):
        accounts.change_password(ana.id, "wrong", OTHER_PASSWORD, token=here.token)

    assert len(sessions.list(ana.id)) == 2
    assert sessions.check(there.token, client()).session is not None
    log_in(accounts, sessions)


def test_a_weak_new_password_is_refused_whether_or_not_the_current_one_is_right(
    accounts: Accounts, sessions: Sessions, hasher: CountingHasher
) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)
    here = log_in(accounts, sessions)
    hasher.verified = 0

    for current in (PASSWORD, "wrong"):
        with pytest.raises(WeakPasswordError):
            accounts.change_password(ana.id, current, "12345678", token=here.token)

    assert hasher.verified == 0


def test_the_password_stays_if_the_session_cannot_be_renewed(
    accounts: Accounts, sessions: Sessions
) -> None:
    ana, ben = accounts.create(ANA, "Ana", PASSWORD), accounts.create(BEN, "Ben", PASSWORD)
    here = log_in(accounts, sessions)
    bens = sessions.start(ben.id, client(), methods=["pwd"])
    sessions.rotate(here.token, methods=["pwd"])

    for token in (here.token, bens.token):  # one that was replaced, one of somebody else
        with pytest.raises(RotationRefusedError):
            accounts.change_password(ana.id, PASSWORD, OTHER_PASSWORD, token=token)

    log_in(accounts, sessions)
    assert sessions.check(bens.token, client()).session is not None


def test_an_administrator_s_new_password_ends_every_session(
    accounts: Accounts, sessions: Sessions
) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)
    here, begun = log_in(accounts, sessions), accounts.authenticate(ANA, PASSWORD)

    receipt = accounts.set_password(ana.id, OTHER_PASSWORD, by=CLI)

    assert receipt.ended == 1
    assert sessions.check(here.token, client()).reason is EndedReason.PASSWORD_CHANGED
    with pytest.raises(LoginOvertakenError):
        sessions.start(ana.id, client(), methods=["pwd"], login=begun.login)
    log_in(accounts, sessions, OTHER_PASSWORD)


def test_a_disabled_account_has_no_session_and_gets_none(
    accounts: Accounts, sessions: Sessions
) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD)
    here, begun = log_in(accounts, sessions), accounts.authenticate(ANA, PASSWORD)

    receipt = accounts.disable(ana.id, by=CLI)
    again = accounts.disable(ana.id, by=CLI)

    assert (receipt.ended, again.ended) == (1, 0)
    assert sessions.check(here.token, client()).reason is EndedReason.ACCOUNT_DISABLED
    with pytest.raises(LoginOvertakenError):
        sessions.start(ana.id, client(), methods=["pwd"], login=begun.login)


def test_what_is_no_account_can_neither_be_changed_nor_disabled(accounts: Accounts) -> None:
    with pytest.raises(UserNotFoundError):
        accounts.set_password("nobody", OTHER_PASSWORD, by=CLI)
    with pytest.raises(UserNotFoundError):
        accounts.disable("nobody", by=CLI)
    with pytest.raises(UserNotFoundError):
        accounts.change_password("nobody", PASSWORD, OTHER_PASSWORD, token="si_")


def test_the_first_account_is_an_administrator_and_the_key_is_used_up(accounts: Accounts) -> None:
    key, other_key = accounts.setup_key(), accounts.setup_key()
    assert key is not None
    assert other_key is not None
    assert accounts.opens_setup(key)

    ana = accounts.set_up(key, ANA, "Ana", PASSWORD)

    assert ana.is_admin
    assert accounts.setup_key() is None
    for used in (key, other_key):
        assert not accounts.opens_setup(used)
        with pytest.raises(SetupClosedError):
            accounts.set_up(used, BEN, "Ben", PASSWORD)


def test_a_mistake_in_the_form_does_not_use_up_the_key(accounts: Accounts) -> None:
    key = accounts.setup_key()
    assert key is not None
    with pytest.raises(InvalidEmailError):
        accounts.set_up(key, "ana", "Ana", PASSWORD)
    with pytest.raises(WeakPasswordError):
        accounts.set_up(key, ANA, "Ana", "short")

    accounts.set_up(key, ANA, "Ana", PASSWORD)


def test_a_set_up_key_is_good_for_thirty_minutes(accounts: Accounts, clock: FixedClock) -> None:
    key = accounts.setup_key()
    assert key is not None

    clock.advance(timedelta(minutes=30) - timedelta.resolution)
    assert accounts.opens_setup(key)
    clock.advance(timedelta.resolution)
    assert not accounts.opens_setup(key)


@pytest.mark.parametrize("key", ["", "x", "a" * 43, "\ud800" * 43, "a" * 100_000])
def test_a_wild_key_opens_nothing_and_costs_no_hash(
    accounts: Accounts, hasher: CountingHasher, key: str
) -> None:
    accounts.setup_key()

    with pytest.raises(SetupClosedError):
        accounts.set_up(key, ANA, "Ana", PASSWORD)

    assert hasher.hashed == 0


def test_an_account_made_on_the_command_line_closes_set_up(accounts: Accounts) -> None:
    key = accounts.setup_key()
    accounts.create(ANA, "Ana", PASSWORD)

    with pytest.raises(SetupClosedError):
        accounts.set_up(key or "", BEN, "Ben", PASSWORD)


def test_what_happens_to_an_account_is_written_down(
    accounts: Accounts, sessions: Sessions, url: str
) -> None:
    ana = accounts.create(ANA, "Ana", PASSWORD, by=CLI)
    here = log_in(accounts, sessions)
    accounts.change_password(ana.id, PASSWORD, OTHER_PASSWORD, token=here.token)
    with pytest.raises(WrongPasswordError):
        accounts.authenticate(ANA, "wrong", source="203.0.113.7")
    with pytest.raises(WrongPasswordError):
        accounts.authenticate("my secret password", "", source="203.0.113.7")
    accounts.disable(ana.id, by=CLI)

    assert events_of_accounts(url) == [
        ("user_created", ana.id, ActorKind.ADMIN),
        ("password_changed", ana.id, ActorKind.USER),
        ("login_failed", ana.id, ActorKind.USER),
        ("login_failed", None, ActorKind.USER),
        ("user_disabled", ana.id, ActorKind.ADMIN),
    ]
