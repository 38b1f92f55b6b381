"""Keeping what an application changed in its session; shared by the adapters.

Log-in code that knows nothing of signedin logs in and out by a key of the data. Whose the data
is decides what goes along: a visitor's all of it, another person's nothing of it.
"""

from __future__ import annotations

from signedin.core.app_data import AppData, DataChange, merged
from signedin.core.errors import (
    CapReachedError,
    InvalidUserIdError,
    LoginOvertakenError,
    SessionNotFoundError,
)
from signedin.core.session import EndedReason
from signedin.request import DataSettings, RequestState

# What the person hears, see ``refusal``.
NOT_SAVED = (SessionNotFoundError, CapReachedError, LoginOvertakenError, InvalidUserIdError)

_ENDED = "Your session has ended. What was to be kept in it is not kept. Log in again.\n"
_FULL = (
    "You are logged in at as many places as are allowed ({}). "
    "Log out at one of them, then log in again.\n"
)


def save(state: RequestState, data: AppData, settings: DataSettings) -> None:
    """Keep what the application changed; by ``user_key``, log in or out.

    Raises:
        SessionNotFoundError: The session was ended since the request began; nothing is kept.
        LoginOvertakenError: All of the person's sessions were ended since the request began.
        CapReachedError: The policy allows no more sessions of this person; nothing is kept.
        InvalidUserIdError: Nobody can have the id that was set; nothing is kept.
        DataTooLargeError: It would be more than fits.
        StoreUnavailableError: Nothing is kept.
    """
    change = data.change()
    if change is None:
        return
    decision, owner, key = state.read(), state.data_owner, settings.user_key
    session = None if decision is None else decision.session
    user_id = str(data[key]) if key and change.put.get(key) is not None else None
    if user_id is not None and (session is None or session.user_id != user_id):
        is_own = owner is None or owner.user_id in (None, user_id)
        _start(state, user_id, data.as_json() if is_own else merged(None, change), settings)
    elif session is None:
        # A browser whose session was replaced a moment ago has another cookie: leave it that.
        if decision and (decision.reason, decision.cookie) == (EndedReason.REPLACED, "keep"):
            raise SessionNotFoundError
        if change.put.keys() - data.incidental:  # what was read before a log-out stays behind
            _start(state, None, merged(None, change), settings)
    elif session is owner and session.user_id is not None and _leaves_out(change, key):
        state.log_out()
        if data.keys() - data.incidental:
            _start(state, None, data.as_json(), settings)
    else:
        state.change_data(session, change)


def refusal(state: RequestState, error: Exception) -> tuple[int, str]:
    """The status and the text of the answer where nothing could be kept."""
    if isinstance(error, CapReachedError):
        return 409, _FULL.format(error.most)
    if isinstance(error, InvalidUserIdError):
        return 400, f"{error}\n"
    if isinstance(error, LoginOvertakenError):
        return 409, f"{error}\n"
    state.check()  # takes the cookie back, unless another session has taken its place
    return 401, _ENDED


def _start(
    state: RequestState, user_id: str | None, data: str | None, settings: DataSettings
) -> None:
    if user_id is not None and state.login_error is not None:
        raise state.login_error
    login, persistent = state.login, settings.persistent
    state.log_in(user_id, methods=(), login=login, persistent=persistent, data=data)


def _leaves_out(change: DataChange, key: str | None) -> bool:
    return key is not None and (key in change.removed or change.put.get(key, key) is None)
