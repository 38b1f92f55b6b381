"""Who acts on sessions, and what they may do.

The four kinds of actor are the words of OpenID CAEP 1.0 (``initiating_entity``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ActorKind(StrEnum):
    """What kind of actor it was. Stored with each end and event: add members, never rename one."""

    USER = "user"
    ADMIN = "admin"
    POLICY = "policy"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who performs an action: the kind, and which one of it.

    ``id`` is the acting *session* of a user, the name of an administrator, and
    ``None`` where nobody in particular acts. ``session_id`` is the session that an
    administrator acts from on a page; it is not written down.

    ``authenticated_at`` is when the person proved who they are, by the token that was
    presented: in its grace, a former one proves no more than it did before (I8). Left out,
    it is what the session says.
    """

    kind: ActorKind
    id: str | None = None
    session_id: str | None = field(default=None, compare=False)
    authenticated_at: datetime | None = field(default=None, compare=False)

    @classmethod
    def user(cls, session_id: str, authenticated_at: datetime | None = None) -> Actor:
        """The person, from the session with this id."""
        return cls(ActorKind.USER, session_id, None, authenticated_at)

    @classmethod
    def admin(
        cls, name: str, session_id: str | None = None, authenticated_at: datetime | None = None
    ) -> Actor:
        """An administrator: on a page, from a session; or on the command line, from none."""
        return cls(ActorKind.ADMIN, name, session_id, authenticated_at)

    @classmethod
    def policy(cls) -> Actor:
        """A limit that passed; nobody acted."""
        return cls(ActorKind.POLICY)

    @classmethod
    def system(cls) -> Actor:
        """signedin itself, to protect the account."""
        return cls(ActorKind.SYSTEM)

    @property
    def acting_session(self) -> str | None:
        """The session that must itself be live for this to be done (I9); ``None``: none acts."""
        return (self.id or "") if self.kind is ActorKind.USER else self.session_id

    def may_reach(self, owner: str | None) -> bool:
        """Whether the actor may reach sessions of ``owner``; ``None`` stands for anybody's.

        People reach only their own; administrators and the system reach everybody's.
        """
        return self.kind is not ActorKind.USER or owner is not None
