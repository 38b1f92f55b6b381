"""What a session is, and what is said about one.

A session is one place where one person is logged in, from the authentication to its
end; one row. Its ``id`` is public and opens nothing; the token that opens it is not
part of it and is never kept (``token.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from signedin.core.deadline import Limit, LimitPassed, Version, judge
from signedin.core.errors import InvalidNameError
from signedin.core.permission import Actor
from signedin.core.place import UNKNOWN_PLACE, Place
from signedin.core.token import SessionToken
from signedin.core.user_id import check_user_id

USER_AGENT_LENGTH = 512  # characters kept of what a client sends about itself
HINT_LENGTH = 256
NAME_LENGTH = 60


class EndedReason(StrEnum):
    """Why a session ended. Stored for ever: add members, never rename one."""

    LOGGED_OUT = "logged_out"
    REPLACED = "replaced"
    REPORTED = "reported"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a password
    TERMINATED = "terminated"
    ACCOUNT_DISABLED = "account_disabled"
    IDLE = Limit.IDLE.value
    LIFETIME = Limit.LIFETIME.value
    CAP = "cap"
    POLICY = Limit.POLICY.value
    TOKEN_REUSED = "token_reused"  # noqa: S105 - a reason, not a token
    RESTORED_BACKUP = "restored_backup"


class Refusal(StrEnum):
    """Why a token opens nothing, when no session with an end stands behind it."""

    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    DUPLICATE_COOKIE = "duplicate_cookie"


@dataclass(slots=True, eq=False)
class Client:
    """What a request says about where it comes from: raw strings, nothing parsed yet.

    ``client_hints`` has lower-case header names as keys. ``device_token`` is the value of
    the long-lived browser cookie, if one was sent. Not frozen, because one is made for
    each request and freezing would double its price.
    """

    ip_address: str | None
    user_agent: str
    client_hints: Mapping[str, str] = field(default_factory=dict)
    device_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a session was seen from; the place was looked up once, when it was seen."""

    ip_address: str | None
    place: Place = UNKNOWN_PLACE


@dataclass(frozen=True, slots=True)
class End:
    """A session's end: when, why and by whom. There is no way back from it (I1).

    ``note`` is what an administrator tells the person about it, if anything.
    """

    at: datetime
    reason: EndedReason
    by: Actor
    note: str | None = None

    @classmethod
    def by_limit(cls, passed: LimitPassed) -> End:
        """The end that a limit brought."""
        note = passed.change.reason if passed.change else ""
        return cls(passed.at, EndedReason(passed.limit.value), Actor.policy(), note or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One place where one person is logged in. All times are aware and UTC.

    ``user_id`` is the app's own, as text; ``None`` for a visitor who is not logged in.
    ``organizations`` are those whose policies apply, each with the time since when.
    ``generation`` is the database's counter as it was before the credentials were checked.
    """

    id: str
    user_id: str | None
    organizations: Mapping[str, datetime]
    generation: int
    created_at: datetime
    authenticated_at: datetime
    last_used_at: datetime
    persistent: bool
    ends_by: datetime | None
    methods: tuple[str, ...]
    user_agent: str
    client_hints: Mapping[str, str]
    first_seen_from: Sighting
    last_seen_from: Sighting
    name: str | None = None
    ended: End | None = None

    def passed_limit(self, versions: Iterable[Version], now: datetime) -> LimitPassed | None:
        """The limit that this live session has passed by ``now``, if any."""
        return judge(versions, self, now)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one check.

    ``session`` is the live session, or ``None`` with the ``reason`` why not. ``cookie``
    says what happens to the cookie: it is cleared only for a session known to be ended
    or a well-formed token known to nobody (I4).
    """

    session: Session | None
    reason: EndedReason | Refusal | None
    cookie: Literal["keep", "set", "clear"]


MALFORMED = Decision(None, Refusal.MALFORMED, "keep")
DUPLICATE_COOKIE = Decision(None, Refusal.DUPLICATE_COOKIE, "keep")
UNKNOWN = Decision(None, Refusal.UNKNOWN, "clear")


@dataclass(frozen=True, slots=True)
class Login:
    """The moment at which a login began: what was ended after it, it cannot outlive.

    ``generation`` decides that. ``at`` only says which sessions in the same browser are older
    than it, and so replaced by it.

    Raises:
        InvalidUserIdError: Nobody can have this user id.
    """

    user_id: str | None
    generation: int
    at: datetime

    def __post_init__(self) -> None:
        if self.user_id is not None:
            check_user_id(self.user_id)


@dataclass(frozen=True, slots=True)
class Started:
    """A new session, its token, the browser's device token, and whom it replaced (ids)."""

    session: Session
    token: SessionToken
    device_token: SessionToken | None
    ended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rotated:
    """A session that goes on under a new token."""

    session: Session
    token: SessionToken


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an end brought about, told once it holds everywhere (I2).

    Not so if it is ``pending``: it was asked for inside a transaction of the application, holds
    from when that commits, and is void if that is rolled back.
    """

    ended: int
    already_ended: int
    effective_at: datetime
    took: timedelta
    nodes_confirmed: int = 0
    leases_waited_out: int = 0
    pending: bool = False


def device_name(text: str | None) -> str | None:
    """A person's own name for a device, or ``None`` for no name.

    Raises:
        InvalidNameError: Too long, or with characters that could mislead a reader.
    """
    name = (text or "").strip()
    if len(name) > NAME_LENGTH:
        raise InvalidNameError(f"A name can have up to {NAME_LENGTH} characters.")
    if not all(character.isprintable() for character in name):
        raise InvalidNameError("A name cannot hold control or direction characters.")
    return name or None
