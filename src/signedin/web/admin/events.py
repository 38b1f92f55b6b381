"""The log of events, in words; the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from signedin.core.event import Event, EventKind
from signedin.core.session import EndedReason
from signedin.service.event_log import BEHIND_ALL
from signedin.web import times
from signedin.web.admin import people
from signedin.web.admin.policy_words import scope_name, who
from signedin.web.problems import NOT_FOUND, Refused
from signedin.web.server import server
from signedin.web.times import Time
from signedin.web.views import REASONS
from signedin.web.views import marked as _
from signedin.web.visit import Visit

HOME = "/admin/events"
_SHOWN = 50

_HAPPENED = {
    EventKind.STARTED: _("Logged in"),
    EventKind.ENDED: _("Session ended"),
    EventKind.ROTATED: _("Entered the password again"),
    EventKind.RENAMED: _("Session renamed"),
    EventKind.LOGIN_FAILED: _("Login failed"),
    EventKind.PASSWORD_CHANGED: _("Password changed"),
    EventKind.POLICY_CHANGED: _("Policy changed"),
    EventKind.ORGANIZATION_CREATED: _("Organization created"),
    EventKind.ORGANIZATION_DELETED: _("Organization deleted"),
    EventKind.MEMBER_JOINED: _("Joined an organization"),
    EventKind.MEMBER_LEFT: _("Left an organization"),
    EventKind.USER_CREATED: _("Account created"),
    EventKind.USER_DISABLED: _("Account disabled"),
    EventKind.VIEWED: _("Sessions looked at by an administrator"),
    EventKind.NOT_PERMITTED: _("Refused: not an administrator"),
}
_ENDED = {
    **REASONS,
    EndedReason.TERMINATED: _("Terminated"),
    EndedReason.ACCOUNT_DISABLED: _("Account disabled"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One event: what, with what was noted about it, when, about whom, by whom."""

    what: str
    more: str
    at: Time
    person: str | None
    address: str | None
    by: str


def events_page(visit: Visit) -> Response:
    query = visit.request.query_params
    if typed := query.get("person", "").strip()[: people.QUERY_LENGTH]:
        found = server(visit).accounts.find(typed)
        if found is not None:
            return visit.redirect(HOME, user=found.id)
    user_id = query.get("user")
    person = None if user_id is None else server(visit).accounts.get(user_id)
    if user_id is not None and person is None:
        raise Refused(NOT_FOUND)
    before = _position(query.get("before", ""))
    events = (
        [] if typed else visit.parts.sessions.events.latest(_SHOWN, before=before, user_id=user_id)
    )
    filters = {} if person is None else {"user": person.id}
    more = visit.url(HOME, **filters, before=str(events[-1][0])) if len(events) == _SHOWN else None
    return visit.page(
        "admin/events.html",
        rows=_rows(visit, [event for _, event in events]),
        person=person,
        typed=typed,
        is_first=before == BEHIND_ALL,
        start=visit.url(HOME, **filters),
        next=more,
    )


def _position(text: str) -> int:
    """A position in an address; behind everything if it is none."""
    is_one = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if is_one else BEHIND_ALL


def _rows(visit: Visit, events: list[Event]) -> list[Row]:
    now, locale = visit.parts.sessions.clock.now(), visit.parts.renderer.locale
    ids = {event.user_id for event in events if event.user_id is not None}
    users = {i: server(visit).accounts.get(i) for i in ids}
    rows = []
    for event in events:
        user = None if event.user_id is None else users[event.user_id]
        rows.append(
            Row(
                visit.say(_HAPPENED[event.kind]),
                _more(visit, event),
                times.ago(event.at, now, locale, visit.say("Just now")),
                None if user is None else user.email,
                None if user is None else visit.url(people.address(user)),
                who(visit, event.actor),
            )
        )
    return rows


def _more(visit: Visit, event: Event) -> str:
    """What was noted: reasons, names; never an address."""
    told: Mapping[str, str | int | None] = event.details
    parts = []
    if event.kind is EventKind.ENDED:
        parts.append(visit.say(_ENDED[EndedReason(str(told["reason"]))]))
    if "scope" in told and event.kind is not EventKind.ENDED:
        parts.append(scope_name(visit, str(told["scope"])))
    if "organization" in told:
        parts.append(str(told["organization"]))
    if event.kind is EventKind.POLICY_CHANGED and told.get("reason"):
        parts.append(str(told["reason"]))
    if told.get("note"):
        parts.append(str(told["note"]))
    if "path" in told:
        parts.append(str(told["path"]))
    return " · ".join(parts)
