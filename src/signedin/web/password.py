"""Change the password of an account on the stand-alone server."""

from __future__ import annotations

from starlette.responses import Response

from signedin.accounts.errors import TooManyAttemptsError, WeakPasswordError, WrongPasswordError
from signedin.web.account import back, other_sessions
from signedin.web.notices import Notice
from signedin.web.problems import Refused, too_many_attempts
from signedin.web.server import server
from signedin.web.visit import Visit


def password_page(visit: Visit) -> Response:
    return _password_page(visit)


def change_password(visit: Visit) -> Response:
    form = visit.form
    try:
        rotated, receipt = server(visit).accounts.change_password(
            visit.user_id,
            form.get("current_password", ""),
            form.get("new_password", ""),
            token=visit.token,
            end_others="end_others" in form,
        )
    except WrongPasswordError:
        told = visit.say("That isn’t your current password.")
        return _password_page(visit, 422, told, wrong="current_password")
    except WeakPasswordError as error:
        return _password_page(visit, 422, visit.say(str(error)), wrong="new_password")
    except TooManyAttemptsError as error:
        raise Refused(too_many_attempts(error.retry_after, visit.count)) from None
    visit.state.rotated(rotated)
    return back(visit, Notice.of("password", receipt))


def _password_page(
    visit: Visit, code: int = 200, error: str | None = None, *, wrong: str = ""
) -> Response:
    return visit.page(
        "password.html",
        code,
        error=error,
        wrong=wrong,
        others=len(other_sessions(visit)),
        end_others=error is None or "end_others" in visit.form,
    )
