"""What can go wrong, in one table: the code that programs see and the words for people.

The JSON API answers with RFC 9457 problems; pages show the same sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import msgspec
from starlette.responses import Response

from signedin.web import bodies
from signedin.web.admin import bodies as admin_bodies

PROBLEM_JSON = "application/problem+json"
URN = "urn:signedin:problem:"
Count = Callable[[str, str, int], str]


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that is an error: its stable code, its status and what it says.

    ``carries`` is what its body tells besides, and ``more`` one such.
    """

    code: str
    status: int
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    carries: type[msgspec.Struct] | None = None
    more: msgspec.Struct | None = None

    def response(self) -> Response:
        """The problem as `application/problem+json`."""
        told = bodies.Problem(URN + self.code, self.title, self.status, self.detail, self.code)
        body = msgspec.to_builtins(told)
        if self.more is not None:
            body |= msgspec.to_builtins(self.more)
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(msgspec.json.encode(body), self.status, headers, media_type=PROBLEM_JSON)


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
    "choice-expired",
    422,
    "Too late",
    "That choice came a second time, or after more than ten minutes. Log in again.",
)
TOO_LARGE = Problem("too-large", 413, "Too large", "The request is larger than this address takes.")
HEAD_TOO_LONG = Problem(
    "head-too-long", 431, "Head too long", "The head of this request is too long."
)
BAD_HOST = Problem(
    "bad-host", 400, "Bad host", "A request has to name its host, in exactly one Host header."
)
TOO_SLOW = Problem(
    "too-slow",
    408,
    "Too slow",
    "This request took too long to arrive. Nothing was changed.",
)
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
INVALID = Problem("invalid-value", 422, "Invalid value", "A value makes no sense.")
INVALID_POLICY = Problem(
    "invalid-policy", 422, "Invalid policy", "No session could satisfy this policy."
)
EFFECT_CHANGED = Problem(
    "effect-changed",
    409,
    "The numbers changed",
    "More sessions would end now than when you checked. Nothing was changed: look again.",
    carries=admin_bodies.Effect,
)
ORGANIZATION_TAKEN = Problem(
    "organization-taken",
    409,
    "There is one already",
    "There is an organization with this name already.",
)
CAP_REACHED = Problem(
    "cap-reached",
    409,
    "Too many sessions",
    "You are logged in on as many devices as are allowed. Log out of one of them first.",
    carries=bodies.CapReached,
)
TOO_MANY_ATTEMPTS = Problem(
    "too-many-attempts",
    429,
    "Too many tries",
    "Too many tries. Try again later.",
    headers={"Retry-After": "60"},
)
TOO_MANY_REQUESTS = Problem(
    "too-many-requests",
    429,
    "Too many requests",
    "That was asked for too often. Try again in a moment.",
    headers={"Retry-After": "1"},
)
STORE_UNAVAILABLE = Problem(
    "store-unavailable",
    503,
    "The server cannot reach its database",
    "The server cannot look up sessions right now. Nothing was changed, and nobody was logged "
    "out. Try again in a moment.",
    headers={"Retry-After": "5"},
)
OUTCOME_UNKNOWN = Problem(
    "outcome-unknown",
    503,
    "It is not known whether this was done",
    "The database broke off while the change was made final. Look again in a moment.",
    headers={"Retry-After": "5"},
)
INTERNAL = Problem(
    "internal",
    500,
    "Something broke",
    "This is a mistake of ours. Nothing was changed as far as is known; try again.",
)

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Problem))


def invalid(detail: str) -> Problem:
    """A value that is well-formed and makes no sense."""
    return replace(INVALID, detail=detail)


def cap_reached(choice: list[bodies.Session]) -> Problem:
    """No room for another session; ``choice`` are those that may be ended to make some."""
    detail = CAP_REACHED.detail
    if choice:
        detail = "You are logged in on as many devices as are allowed. Choose what to log out."
    return replace(CAP_REACHED, detail=detail, more=bodies.CapReached(choice))


def too_many_attempts(wait: timedelta, count: Count) -> Problem:
    """Too many failed logins; when to try again, said by ``count`` in the reader's language."""
    minutes = max(1, -(-wait // timedelta(minutes=1)))
    detail = count(
        "Too many tries. Try again in %(n)s minute.",
        "Too many tries. Try again in %(n)s minutes.",
        minutes,
    )
    return replace(_retry(TOO_MANY_ATTEMPTS, wait), detail=detail)


def too_many_requests(wait: timedelta) -> Problem:
    """Too much asked for by one person; when to try again."""
    return _retry(TOO_MANY_REQUESTS, wait)


def _retry(problem: Problem, wait: timedelta) -> Problem:
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    return replace(problem, headers={"Retry-After": str(seconds)})
