"""What is written down for later: one ordered, append-only list of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signedin.core.permission import Actor


class EventKind(StrEnum):
    """What happened. Stored for ever: add members, never rename one."""

    STARTED = "session_started"
    ENDED = "session_ended"
    ROTATED = "session_rotated"
    RENAMED = "session_renamed"
    LOGIN_FAILED = "login_failed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of event
    POLICY_CHANGED = "policy_changed"
    ORGANIZATION_CREATED = "organization_created"
    ORGANIZATION_DELETED = "organization_deleted"
    MEMBER_JOINED = "member_joined"
    MEMBER_LEFT = "member_left"
    USER_CREATED = "user_created"
    USER_DISABLED = "user_disabled"
    VIEWED = "sessions_viewed"  # an administrator looked at other people's
    NOT_PERMITTED = "not_permitted"  # somebody asked for what is an administrator's


class Scope(StrEnum):
    """How many sessions one act was meant for; told with its events."""

    ONE = "one"
    OTHERS = "others"
    ALL = "all"
    SELECTED = "selected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened: what, when, to whom, by whom.

    An ``address`` among the details is dropped as early as other addresses are.
    """

    kind: EventKind
    at: datetime
    actor: Actor
    user_id: str | None = None
    session_id: str | None = None
    details: Mapping[str, str | int | None] = field(default_factory=dict)
