"""What a change of policy would do, worked out before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from signedin.core.deadline import Timed, Version, deadline

TOLERATED_GROWTH = 20  # one part in so many: five per cent


@dataclass(frozen=True, slots=True)
class Effect:
    """How many sessions end at once or earlier than before, and of how many people.

    ``ending`` and ``shortened`` hold the ids of the first of them, for who wants to look.
    """

    checked_at: datetime
    ends_now: int
    people: int
    shortened: int
    people_shortened: int
    ending: Sequence[str] = ()
    shortening: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Fate:
    """What a change would do to one session: its end as it is and as it would be."""

    before: datetime | None  # None: never by itself
    after: datetime | None
    ends_now: bool


def has_grown(effect: Effect, expected: int) -> bool:
    """Whether clearly more sessions would end than somebody expected."""
    return (effect.ends_now - expected) * TOLERATED_GROWTH > expected


def changed(versions: Sequence[Version], scope: str, new: Version) -> list[Version]:
    """The versions as they will be once ``new`` has replaced what ``scope`` has now."""
    return [_closed(v, scope, new.since) for v in versions] + [new]


def outcome(
    before: Sequence[Version], new: Version, session: Timed
) -> Literal["ends", "shortens"] | None:
    """What a change does to one session, if anything; to one that had ended, nothing.

    Only the new one is looked at: that an old one is replaced can take an end away, and brings
    none nearer.
    """
    was, brought = deadline(before, session), deadline([new], session)
    if brought is None or (was is not None and was.at <= brought.at):
        return None
    return "ends" if brought.at <= new.since else "shortens"


def fate(
    before: Sequence[Version], after: Sequence[Version], session: Timed, now: datetime
) -> Fate:
    """What a change does to one live session, told by its ends."""
    was, becomes = deadline(before, session), deadline(after, session)
    return Fate(
        None if was is None else was.at,
        None if becomes is None else becomes.at,
        ends_now=becomes is not None and becomes.at <= now,
    )


def _closed(version: Version, scope: str, at: datetime) -> Version:
    is_replaced = version.until is None and version.scope == scope
    return replace(version, until=at) if is_replaced else version
