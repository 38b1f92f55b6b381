"""From exceptions to answers: problems for the API, pages for people."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from signedin.accounts.errors import OrganizationNotFoundError, UserNotFoundError
from signedin.core.errors import (
    ActorEndedError,
    CapReachedError,
    ConfirmationNeededError,
    NotPermittedError,
    OutcomeUnknownError,
    RotationRefusedError,
    SessionNotFoundError,
    StoreUnavailableError,
)
from signedin.web import problems
from signedin.web.problems import Problem, Refused
from signedin.web.visit import Parts, Visit

log = logging.getLogger(__name__)

FOR_PROGRAMS = ("/api/", "/healthz/", "/readyz/", "/metrics/")
Handler = Callable[[Request, Any], Response]


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is told as."""
    match error:
        case Refused():
            return error.problem
        case OutcomeUnknownError():
            return replace(problems.OUTCOME_UNKNOWN, detail=str(error))
        case StoreUnavailableError():
            return problems.STORE_UNAVAILABLE
        case SessionNotFoundError() | UserNotFoundError() | OrganizationNotFoundError():
            return problems.NOT_FOUND
        case ActorEndedError() | RotationRefusedError():
            return problems.NOT_LOGGED_IN
        case ConfirmationNeededError():
            return problems.CONFIRMATION_REQUIRED
        case NotPermittedError():
            return problems.NOT_PERMITTED
        case CapReachedError():
            return problems.CAP_REACHED
        case HTTPException(status_code=404):
            return problems.NOT_FOUND
        case HTTPException(status_code=405):
            return problems.METHOD_NOT_ALLOWED
        case _:
            return problems.INTERNAL


def error_handlers(
    parts: Parts, for_programs: tuple[str, ...] = FOR_PROGRAMS
) -> Mapping[Any, Handler]:
    """What Starlette calls for each kind of exception; below ``for_programs`` no page is drawn."""

    def handle(request: Request, error: Exception) -> Response:
        problem, visit = problem_of(error), Visit(request, parts)
        _note(problem, visit, error)
        path = visit.path.removeprefix(request.scope.get("root_path", ""))
        if f"{path}/".startswith(for_programs):
            response: Response = problem.response()
        elif problem is problems.NOT_LOGGED_IN:
            response = visit.to_login()
        else:
            response = visit.message(problem.title, problem.detail, problem.status)
        response.headers.update(problem.headers)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    kinds = (
        Refused,
        StoreUnavailableError,
        SessionNotFoundError,
        UserNotFoundError,
        OrganizationNotFoundError,
        NotPermittedError,
        RotationRefusedError,
        CapReachedError,
        HTTPException,
        Exception,
    )
    return dict.fromkeys(kinds, handle)


def _note(problem: Problem, visit: Visit, error: Exception) -> None:
    """Log what was refused and may be an attack (O-08), and a database that cannot be asked.

    What broke is logged by the server with its traceback, and a login by the accounts.
    """
    if isinstance(error, StoreUnavailableError):
        level, text = logging.ERROR, str(error)
    elif problem.status == 403 and problem is not problems.CONFIRMATION_REQUIRED:
        level, text = logging.WARNING, f"request refused: {problem.title}"
    elif problem is problems.NOT_FOUND and "id" in visit.request.path_params:
        level, text = logging.INFO, "request refused: no such session, or somebody else's"
    else:
        return
    extra = {
        "code": problem.code,
        "method": visit.request.method,
        "path": visit.path,
        "address": visit.state.client.ip_address,
    }
    log.log(level, "%s", text, extra=extra)
