"""Flask: ``SignedIn(app)`` makes ``session`` a session on the server that can be ended.

Log-in code that sets a key of ``session`` goes on working, Flask-Login's too. Flask-Login's
own "remember me" cookie would bring back what was ended, so it is neither set nor believed:
the session itself is remembered instead.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, cast

import flask
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin

from signedin.core.app_data import AppData
from signedin.core.cookie import CookieNames
from signedin.core.errors import StoreUnavailableError
from signedin.core.session import Receipt, Session, Started
from signedin.old_cookies import FlaskCookies
from signedin.request import RETRY_AFTER, UNAVAILABLE, DataSettings, RequestState
from signedin.saving import NOT_SAVED, refusal, save
from signedin.service.sessions import SessionService
from signedin.wiring import Sessions
from signedin.wsgi import request_state

_REMEMBER = "_remember"  # Flask-Login's order to its own cookie
_PERMANENT = "_permanent"
_OF_THE_BODY = ("Content-Encoding", "Content-Disposition", "Content-Range", "ETag", "Last-Modified")
_PLAIN = (str, int, float, bool, type(None))


class SignedIn(SessionInterface):
    """Keeps the sessions of a Flask application.

    Args:
        app: The application; or call ``init_app``.
        sessions: What keeps the sessions; left out, the database that ``SIGNEDIN_DATABASE`` of
            the configuration names, or ``sessions.db`` in the instance folder.
        user_key: The key of ``session`` by which the application's log-in code says who is
            logged in: ``_user_id`` is Flask-Login's.
        cookies: The names of the cookies.
        trusted_proxies: Peers whose word about the client's address is believed.
        adopt_until: Until then, cookies that Flask itself signed are honoured, each once.
        bearer: Whether apps may send their token as ``Authorization: Bearer``.
    """

    def __init__(
        self,
        app: flask.Flask | None = None,
        sessions: SessionService | None = None,
        *,
        user_key: str = "_user_id",
        cookies: CookieNames | None = None,
        trusted_proxies: Sequence[IPv4Network | IPv6Network] = (),
        adopt_until: datetime | None = None,
        bearer: bool = False,
    ) -> None:
        self._given = self._sessions = sessions
        self._user_key = user_key
        self._cookies = cookies or CookieNames()
        self._trusted_proxies = trusted_proxies
        self._adopt_until = adopt_until
        self._bearer = bearer
        self._serializer = TaggedJSONSerializer()
        if app is not None:
            self.init_app(app)

    def init_app(self, app: flask.Flask) -> None:
        """Become the session interface of ``app``; each has the database of its own settings."""
        self._sessions = self._given or Sessions(
            app.config.get("SIGNEDIN_DATABASE") or _in_instance(app)
        )
        app.extensions["signedin"] = self._sessions
        app.session_interface = self
        app.register_error_handler(StoreUnavailableError, _unavailable)

    @property
    def sessions(self) -> SessionService:
        """What keeps the sessions of the app that came last: list them, end them."""
        if self._sessions is None:
            raise RuntimeError("Call SignedIn(app) or init_app(app) first.")
        return self._sessions

    def open_session(self, app: flask.Flask, request: flask.Request) -> FlaskSession:
        """The session of a request, as ``flask.session``."""
        state = request_state(
            request.environ,
            app.extensions["signedin"],
            cookies=self._cookies,
            trusted_proxies=self._trusted_proxies,
            old_cookies=self._old_cookies(app),
            bearer=self._bearer,
        )
        remembering = app.config.get("REMEMBER_COOKIE_NAME", "remember_token")
        return FlaskSession(
            state, self._serializer, others_cookie=state.find_cookie(remembering) is not None
        )

    def _old_cookies(self, app: flask.Flask) -> FlaskCookies | None:
        if self._adopt_until is None or not app.secret_key:
            return None
        return FlaskCookies(
            [*(app.config["SECRET_KEY_FALLBACKS"] or ()), app.secret_key],
            self._user_key,
            self._adopt_until,
            app.config["SESSION_COOKIE_NAME"],
            app.permanent_session_lifetime,
            self.get_cookie_path(app),
            self.get_cookie_domain(app),
            lambda value: self._serializer.loads(json.dumps(value)),
        )

    def save_session(
        self, app: flask.Flask, session: SessionMixin, response: flask.Response
    ) -> None:
        """Keep what was changed, and let the answer carry the cookies."""
        mine = cast(FlaskSession, session)
        try:
            if mine.modified:
                settings = DataSettings(self._user_key, persistent=mine.permanent)
                save(mine.state, mine, settings)
        except NOT_SAVED as error:
            _replace(response, *refusal(mine.state, error))
        except StoreUnavailableError:
            _replace(response, 503, UNAVAILABLE)
            response.headers["Retry-After"] = RETRY_AFTER
        for name, value in mine.state.headers():
            if name == "Set-Cookie":
                response.headers.add(name, value)
            elif name == "Vary":
                response.vary.add(value)
            else:
                response.headers[name] = value


class FlaskSession(AppData, SessionMixin):
    """``flask.session``, kept on the server. Holds what Flask's own serializer can hold."""

    # Apps set the one on every request, and Flask-Login then the other.
    incidental = frozenset({_PERMANENT, "_fresh"})

    def __init__(
        self, state: RequestState, serializer: TaggedJSONSerializer, *, others_cookie: bool
    ) -> None:
        def decode(value: Any) -> Any:
            return value if isinstance(value, _PLAIN) else serializer.loads(json.dumps(value))

        super().__init__(state.load_data, encode=serializer.tag, decode=decode)
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
    return _state().session()


def log_in(user_id: str, **how: Any) -> Started:
    """Start a session for a person who proved who they are; see ``signedin.asgi.log_in``."""
    return _state().log_in(user_id, **how)


def log_out() -> Receipt | None:
    """End this request's session and clear its cookie; ``None`` if it had none."""
    return _state().log_out()


def _state() -> RequestState:
    session = flask.session._get_current_object()  # type: ignore[attr-defined]
    if not isinstance(session, FlaskSession):
        raise RuntimeError("Add signedin.flask.SignedIn(app) to the application.")
    return session.state


def _in_instance(app: flask.Flask) -> str:
    return f"sqlite:///{Path(app.instance_path) / 'sessions.db'}"


def _unavailable(error: StoreUnavailableError) -> flask.Response:
    response = flask.Response()
    _replace(response, 503, UNAVAILABLE)
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def _replace(response: flask.Response, status: int, text: str) -> None:
    for name in _OF_THE_BODY:
        response.headers.pop(name, None)
    response.status_code = status
    response.set_data(text)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Cache-Control"] = "no-store"
