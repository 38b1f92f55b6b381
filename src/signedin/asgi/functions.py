"""What an application asks of a request that the middleware has seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from signedin.asgi.protocol import Scope
from signedin.core.session import Login, Receipt, Session, Started
from signedin.request import RequestState

KEY = "signedin"  # in the scope


def is_checked(scope: Scope) -> bool:
    """Whether the middleware has already seen a request."""
    return KEY in scope


def request_state(request: Any) -> RequestState:
    """The state of a request; for those who build on the middleware."""
    scope: Scope = getattr(request, "scope", request)
    try:
        state: RequestState = scope[KEY]
    except KeyError:
        raise RuntimeError("Add signedin.asgi.SessionMiddleware to the application.") from None
    return state


def current_session(request: Any) -> Session | None:
    """The live session of a request, or ``None`` if nobody is logged in.

    Raises:
        StoreUnavailableError: It is not known; the middleware answers 503 for you.
    """
    try:  # as request_state does: this is asked on every request
        state: RequestState = getattr(request, "scope", request)[KEY]
    except KeyError:
        state = request_state(request)
    return state.session()


def log_in(
    request: Any,
    user_id: str,
    *,
    methods: Sequence[str],
    login: Login | None = None,
    persistent: bool = False,
    organizations: Sequence[str] = (),
    ends_by: datetime | None = None,
    data: str | None = None,
    end: Collection[str] = (),
) -> Started:
    """Start a session for a person who proved who they are; the answer carries its cookie.

    The arguments are those of ``Sessions.start``.

    Raises:
        CapReachedError: The policy allows no more sessions; ``end`` did not make room.
        LoginOvertakenError: All of the person's sessions were ended since ``login``.
        StoreUnavailableError: Nothing was started.
    """
    return request_state(request).log_in(
        user_id,
        methods=methods,
        login=login,
        persistent=persistent,
        organizations=organizations,
        ends_by=ends_by,
        data=data,
        end=end,
    )


def log_out(request: Any) -> Receipt | None:
    """End the request's session and clear its cookie; ``None`` if it had none.

    Raises:
        StoreUnavailableError: Nothing is ended yet.
    """
    return request_state(request).log_out()
