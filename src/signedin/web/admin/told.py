"""From people, policies and events to what the API tells administrators of them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import asdict

from signedin.accounts.ports import Organization
from signedin.accounts.user import User
from signedin.core import event, permission
from signedin.core.effect import Effect, Fate
from signedin.core.policy import Policy, oddities
from signedin.core.session import Session
from signedin.core.standing import Standing
from signedin.web import bodies, times, told
from signedin.web.admin import bodies as admin
from signedin.web.server import server
from signedin.web.visit import Visit


def user(visit: Visit, of: User) -> admin.User:
    """Somebody with an account."""
    return admin.User(
        id=of.id,
        email=of.email,
        name=of.name,
        is_admin=of.is_admin,
        created_at=times.iso(of.created_at),
        disabled_at=told.time(of.disabled_at),
        organizations=list(server(visit).organizations.of(of.id)),
    )


def sessions(visit: Visit, live: Sequence[Session]) -> list[admin.SessionOfPerson]:
    """Live sessions in the order given, each with whose it is and without an address."""
    service, words = visit.parts.sessions, visit.words()
    ones = told.live(live, current=visit.session.id, service=service, words=words)
    return [
        admin.SessionOfPerson(**asdict(one) | {"ip_address": None}, user_id=session.user_id)
        for one, session in zip(ones, live, strict=True)
    ]


def policy(scope: str, of: Standing) -> admin.Policy:
    """What holds for a scope."""
    holds, change = of.policy or Policy(), of.newest
    return admin.Policy(
        scope=scope,
        idle_timeout_seconds=times.seconds(holds.idle_timeout),
        lifetime_seconds=times.seconds(holds.lifetime),
        max_sessions=holds.max_sessions,
        when_full=holds.when_full,
        not_before=told.time(holds.not_before),
        settle_seconds=times.seconds(holds.settle_time),
        confirm_seconds=times.seconds(holds.confirm_within),
        source=of.source,
        changed_at=None if change is None else times.iso(change.at),
        by=None if change is None else _actor(change.by),
        reason=None if change is None else change.reason,
        warnings=[] if of.policy is None else oddities(holds),
    )


def effect(
    visit: Visit, of: Effect, fate: Fate, new: Policy, ending: Sequence[Session]
) -> admin.Effect:
    """What saving a policy would do now."""
    return admin.Effect(
        checked_at=times.iso(of.checked_at),
        ends_now=of.ends_now,
        people=of.people,
        shortened=of.shortened,
        people_shortened=of.people_shortened,
        sessions=sessions(visit, ending),
        own_session=admin.OwnSession(fate.ends_now, told.time(fate.before), told.time(fate.after)),
        warnings=oddities(new),
    )


def organization(of: Organization) -> admin.Organization:
    """A group of people."""
    return admin.Organization(of.name, times.iso(of.created_at), of.members)


def happened(position: int, of: event.Event) -> admin.Event:
    """An event with its position; addresses are not told."""
    return admin.Event(
        position=position,
        at=times.iso(of.at),
        kind=of.kind,
        actor=_actor(of.actor),
        user_id=of.user_id,
        session_id=of.session_id,
        details={name: value for name, value in of.details.items() if name != "address"},
    )


def _actor(actor: permission.Actor) -> bodies.Actor:
    return bodies.Actor(kind=actor.kind, id=actor.id)
