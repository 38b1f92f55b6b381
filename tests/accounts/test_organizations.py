"""Organizations: which there are, who is in them, who may change that, and what is written down."""

from __future__ import annotations

from datetime import timedelta

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
    NotPermittedError,
)
from signedin.core.event import EventKind
from signedin.core.permission import Actor
from signedin.wiring import Sessions
from tests.accounts.parts import ANA, BEN, BOSS, PASSWORD, is_live, log_in
from tests.clock import MONDAY, FixedClock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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
