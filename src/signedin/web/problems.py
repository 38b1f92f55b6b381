"""What can go wrong, in one table: the code that programs see and the words for people.

The JSON API answers with RFC 9457 problems; pages show the same sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.responses import JSONResponse

URN = "urn:signedin:problem:"
Count = Callable[[str, str, int], str]


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that is an error: its stable code, its status and what it says."""

    code: str
    status: int
    title: str
    detail: str
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    def response(self) -> JSONResponse:
        """The problem as `application/problem+json`."""
        body = {
            "type": URN + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.more,
        }
        headers = {"Cache-Control": "no-store", **self.headers}
        return JSONResponse(
            body, self.status, headers=headers, media_type="application/problem+json"
        )


class Refused(Exception):
    """Raised to answer with a problem: as JSON below the API, as a page elsewhere."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


NOT_LOGGED_IN = Problem(
    "not-logged-in", 401, "Not logged in", "Your session has ended. Log in again to continue."
)
WRONG_CREDENTIALS = Problem(
    "wrong-credentials", 401, "Wrong credentials", "That e-mail and password don’t match."
)
WRONG_PASSWORD = Problem("wrong-password", 422, "Wrong password", "That isn’t your password.")
CONFIRMATION_REQUIRED = Problem(
    "confirmation-required",
    403,
    "Confirm it’s you",
    "Enter your password again, then repeat what you did. Nothing was changed.",
)
NOT_PERMITTED = Problem(
    "not-permitted", 403, "Not permitted", "This is for administrators. Nothing was changed."
)
NOT_SAME_ORIGIN = Problem(
    "not-same-origin",
    403,
    "Not from our own page",
    "The browser did not say that this request came from our own page. Nothing was changed.",
)
FORM_EXPIRED = Problem(
    "form-expired",
    403,
    "This form is no longer good",
    "This page is older than your last login or change of password, or your browser keeps no "
    "cookies. Nothing was changed: open the page again.",
)
NOT_FOUND = Problem(
    "not-found", 404, "Not found", "There is nothing here, or it is not yours to see."
)
METHOD_NOT_ALLOWED = Problem(
    "method-not-allowed", 405, "Method not allowed", "This address does not take this method."
)
OVERTAKEN = Problem(
    "login-overtaken",
    409,
    "Something changed meanwhile",
    "Your account or your sessions were changed while you logged in. Log in again.",
)
CHOICE_EXPIRED = Problem(
    "choice-expired", 422, "Too late", "You took longer than ten minutes to choose. Log in again."
)
TOO_LARGE = Problem("too-large", 413, "Too large", "The request is larger than this address takes.")
NOT_JSON = Problem(
    "unsupported-media-type",
    415,
    "Unsupported media type",
    "Send the body as application/json in UTF-8.",
)
NOT_A_FORM = Problem(
    "unsupported-media-type",
    415,
    "Unsupported media type",
    "Send the form as application/x-www-form-urlencoded.",
)
INCOMPLETE = Problem(
    "incomplete-request",
    400,
    "Incomplete request",
    "The connection broke off before the request was complete. Nothing was changed.",
)
BROKEN_JSON = Problem("broken-json", 400, "Broken JSON", "The body is not a JSON document.")
INTERNAL = Problem(
    "internal",
    500,
    "Something broke",
    "This is a mistake of ours. Nothing was changed as far as is known; try again.",
)


def invalid(detail: str) -> Problem:
    """A value that is well-formed and makes no sense."""
    return Problem("invalid-value", 422, "Invalid value", detail)


def too_many_attempts(wait: timedelta, count: Count) -> Problem:
    """Too many failed logins; when to try again, said by ``count`` in the reader's language."""
    minutes = max(1, -(-wait // timedelta(minutes=1)))
    return Problem(
        "too-many-attempts",
        429,
        "Too many tries",
        count(
            "Too many tries. Try again in %(n)s minute.",
            "Too many tries. Try again in %(n)s minutes.",
            minutes,
        ),
        headers={"Retry-After": str(-(-wait // timedelta(seconds=1)))},
    )


def store_unavailable(detail: str) -> Problem:
    """The database cannot be asked; nobody is logged out by that."""
    return Problem(
        "store-unavailable",
        503,
        "The server cannot reach its database",
        detail,
        headers={"Retry-After": "5"},
    )


def outcome_unknown(detail: str) -> Problem:
    """It broke while the change was made final."""
    return Problem(
        "outcome-unknown",
        503,
        "It is not known whether this was done",
        detail,
        headers={"Retry-After": "5"},
    )
