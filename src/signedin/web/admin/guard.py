"""Who may come in: administrators, asked of the database on every request.

To everybody else the pages do not exist, and the API says that they are not permitted; both
are written down, as is each look at other people's sessions (security.md, R-13 and V-06).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.responses import Response

from signedin.core.event import Event, EventKind
from signedin.core.permission import Actor
from signedin.web.endpoints import Handler
from signedin.web.operations import Operation
from signedin.web.problems import (
    CONFIRMATION_REQUIRED,
    NOT_FOUND,
    NOT_PERMITTED,
    Problem,
    Refused,
)
from signedin.web.visit import Visit

_PATH_KEPT = 200  # characters of what somebody asked for


def page(handler: Handler) -> Handler:
    """The handler of a page that only administrators know of."""
    return _guarded(handler, NOT_FOUND)


def operation(handler: Callable[..., Response], *, acts: bool = False, **told: Any) -> Operation:
    """An operation of the API that only administrators may ask for.

    Args:
        acts: Whether it needs a login that is younger than 15 minutes.
        told: As for any operation.
    """
    refusals = (NOT_PERMITTED, *told.pop("refusals", ()))
    if acts:
        refusals += (CONFIRMATION_REQUIRED,)
    guarded = _guarded(handler, NOT_PERMITTED)
    return Operation(handler=guarded, tag="Administration", refusals=refusals, **told)


def administrator(visit: Visit) -> Actor:
    """The administrator who asks, by name, from their own session."""
    session = visit.session
    return Actor.admin(visit.person.email, session.id, session.authenticated_at)


def note_view(visit: Visit, user_id: str | None = None, **details: str) -> None:
    """Write down that an administrator looks at somebody's sessions, before they are shown.

    Args:
        user_id: Whose; ``None``: several people's, as ``details`` say.
    """
    _record(visit, EventKind.VIEWED, administrator(visit), user_id, **details)


def _guarded(handler: Callable[..., Response], problem: Problem) -> Callable[..., Response]:
    @wraps(handler)  # the API reads from its signature what it takes and answers
    def answer(visit: Visit, **given: Any) -> Response:
        if not visit.person.is_admin:
            path = visit.path[:_PATH_KEPT]
            _record(visit, EventKind.NOT_PERMITTED, visit.actor, visit.user_id, path=path)
            raise Refused(problem)
        return handler(visit, **given)

    return answer


def _record(
    visit: Visit, kind: EventKind, actor: Actor, user_id: str | None, **details: str
) -> None:
    service = visit.parts.sessions
    with service.work() as work:
        now = service.clock.now()
        event = Event(kind=kind, at=now, actor=actor, user_id=user_id, details=details)
        work.transaction.record(event)
