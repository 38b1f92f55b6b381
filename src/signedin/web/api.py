"""The JSON API for a person's own sessions (design.md section 7)."""

from __future__ import annotations

from collections.abc import Sequence

from signedin.core.errors import CapReachedError, InvalidNameError, SessionNotFoundError
from signedin.core.session import Receipt, Session
from signedin.web import bodies, paging, told
from signedin.web.confirm import confirm
from signedin.web.login import authenticate, clear_site_data, start
from signedin.web.operations import Answer, Operation
from signedin.web.problems import (
    CAP_REACHED,
    CONFIRMATION_REQUIRED,
    INVALID,
    NOT_LOGGED_IN,
    OVERTAKEN,
    STORE_UNAVAILABLE,
    TOO_MANY_ATTEMPTS,
    WRONG_CREDENTIALS,
    WRONG_PASSWORD,
    Refused,
    cap_reached,
    invalid,
)
from signedin.web.visit import Visit

_ROOT = "/api/v1/sessions"
_ONE = f"{_ROOT}/{{id}}"


def log_in(visit: Visit, body: bodies.LogIn) -> Answer[bodies.Session]:
    authenticated = authenticate(visit, body.email, body.password)
    try:
        start(visit, authenticated, persistent=body.persistent, end=body.end)
    except CapReachedError as error:
        choice = error.sessions if error.may_choose else ()
        raise Refused(cap_reached(_live(visit, choice, current=None))) from None
    decision = visit.state.read()
    session = decision.session if decision else None
    if session is None:
        raise Refused(NOT_LOGGED_IN)
    (started,) = _live(visit, [session], current=session.id)
    return Answer(started, 201, {"Location": visit.url(f"{_ROOT}/{session.id}")})


def list_sessions(visit: Visit, query: bodies.Page) -> Answer[bodies.SessionList]:
    current = visit.session.id

    def position(session: Session) -> paging.Position:
        if session.id == current:
            return paging.FIRST, session.id
        return paging.moment(session.last_used_at), session.id

    part, following = paging.part(visit.parts.sessions.list(visit.user.id), position, query)
    return Answer(bodies.SessionList(_live(visit, part, current=current), following))


def get_session(visit: Visit) -> Answer[bodies.Session]:
    return _one(visit, visit.own_session())


def get_current_session(visit: Visit) -> Answer[bodies.Session]:
    return _one(visit, _current(visit))


def confirm_current_session(visit: Visit, body: bodies.Confirm) -> Answer[bodies.Session]:
    confirm(visit, body.password)
    return _one(visit, _current(visit))


def rename_session(visit: Visit, body: bodies.Name) -> Answer[bodies.Session]:
    try:
        renamed = visit.parts.sessions.rename(
            visit.session_id, body.name, user_id=visit.user.id, by=visit.actor
        )
    except InvalidNameError as error:
        raise Refused(invalid(str(error))) from None
    return _one(visit, renamed)


def end_session(visit: Visit) -> Answer[bodies.Receipt]:
    return _end(visit, visit.session_id)


def end_current_session(visit: Visit) -> Answer[bodies.Receipt]:
    return _end(visit, visit.session.id)


def end_sessions(visit: Visit, body: bodies.EndMany) -> Answer[bodies.Receipt]:
    service, own = visit.parts.sessions, visit.session.id
    if body.scope == "others":
        receipt = service.terminate_all(visit.user.id, keep=own, by=visit.actor)
    elif body.scope == "all":
        receipt = service.terminate_all(visit.user.id, by=visit.actor)
    else:
        receipt = service.terminate_selected(body.ids, user_id=visit.user.id, by=visit.actor)
    own_ended = body.scope == "all" or (body.scope == "selected" and own in body.ids)
    return _receipt(visit, receipt, own_ended=own_ended)


def list_history(visit: Visit, query: bodies.Page) -> Answer[bodies.History]:
    def position(session: Session) -> paging.Position:
        return paging.moment(session.ended.at) if session.ended else 0, session.id

    service = visit.parts.sessions
    part, following = paging.part(service.history(visit.user.id), position, query)
    ended = told.ended(part, service=service, words=visit.words())
    return Answer(bodies.History(ended, following))


def _current(visit: Visit) -> Session:
    """The session that asks, as it is in the database.

    What memory holds of it is as old as the last look there: it knows neither when nor from
    where the session was used since.
    """
    try:
        return visit.parts.sessions.get(visit.session.id, user_id=visit.user.id)
    except SessionNotFoundError:
        raise Refused(NOT_LOGGED_IN) from None


def _one(visit: Visit, session: Session) -> Answer[bodies.Session]:
    (one,) = _live(visit, [session], current=visit.session.id)
    return Answer(one)


def _live(
    visit: Visit, sessions: Sequence[Session], *, current: str | None
) -> list[bodies.Session]:
    service, words = visit.parts.sessions, visit.words()
    return told.live(sessions, current=current, service=service, words=words)


def _end(visit: Visit, session_id: str) -> Answer[bodies.Receipt]:
    own = visit.session.id
    receipt = visit.parts.sessions.terminate(session_id, user_id=visit.user.id, by=visit.actor)
    return _receipt(visit, receipt, own_ended=session_id == own)


def _receipt(visit: Visit, receipt: Receipt, *, own_ended: bool) -> Answer[bodies.Receipt]:
    response = Answer(told.receipt(receipt))
    if own_ended:
        visit.state.ended()
        clear_site_data(visit, response)
    return response


_HOLDS = "When this has answered, no process accepts the session any more."
_OWN = "If it was the session that asks, the answer clears its cookie."

OPERATIONS = (
    Operation(
        method="POST",
        path=_ROOT,
        handler=log_in,
        summary="Log in",
        description="Starts a session and sets its cookie. A session whose cookie is sent along "
        "ends, as `replaced`. Where `cap-reached` names sessions, send the same again with the "
        "ids of those that shall `end`.",
        public=True,
        status=201,
        sends=("Location", "Set-Cookie"),
        refusals=(
            WRONG_CREDENTIALS,
            TOO_MANY_ATTEMPTS,
            OVERTAKEN,
            CAP_REACHED,
            STORE_UNAVAILABLE,
        ),
    ),
    Operation(
        method="GET",
        path=_ROOT,
        handler=list_sessions,
        summary="List your sessions",
        description="The current one first, then by last use.",
    ),
    Operation(
        method="POST",
        path=f"{_ROOT}/current/confirm",
        handler=confirm_current_session,
        summary="Confirm that it is you",
        description="Takes your password again and gives the session a new token, after which "
        "what was answered with `confirmation-required` can be done.",
        sends=("Set-Cookie",),
        refusals=(WRONG_PASSWORD, TOO_MANY_ATTEMPTS),
    ),
    Operation(
        method="POST",
        path=f"{_ROOT}/end",
        handler=end_sessions,
        summary="End several sessions",
        description=f"{_HOLDS} {_OWN} Ending all of them also stops each login under way.",
        refusals=(CONFIRMATION_REQUIRED,),
    ),
    Operation(
        method="GET",
        path=f"{_ROOT}/history",
        handler=list_history,
        summary="List your ended sessions",
        description="The one that ended last first, and the latest 1,000 at most.",
    ),
    Operation(
        method="GET",
        path=f"{_ROOT}/current",
        handler=get_current_session,
        summary="Look at the current session",
        limited=False,
    ),
    Operation(
        method="DELETE",
        path=f"{_ROOT}/current",
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
