"""The JSON API for administrators: the log of events."""

from __future__ import annotations

from msgspec import UNSET

from signedin.web.admin import bodies as admin
from signedin.web.admin import guard
from signedin.web.admin import told as admin_told
from signedin.web.operations import Answer
from signedin.web.problems import INVALID, Refused, invalid
from signedin.web.visit import Visit


def list_events(visit: Visit, query: admin.Log) -> Answer[admin.EventList]:
    log = visit.parts.sessions.events
    if query.after is UNSET:
        before = admin.LARGEST_POSITION if query.before is UNSET else query.before
        events = log.latest(query.limit, before=before, user_id=query.user or None)
    elif query.before is UNSET and not query.user:
        events = log.after(query.after, query.limit)
    else:
        raise Refused(invalid("after goes with neither before nor user"))
    told = [admin_told.happened(position, event) for position, event in events]
    return Answer(admin.EventList(told))


OPERATIONS = (
    guard.operation(
        list_events,
        method="GET",
        path="/api/v1/admin/events",
        summary="Read the log of events",
        description="The newest first; with `after` the oldest first, to follow the log. The "
        "next page is behind the position of the last event. IP addresses are left out.",
        refusals=(INVALID,),
    ),
)
