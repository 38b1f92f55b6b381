"""The JSON API for a person's own sessions (design.md section 7)."""

from __future__ import annotations

from collections.abc import Sequence

from signedin.core.errors import InvalidNameError, SessionNotFoundError
from signedin.core.session import Receipt, Session
from signedin.web import bodies, paging, told
from signedin.web.operations import Answer, Operation
from signedin.web.problems import (
    CONFIRMATION_REQUIRED,
    INVALID,
    NOT_LOGGED_IN,
    Refused,
    invalid,
)
from signedin.web.visit import Visit

ROOT = "/api/v1/sessions"
_ONE = f"{ROOT}/{{id}}"


def list_sessions(visit: Visit, query: bodies.Page) -> Answer[bodies.SessionList]:
    current = visit.session.id

    def position(session: Session) -> paging.Position:
        if session.id == current:
            return paging.FIRST, session.id
        return paging.moment(session.last_used_at), session.id

    part, following = paging.part(visit.parts.sessions.list(visit.user_id), position, query)
    return Answer(bodies.SessionList(tell_live(visit, part, current=current), following))


def get_session(visit: Visit) -> Answer[bodies.Session]:
    return answer_one(visit, visit.own_session())


def get_current_session(visit: Visit) -> Answer[bodies.Session]:
    return answer_one(visit, fresh_current(visit))


def rename_session(visit: Visit, body: bodies.Name) -> Answer[bodies.Session]:
    try:
        renamed = visit.parts.sessions.rename(
            visit.session_id, body.name, user_id=visit.user_id, by=visit.actor
        )
    except InvalidNameError as error:
        raise Refused(invalid(str(error))) from None
    return answer_one(visit, renamed)


def end_session(visit: Visit) -> Answer[bodies.Receipt]:
    return _end(visit, visit.session_id)


def end_current_session(visit: Visit) -> Answer[bodies.Receipt]:
    return _end(visit, visit.session.id)


def end_sessions(visit: Visit, body: bodies.EndMany) -> Answer[bodies.Receipt]:
    service, own = visit.parts.sessions, visit.session.id
    if body.scope == "others":
        receipt = service.terminate_all(visit.user_id, keep=own, by=visit.actor)
    elif body.scope == "all":
        receipt = service.terminate_all(visit.user_id, by=visit.actor)
    else:
        receipt = service.terminate_selected(body.ids, user_id=visit.user_id, by=visit.actor)
    own_ended = body.scope == "all" or (body.scope == "selected" and own in body.ids)
    return answer_end(visit, receipt, own_ended=own_ended)


def list_history(visit: Visit, query: bodies.Page) -> Answer[bodies.History]:
    def position(session: Session) -> paging.Position:
        return paging.moment(session.ended.at) if session.ended else 0, session.id

    service = visit.parts.sessions
    part, following = paging.part(service.history(visit.user_id), position, query)
    ended = told.ended(part, service=service, words=visit.words())
    return Answer(bodies.History(ended, following))


def fresh_current(visit: Visit) -> Session:
    """The session that asks, as it is in the database.

    What memory holds of it is as old as the last look there: it knows neither when nor from
    where the session was used since.
    """
    try:
        return visit.parts.sessions.get(visit.session.id, user_id=visit.user_id)
    except SessionNotFoundError:
        raise Refused(NOT_LOGGED_IN) from None


def answer_one(visit: Visit, session: Session) -> Answer[bodies.Session]:
    (told_one,) = tell_live(visit, [session], current=visit.session.id)
    return Answer(told_one)


def tell_live(
    visit: Visit, sessions: Sequence[Session], *, current: str | None
) -> list[bodies.Session]:
    service, words = visit.parts.sessions, visit.words()
    return told.live(sessions, current=current, service=service, words=words)


def _end(visit: Visit, session_id: str) -> Answer[bodies.Receipt]:
    own = visit.session.id
    receipt = visit.parts.sessions.terminate(session_id, user_id=visit.user_id, by=visit.actor)
    return answer_end(visit, receipt, own_ended=session_id == own)


def answer_end(visit: Visit, receipt: Receipt, *, own_ended: bool) -> Answer[bodies.Receipt]:
    """The receipt of an end; whose own session ended by it is logged out."""
    response = Answer(told.receipt(receipt))
    if own_ended:
        visit.left(response)
    return response


_HOLDS = "When this has answered, no process accepts the session any more."
_OWN = "If it was the session that asks, the answer clears its cookie."

OPERATIONS = (
    Operation(
        method="GET",
        path=ROOT,
        handler=list_sessions,
        summary="List your sessions",
        description="The current one first, then by last use.",
    ),
    Operation(
        method="POST",
        path=f"{ROOT}/end",
        handler=end_sessions,
        summary="End several sessions",
        description=f"{_HOLDS} {_OWN} Ending all of them also stops each login under way.",
        refusals=(CONFIRMATION_REQUIRED,),
    ),
    Operation(
        method="GET",
        path=f"{ROOT}/history",
        handler=list_history,
        summary="List your ended sessions",
        description="The one that ended last first, and the latest 1,000 at most.",
    ),
    Operation(
        method="GET",
        path=f"{ROOT}/current",
        handler=get_current_session,
        summary="Look at the current session",
        limited=False,
    ),
    Operation(
        method="DELETE",
        path=f"{ROOT}/current",
        handler=end_current_session,
        summary="Log out",
        description=f"{_HOLDS} The answer clears its cookie.",
    ),
    Operation(
        method="GET",
        path=_ONE,
        handler=get_session,
        summary="Look at a session",
        description="An ended one is in the history alone.",
    ),
    Operation(
        method="PATCH",
        path=_ONE,
        handler=rename_session,
        summary="Rename a session",
        description="The name is shown beside what the device is, never in its place.",
        refusals=(INVALID,),
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        handler=end_session,
        summary="End a session",
        description=f"{_HOLDS} {_OWN} Ending it a second time is no error: `already_ended` is 1.",
        refusals=(CONFIRMATION_REQUIRED,),
    ),
)
