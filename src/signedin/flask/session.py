"""``flask.session``, kept on the server, and what log-in code may ask of it."""

from __future__ import annotations

import json
from typing import Any

import flask
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionMixin

from signedin.core.app_data import AppData
from signedin.core.session import Receipt, Session, Started
from signedin.request import RequestState

_REMEMBER = "_remember"  # Flask-Login's order to its own cookie
_PERMANENT = "_permanent"
_PLAIN = (str, int, float, bool, type(None))


class FlaskSession(AppData, SessionMixin):
    """``flask.session``, kept on the server. Holds what Flask's own serializer can hold."""

    # Apps set the one on every request, and Flask-Login then the other.
    incidental = frozenset({_PERMANENT, "_fresh"})

    def __init__(
        self, state: RequestState, serializer: TaggedJSONSerializer, *, others_cookie: bool
    ) -> None:
        def encode(value: Any) -> Any:
            return value if type(value) in _PLAIN else serializer.tag(value)

        def decode(value: Any) -> Any:
            return value if type(value) in _PLAIN else serializer.loads(json.dumps(value))

        super().__init__(state.load_data, encode=encode, decode=decode)
        self.state = state
        self._others_cookie = others_cookie

    @property
    def permanent(self) -> bool:
        """Whether the cookie of a session that begins now outlives the browser."""
        return bool(self.get(_PERMANENT, False))

    @permanent.setter
    def permanent(self, value: bool) -> None:
        self[_PERMANENT] = bool(value)

    @property
    def modified(self) -> bool:
        """Whether anything was changed, inside the values too."""
        return self.change() is not None

    @modified.setter
    def modified(self, value: bool) -> None:
        """Nothing to say: changes are found by themselves."""

    def __getitem__(self, key: str) -> Any:
        if key != _REMEMBER:
            return super().__getitem__(key)
        if self._others_cookie:
            return "clear"  # to Flask-Login: don't believe that cookie, and remove it
        raise KeyError(key)

    def __setitem__(self, key: str, value: Any) -> None:
        if key != _REMEMBER:
            super().__setitem__(key, value)
        elif value == "set":
            self.permanent = True

    def __delitem__(self, key: str) -> None:
        if key != _REMEMBER:
            super().__delitem__(key)


def current_session() -> Session | None:
    """The live session of this request, or ``None`` if nobody is logged in.

    Raises:
        StoreUnavailableError: It is not known; left alone, the answer is 503.
    """
    return request_state().session()


def log_in(user_id: str, **how: Any) -> Started:
    """Start a session for a person who proved who they are; see ``signedin.asgi.log_in``."""
    return request_state().log_in(user_id, **how)


def log_out() -> Receipt | None:
    """End this request's session and clear its cookie; ``None`` if it had none."""
    return request_state().log_out()


def request_state() -> RequestState:
    session = flask.session._get_current_object()  # type: ignore[attr-defined]
    if not isinstance(session, FlaskSession):
        raise RuntimeError("Add signedin.flask.SignedIn(app) to the application.")
    return session.state
