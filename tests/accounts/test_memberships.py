"""A change of membership reaches the live sessions as it is made."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.errors import LoginOvertakenError, StoreUnavailableError
from signedin.core.policy import Policy
from signedin.core.session import EndedReason
from signedin.stores.transaction import SqlTransaction
from signedin.wiring import Sessions
from tests.accounts.parts import BEN, BOSS, PASSWORD, STRICT, is_live, log_in
from tests.clients import client
from tests.clock import MONDAY, FixedClock
from tests.databases import Open

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_second_join_waits_for_the_other_processes_like_the_first(
    organizations: Organizations, ana: User, acme: str
) -> None:
    """The first may have died between its commit and its wait."""
    organizations.add(acme, ana.id, by=BOSS)
    with patch.object(SqlTransaction, "let_all_hear") as waits:
        organizations.add(acme, ana.id, by=BOSS)

    waits.assert_called_once()


def test_joining_a_stricter_organization_ends_at_once_what_is_past_its_limits(
    organizations: Organizations,
    accounts: Accounts,
    sessions: Sessions,
    open_sessions: Open,
    ana: User,
    acme: str,
    clock: FixedClock,
) -> None:
    elsewhere = open_sessions()
    ben = accounts.create(BEN, "Ben", PASSWORD)
    old = log_in(sessions, ana, organizations)
    clock.advance(7 * HOUR)
    young, bens = log_in(sessions, ana, organizations), log_in(sessions, ben, organizations)
    clock.advance(timedelta(minutes=30))
    assert all(is_live(elsewhere, started) for started in (old, young, bens))
    elsewhere.flush_if_possible()
    clock.advance(timedelta(minutes=45))
    assert is_live(elsewhere, young)
    elsewhere.flush_if_possible()

    receipt = organizations.add(acme, ana.id, by=BOSS)

    assert receipt.ended == 1
    assert [is_live(elsewhere, started) for started in (old, young, bens)] == [False, True, True]
    (ended,) = sessions.history(ana.id)
    assert ended.ended is not None
    assert (ended.id, ended.ended.reason) == (old.session.id, EndedReason.POLICY)
    assert (ended.ended.at, ended.ended.note) == (clock.now(), "The new rules.")


def test_a_membership_that_cannot_reach_the_live_sessions_is_none(
    organizations: Organizations, sessions: Sessions, ana: User, acme: str
) -> None:
    started = log_in(sessions, ana, organizations)
    broken = patch.object(SqlTransaction, "set_organizations", side_effect=StoreUnavailableError)
    with broken, pytest.raises(StoreUnavailableError):
        organizations.add(acme, ana.id, by=BOSS)

    assert organizations.members(acme) == []
    assert is_live(sessions, started)


def test_joining_shortens_the_others_and_their_outlook_says_since_when(
    organizations: Organizations, sessions: Sessions, ana: User, acme: str, clock: FixedClock
) -> None:
    started = log_in(sessions, ana, organizations)
    clock.advance(timedelta(minutes=10))

    organizations.add(acme, ana.id, by=BOSS)

    (session,) = sessions.list(ana.id)
    outlook = sessions.outlooks([session])[started.session.id]
    assert session.organizations == {"Acme": clock.now()}
    assert outlook.expires_at == MONDAY + HOUR
    assert outlook.altered is not None
    assert (outlook.altered.at, outlook.altered.now) == (clock.now(), MONDAY + HOUR)


def test_a_session_in_use_here_is_not_ended_for_a_use_that_waits_to_be_written(
    organizations: Organizations, sessions: Sessions, ana: User, clock: FixedClock
) -> None:
    organizations.create("Acme", by=BOSS)
    minutes = Policy(idle_timeout=timedelta(minutes=5))
    sessions.policies.set("organization:Acme", minutes, by=BOSS, reason="")
    started = log_in(sessions, ana, organizations)
    assert is_live(sessions, started)
    clock.advance(timedelta(minutes=9))
    assert is_live(sessions, started)

    organizations.add("Acme", ana.id, by=BOSS)

    assert is_live(sessions, started)


def test_leaving_revives_nothing_even_if_nobody_has_looked(
    organizations: Organizations, sessions: Sessions, ana: User, acme: str, clock: FixedClock
) -> None:
    organizations.add(acme, ana.id, by=BOSS)
    old = log_in(sessions, ana, organizations)
    clock.advance(2 * HOUR)
    young = log_in(sessions, ana, organizations)

    organizations.remove(acme, ana.id, by=BOSS)

    assert [is_live(sessions, started) for started in (old, young)] == [False, True]
    (ended,) = sessions.history(ana.id)
    assert ended.ended is not None
    assert (ended.ended.reason, ended.ended.at) == (EndedReason.IDLE, MONDAY + HOUR)


def test_who_has_left_is_held_to_its_policy_no_more(
    organizations: Organizations, sessions: Sessions, open_sessions: Open, ana: User, acme: str,
    clock: FixedClock,
) -> None:  # fmt: skip
    elsewhere = open_sessions()
    organizations.add(acme, ana.id, by=BOSS)
    started = log_in(sessions, ana, organizations)
    assert is_live(elsewhere, started)

    organizations.remove(acme, ana.id, by=BOSS)

    clock.advance(13 * DAY)
    assert is_live(elsewhere, started)
    assert sessions.list(ana.id)[0].organizations == {}


def test_coming_back_begins_anew(
    organizations: Organizations, sessions: Sessions, ana: User, acme: str, clock: FixedClock
) -> None:
    organizations.add(acme, ana.id, by=BOSS)
    log_in(sessions, ana, organizations)
    organizations.remove(acme, ana.id, by=BOSS)
    clock.advance(timedelta(minutes=20))

    organizations.add(acme, ana.id, by=BOSS)

    assert sessions.list(ana.id)[0].organizations == {"Acme": clock.now()}


def test_joining_a_second_one_leaves_the_first_as_it_was(
    organizations: Organizations, sessions: Sessions, ana: User, acme: str, clock: FixedClock
) -> None:
    organizations.create("Beta", by=BOSS)
    organizations.add(acme, ana.id, by=BOSS)
    log_in(sessions, ana, organizations)
    clock.advance(timedelta(minutes=20))

    organizations.add("Beta", ana.id, by=BOSS)

    assert sessions.list(ana.id)[0].organizations == {"Acme": MONDAY, "Beta": clock.now()}


@pytest.mark.parametrize("strict", ["Acme", "Beta"])
def test_who_is_in_several_is_held_to_the_policy_of_each(
    organizations: Organizations, sessions: Sessions, ana: User, clock: FixedClock, strict: str
) -> None:
    for name in ("Acme", "Beta"):
        organizations.create(name, by=BOSS)
        organizations.add(name, ana.id, by=BOSS)
    sessions.policies.set(f"organization:{strict}", STRICT, by=BOSS, reason="")
    started = log_in(sessions, ana, organizations)
    clock.advance(HOUR)

    assert not is_live(sessions, started)


@pytest.mark.parametrize("change", ["join", "leave", "delete"])
def test_a_login_under_way_that_may_have_read_the_old_memberships_comes_to_nothing(
    organizations: Organizations, sessions: Sessions, ana: User, acme: str, change: str
) -> None:
    if change != "join":
        organizations.add(acme, ana.id, by=BOSS)
    login = sessions.begin_login(ana.id)
    read = organizations.of(ana.id)
    match change:
        case "join":
            organizations.add(acme, ana.id, by=BOSS)
        case "leave":
            organizations.remove(acme, ana.id, by=BOSS)
        case "delete":
            organizations.delete(acme, by=BOSS)

    with pytest.raises(LoginOvertakenError):
        sessions.start(ana.id, client(), methods=["pwd"], login=login, organizations=read)

    again = sessions.begin_login(ana.id)
    now = organizations.of(ana.id)
    sessions.start(ana.id, client(), methods=["pwd"], login=again, organizations=now)
    assert [list(session.organizations) for session in sessions.list(ana.id)] == [now]
