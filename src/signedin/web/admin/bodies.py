"""What administrators send and are told as JSON; see ``web/bodies.py``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from signedin.core.event import EventKind
from signedin.core.policy import LONGEST, MOST_SESSIONS, ORGANIZATION_LENGTH, WhenFull
from signedin.web.bodies import LARGEST_PAGE, Actor, Session, Time

REASON_LENGTH = 200
LARGEST_POSITION = 2**63 - 1

Limit = Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="How many to tell at most.")]
NextCursor = Annotated[str | None, Meta(description="`null` on the last page.")]
Reason = Annotated[
    str,
    Meta(
        max_length=REASON_LENGTH,
        description="Shown to the people whose sessions it is about, and kept in the log.",
        extra_json_schema={"pattern": r"^ *[^\p{C}\p{Z}]([^\p{C}\p{Z}]| )*$"},
    ),
]
# Said to be in these bounds, and refused in a sentence of our own outside them.
Seconds = Annotated[
    int,
    Meta(
        description="A length in seconds; `null` or left out: no limit.",
        extra_json_schema={"minimum": 1, "maximum": int(LONGEST.total_seconds())},
    ),
]
Most = Annotated[
    int,
    Meta(
        description="Sessions of one person; `null` or left out: no limit.",
        extra_json_schema={"minimum": 1, "maximum": MOST_SESSIONS},
    ),
]


# What is sent.


class Search(msgspec.Struct, forbid_unknown_fields=True):
    """Which people are wanted."""

    q: Annotated[
        str, Meta(max_length=200, description="Words of the name or the e-mail address.")
    ] = ""
    limit: Limit = 100
    cursor: (
        Annotated[
            str,
            Meta(
                pattern="^([0-9a-f]{2})+$",
                max_length=2000,
                description="`next_cursor` of the page before; left out: from the start.",
            ),
        ]
        | UnsetType
    ) = UNSET


class EndOfPerson(msgspec.Struct, forbid_unknown_fields=True):
    """Which sessions of the person to end, and why."""

    scope: Annotated[
        Literal["all", "selected"],
        Meta(description="`selected` ends those in `ids`; `all` also stops each login under way."),
    ]
    reason: Reason
    ids: Annotated[
        list[str], Meta(description="Ids that are not the person’s are ignored and not counted.")
    ] = []


class Why(msgspec.Struct, forbid_unknown_fields=True):
    """Why it is done."""

    reason: Reason


class Limits(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """All of a policy: what is left out is no limit."""

    idle_timeout_seconds: Seconds | None = None
    lifetime_seconds: Seconds | None = None
    max_sessions: Most | None = None
    when_full: Annotated[
        WhenFull | None, Meta(description="What a login does that would be one too many.")
    ] = None
    not_before: Annotated[
        str | None,
        Meta(
            description="What was authenticated earlier has ended: `now`, or a time in the past.",
            examples=["now", "2026-11-23T10:31:04Z"],
        ),
    ] = None
    settle_seconds: Seconds | None = None
    confirm_seconds: Seconds | None = None


class NewPolicy(Limits, forbid_unknown_fields=True, kw_only=True):
    """A policy to be saved, and why."""

    reason: Reason
    expected_ends_now: (
        Annotated[
            int, Meta(ge=0, description="What a dry run said; clearly more than that is refused.")
        ]
        | None
    ) = None


class NewOrganization(msgspec.Struct, forbid_unknown_fields=True):
    """An organization to be made."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=ORGANIZATION_LENGTH,
            description="Visible, with a letter or a digit, and none of `:`, `,` and `/`.",
        ),
    ]


class Log(msgspec.Struct, forbid_unknown_fields=True):
    """Which part of the log is wanted; without a position, its end."""

    before: (
        Annotated[
            int,
            Meta(ge=1, le=LARGEST_POSITION, description="Those before it, the newest first."),
        ]
        | UnsetType
    ) = UNSET
    after: (
        Annotated[
            int,
            Meta(ge=0, le=LARGEST_POSITION, description="Those after it, the oldest first."),
        ]
        | UnsetType
    ) = UNSET
    limit: Limit = 100
    user: Annotated[str, Meta(description="Only what happened to the person with this id.")] = ""


# What is answered.


class User(msgspec.Struct):
    """A person with an account."""

    id: str
    email: str
    name: str
    is_admin: bool
    created_at: Time
    disabled_at: Time | None
    organizations: list[str]


class UserList(msgspec.Struct):
    """People by their e-mail addresses."""

    users: list[User]
    next_cursor: NextCursor


class SessionOfPerson(Session, kw_only=True):
    """A session of somebody, told to an administrator: without an IP address."""

    user_id: str | None


class SessionsOfPerson(msgspec.Struct):
    """A person’s live sessions by last use."""

    sessions: list[SessionOfPerson]
    next_cursor: NextCursor


class Policy(Limits, kw_only=True):
    """What holds for a scope, and where that comes from."""

    scope: Annotated[str, Meta(examples=["default", "organization:acme"])]
    source: Annotated[
        Literal["settings", "stored", "none"],
        Meta(description="`settings`: of the server, which hold until something is stored."),
    ]
    changed_at: Time | None
    by: Actor | None
    reason: str | None
    warnings: Annotated[
        list[str], Meta(description="What is allowed and probably not meant. For people.")
    ]


class PolicyList(msgspec.Struct):
    """The policies of everybody and of each organization."""

    policies: list[Policy]


class OwnSession(msgspec.Struct):
    """What becomes of the session that asks."""

    ends_now: bool
    previous_expires_at: Time | None
    expires_at: Time | None


class Effect(msgspec.Struct):
    """What saving a policy would do now."""

    checked_at: Time
    ends_now: Annotated[int, Meta(ge=0, description="Sessions that end at once.")]
    people: Annotated[int, Meta(ge=0, description="Whose sessions end.")]
    shortened: Annotated[int, Meta(ge=0, description="Sessions that end earlier than before.")]
    people_shortened: Annotated[int, Meta(ge=0)]
    sessions: Annotated[list[SessionOfPerson], Meta(description="The first 200 that end at once.")]
    own_session: OwnSession
    warnings: list[str]


class Organization(msgspec.Struct):
    """A group of people for whom a policy of its own can hold."""

    name: str
    created_at: Time
    members: Annotated[int, Meta(ge=0)]


class OrganizationList(msgspec.Struct):
    """The organizations by name."""

    organizations: list[Organization]


class Member(msgspec.Struct):
    """Somebody in an organization."""

    id: Annotated[str, Meta(description="Of the person.")]
    email: str
    name: str
    since: Time


class MemberList(msgspec.Struct):
    """Who is in an organization, by e-mail address."""

    members: list[Member]


class Event(msgspec.Struct):
    """Something that happened."""

    position: Annotated[int, Meta(ge=1, description="Orders the log; times need not.")]
    at: Time
    kind: EventKind
    actor: Actor
    user_id: Annotated[str | None, Meta(description="To whom it happened.")]
    session_id: str | None
    details: dict[str, str | int | None]


class EventList(msgspec.Struct):
    """A part of the log."""

    events: list[Event]
