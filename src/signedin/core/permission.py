"""Who acts on sessions, and what they may do.

The four kinds of actor are the words of OpenID CAEP 1.0 (``initiating_entity``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """Stored with each end and event: add members, never rename one."""

    USER = "user"
    ADMIN = "admin"
    POLICY = "policy"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who performs an action: the kind, and which one of it.

    ``id`` is the acting *session* of a user, the name of an administrator, and
    ``None`` where nobody in particular acts.
    """

    kind: ActorKind
    id: str | None = None

    @classmethod
    def user(cls, session_id: str) -> Actor:
        """The person, from the session with this id."""
        return cls(ActorKind.USER, session_id)

    @classmethod
    def admin(cls, name: str) -> Actor:
        """An administrator, on a page or the command line."""
        return cls(ActorKind.ADMIN, name)

    @classmethod
    def policy(cls) -> Actor:
        """A limit that passed; nobody acted."""
        return cls(ActorKind.POLICY)

    @classmethod
    def system(cls) -> Actor:
        """signedin itself, to protect the account."""
        return cls(ActorKind.SYSTEM)

    @property
    def must_be_live(self) -> bool:
        """Whether the actor is a session that must itself be live to act (invariant I9)."""
        return self.kind is ActorKind.USER

    def may_reach(self, owner: str | None) -> bool:
        """Whether the actor may reach sessions of ``owner``; ``None`` stands for anybody's.

        People reach only their own; administrators and the system reach everybody's.
        """
        return self.kind is not ActorKind.USER or owner is not None
