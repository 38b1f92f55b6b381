"""The organizations of the stand-alone server: who is in which, and what follows from that.

An organization's policy holds for its members, besides that of the installation. So a change
of membership and what it does to the person's live sessions are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from signedin.accounts.errors import (
    NotAMemberError,
    OrganizationNotFoundError,
    OrganizationTakenError,
    UserNotFoundError,
)
from signedin.accounts.ports import (
    Member,
    Organization,
    OrganizationChanges,
    OrganizationReads,
    OrganizationStore,
)
from signedin.core.event import Event, EventKind
from signedin.core.permission import Actor
from signedin.core.policy import organization_scope
from signedin.core.session import Receipt
from signedin.service.clock import Clock
from signedin.service.sessions import SessionService
from signedin.service.work import Work


class Organizations:
    """The organizations on a store that shares its database with ``sessions``."""

    def __init__(self, store: OrganizationStore, sessions: SessionService, clock: Clock) -> None:
        self._store = store
        self._sessions = sessions
        self._clock = clock

    def of(self, user_id: str) -> Sequence[str]:
        """The names of a person's organizations.

        For a login: asked after ``begin_login``, so that a change that is made meanwhile
        overtakes the login.
        """
        return self._store.of_person(user_id)

    def list(self) -> Sequence[Organization]:
        """All organizations, by name."""
        return self._store.everything()

    def members(self, name: str) -> Sequence[Member]:
        """Who is in an organization, by e-mail address.

        Raises:
            OrganizationNotFoundError: There is no such organization.
        """
        _refuse_unknown(self._store, name)
        return self._store.members(name)

    def create(self, name: str, *, by: Actor) -> Organization:
        """Add an organization without members.

        Raises:
            InvalidPolicyError: That is no name for an organization.
            OrganizationTakenError: There is one with this name.
            ConfirmationNeededError, ActorEndedError: Who asks may not, or not yet.
        """
        organization_scope(name)
        with self._sessions.work() as work:
            work.admit(by, None)
            now = self._clock.now()
            if not self._store.within(work.transaction).insert(name, at=now):
                raise OrganizationTakenError
            self._record(work, EventKind.ORGANIZATION_CREATED, name, None, by)
        return Organization(name, now, members=0)

    def add(self, name: str, user_id: str, *, by: Actor) -> Receipt:
        """Make somebody a member; when this returns, the policy holds for all their sessions.

        The receipt says how many sessions that ended. Who is a member already stays one.

        Raises:
            OrganizationNotFoundError: There is no such organization.
            UserNotFoundError: There is no such account.
            ConfirmationNeededError, ActorEndedError: Who asks may not, or not yet.
        """
        with self._changing(name, by) as (work, organizations):
            if not organizations.has_account(user_id):
                raise UserNotFoundError
            work.transaction.let_all_hear()
            if organizations.insert_member(name, user_id, since=self._clock.now()):
                self._record(work, EventKind.MEMBER_JOINED, name, user_id, by)
                work.set_organizations(user_id, organizations.of_person(user_id), by)
        return work.receipt

    def remove(self, name: str, user_id: str, *, by: Actor) -> Receipt:
        """Make somebody a member no more. What the policy has ended stays ended.

        Raises:
            OrganizationNotFoundError: There is no such organization.
            NotAMemberError: The person is none of its members.
            ConfirmationNeededError, ActorEndedError: Who asks may not, or not yet.
        """
        with self._changing(name, by) as (work, organizations):
            self._leave(work, organizations, name, user_id, by)
        return work.receipt

    def delete(self, name: str, *, by: Actor) -> Receipt:
        """Delete an organization after all its members have left it; its policies are kept.

        Raises:
            OrganizationNotFoundError: There is no such organization.
            ConfirmationNeededError, ActorEndedError: Who asks may not, or not yet.
        """
        with self._changing(name, by) as (work, organizations):
            for member in organizations.members(name):
                self._leave(work, organizations, name, member.user.id, by)
            organizations.delete(name)
            self._record(work, EventKind.ORGANIZATION_DELETED, name, None, by)
        return work.receipt

    @contextmanager
    def _changing(self, name: str, by: Actor) -> Iterator[tuple[Work, OrganizationChanges]]:
        """One transaction of somebody who may, on an organization that is there."""
        self._sessions.flush_if_possible()
        with self._sessions.work() as work:
            work.admit(by, None)
            organizations = self._store.within(work.transaction)
            _refuse_unknown(organizations, name)
            yield work, organizations

    def _leave(
        self, work: Work, organizations: OrganizationChanges, name: str, user_id: str, by: Actor
    ) -> None:
        if not organizations.delete_member(name, user_id):
            raise NotAMemberError
        self._record(work, EventKind.MEMBER_LEFT, name, user_id, by)
        work.set_organizations(user_id, organizations.of_person(user_id), by)

    def _record(
        self, work: Work, kind: EventKind, name: str, user_id: str | None, by: Actor
    ) -> None:
        work.transaction.record(
            Event(
                kind=kind,
                at=self._clock.now(),
                actor=by,
                user_id=user_id,
                details={"organization": name},
            )
        )


def _refuse_unknown(organizations: OrganizationReads, name: str) -> None:
    if not organizations.exists(name):
        raise OrganizationNotFoundError
