"""The reason that an administrator gives, and people are shown."""

from __future__ import annotations

from signedin.web.admin.bodies import REASON_LENGTH
from signedin.web.problems import Refused, invalid
from signedin.web.visit import Visit


class NoReasonError(ValueError):
    """A reason is missing, too long, or holds what could mislead a reader."""


def reason_of(text: str) -> str:
    """The reason as it is kept.

    Raises:
        NoReasonError: It is none.
    """
    reason = " ".join(text.split())
    if not reason:
        raise NoReasonError("Say why: the people whose sessions this changes are shown it.")
    if len(reason) > REASON_LENGTH:
        raise NoReasonError("A reason can have up to 200 characters.")
    if not reason.isprintable():
        raise NoReasonError("A reason cannot hold control or direction characters.")
    return reason


def required_reason(visit: Visit, text: str) -> str:
    """The same for the API.

    Raises:
        Refused: It is none.
    """
    try:
        return reason_of(text)
    except NoReasonError as error:
        raise Refused(invalid(visit.say(str(error)))) from None
