"""What people set for themselves: how long a session of theirs may go unused.

It can only shorten what the administrator allows, so nothing longer is offered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from starlette.responses import Response

from signedin.core.policy import Policy, user_scope
from signedin.web import times
from signedin.web.notices import Notice, seal
from signedin.web.problems import Refused, invalid, too_many_requests
from signedin.web.visit import Visit

CHANGES = 20  # in a day: each is kept for ever, and read with each of the person's sessions
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_OFFERED = tuple(timedelta(days=days) for days in (1, 3, 7, 14, 30, 90))


@dataclass(frozen=True, slots=True)
class Choice:
    """One length that can be chosen; ``days`` 0 is no limit of one's own."""

    days: int
    text: str
    is_chosen: bool


def choices(visit: Visit) -> list[Choice]:
    """What is offered; nothing if the administrator's limit is shorter than all of it."""
    chosen, longest = _chosen(visit), _longest(visit)
    locale = visit.parts.renderer.locale
    offered = [
        Choice(length.days, times.length(length, locale), length == chosen)
        for length in _OFFERED
        if longest is None or length < longest
    ]
    if not offered:
        return []
    if longest is None:
        text = visit.say("No limit")
    else:
        text = visit.say("%(length)s (everybody’s limit)", length=times.length(longest, locale))
    return [Choice(0, text, chosen is None), *offered]


def set_own_limit(visit: Visit) -> Response:
    """Set or remove the limit; sessions past it end at once, this one is in use."""
    offered = {str(choice.days): choice.days for choice in choices(visit)}
    days = offered.get(visit.form.get("days", ""))
    if days is None:
        raise Refused(invalid(visit.say("Choose one of the lengths that are offered.")))
    service, user_id = visit.parts.sessions, visit.user_id
    _refuse_too_many(visit)
    before = len(service.list(user_id))
    saved = service.policies.set(
        user_scope(user_id),
        Policy(idle_timeout=timedelta(days=days) if days else None),
        by=visit.actor,
        reason=visit.say("Your own setting"),
    )
    ended = before - len(service.list(user_id))
    notice = Notice("limit", count=ended, effective_at=saved.receipt.effective_at.timestamp())
    return visit.to_home(done=seal(notice, visit.token))


def _refuse_too_many(visit: Visit) -> None:
    """Refuse one change more than a day may have.

    Raises:
        Refused: Wait until the first of them is a day old.
    """
    policies, now = visit.parts.sessions.policies, visit.parts.sessions.clock.now()
    history = policies.history(user_scope(visit.user_id))  # the newest first
    wait = history[CHANGES - 1].at + _DAY - now if len(history) >= CHANGES else timedelta()
    if wait > timedelta():
        hours = times.length(-(-wait // _HOUR) * _HOUR, visit.parts.renderer.locale)
        told = visit.say(
            "You have changed this very often. Nothing was changed. Try again in %(hours)s.",
            hours=hours,
        )
        raise Refused(replace(too_many_requests(wait), detail=told))


def _chosen(visit: Visit) -> timedelta | None:
    version = visit.parts.sessions.policies.get(user_scope(visit.user_id))
    return None if version is None else version.policy.idle_timeout


def _longest(visit: Visit) -> timedelta | None:
    """What holds for the person without what they set themselves."""
    return visit.parts.sessions.policies.now_for(None, visit.session.organizations).idle_timeout
