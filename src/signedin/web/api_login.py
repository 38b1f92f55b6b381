"""The JSON API for what only the stand-alone server does: log in, and prove it once more."""

from __future__ import annotations

from signedin.core.errors import CapReachedError
from signedin.web import bodies
from signedin.web.api import ROOT, answer_one, fresh_current, tell_live
from signedin.web.confirm import confirm
from signedin.web.login import authenticate, start
from signedin.web.operations import Answer, Operation
from signedin.web.problems import (
    CAP_REACHED,
    NOT_LOGGED_IN,
    OVERTAKEN,
    STORE_UNAVAILABLE,
    TOO_MANY_ATTEMPTS,
    WRONG_CREDENTIALS,
    WRONG_PASSWORD,
    Refused,
    cap_reached,
)
from signedin.web.visit import Visit


def log_in(visit: Visit, body: bodies.LogIn) -> Answer[bodies.Session]:
    authenticated = authenticate(visit, body.email, body.password)
    try:
        start(visit, authenticated, persistent=body.persistent, end=body.end)
    except CapReachedError as error:
        choice = error.sessions if error.may_choose else ()
        raise Refused(cap_reached(tell_live(visit, choice, current=None))) from None
    decision = visit.state.read()
    session = decision.session if decision else None
    if session is None:
        raise Refused(NOT_LOGGED_IN)
    (started,) = tell_live(visit, [session], current=session.id)
    return Answer(started, 201, {"Location": visit.url(f"{ROOT}/{session.id}")})


def confirm_current_session(visit: Visit, body: bodies.Confirm) -> Answer[bodies.Session]:
    confirm(visit, body.password)
    return answer_one(visit, fresh_current(visit))


OPERATIONS = (
    Operation(
        method="POST",
        path=ROOT,
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
        method="POST",
        path=f"{ROOT}/current/confirm",
        handler=confirm_current_session,
        summary="Confirm that it is you",
        description="Takes your password again and gives the session a new token, after which "
        "what was answered with `confirmation-required` can be done.",
        sends=("Set-Cookie",),
        refusals=(WRONG_PASSWORD, TOO_MANY_ATTEMPTS),
    ),
)
