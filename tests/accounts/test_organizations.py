"""Organizations: a change of membership reaches the live sessions as it is made."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.errors import (
    NotAMemberError,
    OrganizationNotFoundError,
    OrganizationTakenError,
    UserNotFoundError,
)
from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.errors import (
    ActorEndedError,
    ConfirmationNeededError,
    InvalidPolicyError,
    LoginOvertakenError,
    NotPermittedError,
    StoreUnavailableError,
)
from signedin.core.event import EventKind
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import EndedReason, Started
from signedin.stores.transaction import SqlTransaction
from signedin.wiring import Sessions
from tests.accounts.parts import ANA, BEN, PASSWORD
from tests.clients import client
from tests.clock import MONDAY, FixedClock
from tests.databases import Open

BOSS = Actor.admin("boss")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STRICT = Policy(idle_timeout=HOUR, lifetime=8 * HOUR)


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


def test_a_second_join_waits_for_the_other_processes_like_the_first(
    organizations: Organizations, ana: User, acme: str
) -> None:
    """The first may have died between its commit and its wait."""
    organizations.add(acme, ana.id, by=BOSS)
    with patch.object(SqlTransaction, "let_all_hear") as waits:
        organizations.add(acme, ana.id, by=BOSS)

    waits.assert_called_once()


def test_organizations_are_listed_by_name_with_how_many_are_in_them(
    organizations: Organizations, ana: User
) -> None:
    made = organizations.create("Beta", by=BOSS)
    organizations.create("Acme", by=BOSS)
    organizations.add("Beta", ana.id, by=BOSS)

    assert (made.name, made.created_at, made.members) == ("Beta", MONDAY, 0)
    assert [(o.name, o.members) for o in organizations.list()] == [("Acme", 0), ("Beta", 1)]
    assert organizations.of(ana.id) == ["Beta"]


def test_members_are_listed_by_address_with_the_time_since_when(
    organizations: Organizations, accounts: Accounts, ana: User, clock: FixedClock
) -> None:
    ben = accounts.create(BEN, "Ben", PASSWORD)
    organizations.create("Acme", by=BOSS)
    organizations.add("Acme", ben.id, by=BOSS)
    clock.advance(DAY)
    organizations.add("Acme", ana.id, by=BOSS)

    members = organizations.members("Acme")

    assert [(m.user.email, m.since) for m in members] == [(ANA, MONDAY + DAY), (BEN, MONDAY)]


def test_a_name_is_given_once(organizations: Organizations) -> None:
    organizations.create("Acme", by=BOSS)

    with pytest.raises(OrganizationTakenError):
        organizations.create("Acme", by=BOSS)


@pytest.mark.parametrize("name", ["", " Acme", "a:b", "a,b", "a/b", "a\nb", "x" * 101])
def test_a_name_that_no_scope_could_have_is_refused(
    organizations: Organizations, name: str
) -> None:
    with pytest.raises(InvalidPolicyError):
        organizations.create(name, by=BOSS)

    assert organizations.list() == []


def test_what_is_not_there_is_named(organizations: Organizations, ana: User) -> None:
    with pytest.raises(OrganizationNotFoundError):
        organizations.members("Acme")
    with pytest.raises(OrganizationNotFoundError):
        organizations.add("Acme", ana.id, by=BOSS)
    with pytest.raises(OrganizationNotFoundError):
        organizations.remove("Acme", ana.id, by=BOSS)
    with pytest.raises(OrganizationNotFoundError):
        organizations.delete("Acme", by=BOSS)
    organizations.create("Acme", by=BOSS)
    with pytest.raises(UserNotFoundError):
        organizations.add("Acme", "nobody", by=BOSS)
    with pytest.raises(NotAMemberError):
        organizations.remove("Acme", ana.id, by=BOSS)


def test_who_is_a_member_already_stays_one_since_the_first_time(
    organizations: Organizations, sessions: Sessions, ana: User, clock: FixedClock
) -> None:
    organizations.create("Acme", by=BOSS)
    organizations.add("Acme", ana.id, by=BOSS)
    clock.advance(DAY)

    receipt = organizations.add("Acme", ana.id, by=BOSS)

    assert receipt.ended == 0
    assert organizations.members("Acme")[0].since == MONDAY
    assert len(events(sessions, EventKind.MEMBER_JOINED)) == 1


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


def test_deleting_an_organization_lets_everybody_leave_it_first(
    organizations: Organizations, accounts: Accounts, sessions: Sessions, ana: User, acme: str,
    clock: FixedClock,
) -> None:  # fmt: skip
    ben = accounts.create(BEN, "Ben", PASSWORD)
    for user in (ana, ben):
        organizations.add(acme, user.id, by=BOSS)
    old, _ = log_in(sessions, ana, organizations), log_in(sessions, ben, organizations)
    clock.advance(2 * HOUR)
    log_in(sessions, ben, organizations)

    organizations.delete(acme, by=BOSS)

    assert organizations.list() == []
    assert organizations.of(ana.id) == organizations.of(ben.id) == []
    assert not is_live(sessions, old)
    assert [session.organizations for session in sessions.list(ben.id)] == [{}]
    left = events(sessions, EventKind.MEMBER_LEFT)
    assert left == [
        (ana.id, BOSS, {"organization": "Acme"}),
        (ben.id, BOSS, {"organization": "Acme"}),
    ]


def test_who_joined_and_left_is_in_the_log_with_who_did_it(
    organizations: Organizations, sessions: Sessions, ana: User, acme: str
) -> None:
    organizations.add(acme, ana.id, by=BOSS)
    organizations.remove(acme, ana.id, by=BOSS)

    assert events(sessions, EventKind.MEMBER_JOINED) == [(ana.id, BOSS, {"organization": "Acme"})]
    assert events(sessions, EventKind.MEMBER_LEFT) == [(ana.id, BOSS, {"organization": "Acme"})]


def test_that_one_was_made_or_deleted_is_in_the_log_with_who_did_it(
    organizations: Organizations, sessions: Sessions, ana: User
) -> None:
    """R-13, also where it had no members."""
    organizations.create("Acme", by=BOSS)
    organizations.delete("Acme", by=BOSS)

    told = (None, BOSS, {"organization": "Acme"})
    assert events(sessions, EventKind.ORGANIZATION_CREATED) == [told]
    assert events(sessions, EventKind.ORGANIZATION_DELETED) == [told]


def test_an_administrator_on_a_page_must_be_live_and_have_logged_in_of_late(
    organizations: Organizations, sessions: Sessions, ana: User, acme: str, clock: FixedClock
) -> None:
    started = log_in(sessions, ana, organizations)
    on_page = Actor.admin("ana", started.session.id)
    organizations.add(acme, ana.id, by=on_page)
    clock.advance(timedelta(minutes=16))

    for act in (
        lambda: organizations.create("Beta", by=on_page),
        lambda: organizations.add(acme, ana.id, by=on_page),
        lambda: organizations.remove(acme, ana.id, by=on_page),
        lambda: organizations.delete(acme, by=on_page),
    ):
        with pytest.raises(ConfirmationNeededError):
            act()
    sessions.log_out(started.token)
    with pytest.raises(ActorEndedError):
        organizations.remove(acme, ana.id, by=on_page)

    assert organizations.of(ana.id) == ["Acme"]


def test_people_cannot_choose_their_organizations(
    organizations: Organizations, sessions: Sessions, ana: User, acme: str
) -> None:
    own = Actor.user(log_in(sessions, ana, organizations).session.id)

    with pytest.raises(NotPermittedError):
        organizations.add(acme, ana.id, by=own)

    assert organizations.of(ana.id) == []


def test_no_act_of_a_person_s_own_changes_what_their_sessions_are_held_to(
    organizations: Organizations, sessions: Sessions, ana: User
) -> None:
    own = Actor.user(log_in(sessions, ana, organizations).session.id)

    with pytest.raises(NotPermittedError), sessions.work() as work:
        work.set_organizations(ana.id, ["Acme"], own)

    assert sessions.list(ana.id)[0].organizations == {}


def events(sessions: Sessions, kind: EventKind) -> list[tuple[str | None, Actor, object]]:
    """Whose, by whom and with what: the events of a kind, the oldest first."""
    with sessions.store.reading() as reads:
        found = [event for _, event in reads.events_after(0, 1000)]
    return [(e.user_id, e.actor, dict(e.details)) for e in found if e.kind is kind]
