"""Step-up in place: who acts proves again who they are, and nothing that was sent is lost.

A page that may need it wraps its handler in ``confirming``. The API answers
`confirmation-required` instead, and takes the password at an address of its own.
"""

from __future__ import annotations

from starlette.responses import Response

from signedin.accounts.errors import TooManyAttemptsError, WrongPasswordError
from signedin.core.errors import ConfirmationNeededError
from signedin.web.endpoints import Handler
from signedin.web.problems import WRONG_PASSWORD, Refused, too_many_attempts
from signedin.web.server import server
from signedin.web.visit import Visit

PASSWORD = "confirm_password"  # noqa: S105 - the name of a field
_NOT_KEPT = frozenset({PASSWORD, "form_token"})


def confirming(act: Handler) -> Handler:
    """The handler of a form whose act may need a proof of presence.

    Without one, the answer is a page that asks for the password and sends it, with all
    that the form held, to the same address; there the act goes on. "Cancel" on it leads to
    the same address by GET.
    """

    def answer(visit: Visit) -> Response:
        password = visit.form.get(PASSWORD)
        try:
            if password is not None:
                confirm(visit, password)
            return act(visit)
        except ConfirmationNeededError as needed:
            return _page(visit, 403, is_new=needed.until is not None)
        except _NotConfirmed as refused:
            return _page(visit, refused.problem.status, refused)

    return answer


def confirm(visit: Visit, password: str) -> None:
    """Take the password of who is logged in: the session goes on under a new token (I8).

    Raises:
        Refused: It is another, or too many others were tried.
    """
    try:
        rotated = server(visit).accounts.confirm(visit.user_id, password, token=visit.token)
    except WrongPasswordError:
        raise _NotConfirmed(WRONG_PASSWORD) from None
    except TooManyAttemptsError as error:
        raise _NotConfirmed(too_many_attempts(error.retry_after, visit.count)) from None
    visit.rotated(rotated)


class _NotConfirmed(Refused):
    """The password was not taken: told apart from what the act itself refuses."""


def _page(
    visit: Visit, code: int, refused: Refused | None = None, *, is_new: bool = False
) -> Response:
    problem = None if refused is None else refused.problem
    response = visit.page(
        "confirm.html",
        code,
        kept=[(name, value) for name, value in visit.form.items() if name not in _NOT_KEPT],
        is_new=is_new,
        error=None if problem is None else visit.say(problem.detail),
        here=visit.address,
    )
    response.headers.update({} if problem is None else problem.headers)
    return response
