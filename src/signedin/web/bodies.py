"""What goes over the wire as JSON: a class for each body and query of the API.

The API encodes and decodes with these classes, and its OpenAPI document is made of them,
so the two cannot differ: what a field means stands here, once. The first sentence of each
docstring is in the document.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from signedin.core.device import DeviceKind
from signedin.core.network import NetworkKind
from signedin.core.permission import ActorKind
from signedin.core.place import Certainty
from signedin.core.session import NAME_LENGTH, EndedReason

LARGEST_PAGE = 200

# A time in microseconds and the id of a session; see `paging.py`.
CURSOR = r"^[0-9]{16}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

Password = Annotated[str, Meta(examples=["correct horse battery staple"])]
Time = Annotated[
    str, Meta(description="UTC, to the second.", extra_json_schema={"format": "date-time"})
]


# What is sent.


class LogIn(msgspec.Struct, forbid_unknown_fields=True):
    """Who wants to log in. It does not print itself."""

    email: Annotated[str, Meta(examples=["ada@example.org"])]
    password: Password
    persistent: Annotated[
        bool, Meta(description="Whether the cookie outlives the browser: “Keep me logged in”.")
    ] = False
    end: Annotated[
        list[str], Meta(description="Ids from a `cap-reached`: what to end to make room.")
    ] = []

    def __repr__(self) -> str:
        return "LogIn(hidden)"


class Confirm(msgspec.Struct, forbid_unknown_fields=True):
    """The password of who is logged in. It does not print itself."""

    password: Password

    def __repr__(self) -> str:
        return "Confirm(hidden)"


class Name(msgspec.Struct, forbid_unknown_fields=True):
    """The person’s own name for a device; `null` removes it."""

    name: (
        Annotated[
            str,
            Meta(
                max_length=NAME_LENGTH,
                description="Neither control nor direction characters.",
                extra_json_schema={"pattern": r"^([^\p{C}\p{Z}]| )*$"},
            ),
        ]
        | None
    )


class EndMany(msgspec.Struct, forbid_unknown_fields=True):
    """Which sessions to end."""

    scope: Annotated[
        Literal["others", "all", "selected"],
        Meta(description="`others` keeps the session that asks; `selected` ends those in `ids`."),
    ]
    ids: Annotated[
        list[str], Meta(description="Ids that are not yours are ignored and not counted.")
    ] = []


class Page(msgspec.Struct):
    """Which part of a long list is wanted."""

    limit: Annotated[
        int, Meta(ge=1, le=LARGEST_PAGE, description="How many sessions to tell at most.")
    ] = 100
    cursor: (
        Annotated[
            str,
            Meta(
                pattern=CURSOR,
                description="`next_cursor` of the page before; left out: from the start.",
            ),
        ]
        | UnsetType
    ) = UNSET


# What is answered.


class Device(msgspec.Struct):
    """The device behind a session, as far as its own words tell."""

    label: Annotated[str, Meta(examples=["Chrome on macOS"])]
    browser: str | None
    browser_version: str | None
    os: str | None
    kind: DeviceKind
    name: Annotated[str | None, Meta(description="The person’s own name for it.")]


class Location(msgspec.Struct):
    """Where an address is: approximate, always."""

    label: Annotated[str, Meta(examples=["Berlin, Germany"])]
    city: str | None
    region: str | None
    country_code: Annotated[str | None, Meta(description="ISO 3166, two letters.")]
    certainty: Annotated[
        Certainty, Meta(description="The smallest area that the address is believed to be in.")
    ]
    network: NetworkKind


class Actor(msgspec.Struct):
    """Who did it."""

    kind: ActorKind
    id: Annotated[str | None, Meta(description="Of a user: the session that acted; else `null`.")]


class PolicyChange(msgspec.Struct):
    """A change of policy that altered when a session ends."""

    changed_at: Time
    by: Actor
    reason: str
    previous_expires_at: Time | None
    expires_at: Time | None


class Session(msgspec.Struct, kw_only=True):
    """One place where you are logged in."""

    id: Annotated[str, Meta(description="Public, a UUIDv7; it opens nothing.")]
    current: Annotated[bool, Meta(description="Whether it is the session that asks.")]
    device: Device
    location: Location
    updated_at: Annotated[
        Time, Meta(description="The later of the last use and the latest change of policy.")
    ]
    updated_by: Literal["use", "policy"]
    policy_change: Annotated[
        PolicyChange | None,
        Meta(description="The latest change that altered `expires_at`, if there is one."),
    ]
    last_used_at: Time
    logged_in_at: Time
    expires_at: Annotated[
        Time | None, Meta(description="When it ends if it is not used again; `null`: never.")
    ]
    persistent: Annotated[bool, Meta(description="Whether the cookie outlives the browser.")]
    methods: Annotated[
        list[str], Meta(description="How the person logged in: RFC 8176 `amr`.", examples=[["pwd"]])
    ]
    ip_address: Annotated[str | None, Meta(examples=["203.0.113.7"])]
    login_location: Location


class EndedSession(Session, kw_only=True):
    """A session that is over."""

    ended_at: Time
    ended_reason: EndedReason
    ended_by: Actor
    ended_note: Annotated[
        str | None, Meta(description="What who ended it says about it, if anything.")
    ]


class SessionList(msgspec.Struct):
    """The person’s live sessions: the current one first, then by last use."""

    sessions: list[Session]
    next_cursor: Annotated[str | None, Meta(description="`null` on the last page.")]


class History(msgspec.Struct):
    """The person’s ended sessions, the one that ended last first."""

    sessions: list[EndedSession]
    next_cursor: Annotated[str | None, Meta(description="`null` on the last page.")]


class Receipt(msgspec.Struct):
    """What an end brought about."""

    ended: Annotated[int, Meta(ge=0)]
    already_ended: Annotated[int, Meta(ge=0)]
    effective_at: Annotated[
        str,
        Meta(
            description="From here on no process accepts the sessions. UTC, to the millisecond.",
            extra_json_schema={"format": "date-time"},
        ),
    ]
    nodes_confirmed: Annotated[int, Meta(ge=0)]
    leases_waited_out: Annotated[int, Meta(ge=0)]
    took_seconds: Annotated[float, Meta(ge=0)]


class Problem(msgspec.Struct):
    """An error as RFC 9457 has it."""

    type: Annotated[str, Meta(description="`urn:signedin:problem:` and the code.")]
    title: Annotated[str, Meta(description="For people; may change.")]
    status: int
    detail: Annotated[str, Meta(description="For people; may change.")]
    code: Annotated[str, Meta(description="For programs; stays.")]


class CapReached(msgspec.Struct):
    """What a `cap-reached` also tells."""

    sessions: Annotated[
        list[Session],
        Meta(description="Those that may be ended to make room; empty where none may be."),
    ]


class Health(msgspec.Struct):
    """All is well."""

    status: Literal["ok"]
