"""The extension: the session interface of an application, and its pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import flask
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin

from signedin.core.cookie import CookieNames
from signedin.core.errors import StoreUnavailableError
from signedin.core.origin import SAFE_METHODS
from signedin.flask.session import FlaskSession
from signedin.old_cookies import FlaskCookies
from signedin.request import RETRY_AFTER, UNAVAILABLE, DataSettings
from signedin.saving import NOT_SAVED, refusal, save
from signedin.service.sessions import SessionService
from signedin.wiring import Sessions
from signedin.wsgi import request_state

if TYPE_CHECKING:
    from signedin.flask.pages import Pages
    from signedin.web.mounted import Person

_HTTPS = CookieNames()
_OF_THE_BODY = ("Content-Encoding", "Content-Disposition", "Content-Range", "ETag", "Last-Modified")


class SignedIn(SessionInterface):
    """Keeps the sessions of a Flask application.

    Args:
        app: The application; or call ``init_app``.
        sessions: What keeps the sessions; left out, the database that ``SIGNEDIN_DATABASE`` of
            the configuration names, or ``sessions.db`` in the instance folder.
        user_key: The key of ``session`` by which the application's log-in code says who is
            logged in: ``_user_id`` is Flask-Login's.
        cookies: The names of the cookies; left out, those for https, and in debug mode those for
            http on your own machine.
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
        self._cookies = cookies
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

    def pages(
        self,
        *,
        site: str,
        login_url: str,
        person: Callable[[str], Person | None] | None = None,
        log_out: Callable[[], object] | None = None,
        **more: Any,
    ) -> Pages:
        """The pages on which people see and terminate their sessions, to be registered.

        Args:
            site: The name of the app, as people see it.
            login_url: Where the app logs people in; gets ``next``, where to go on.
            person: Who a user id is, asked in an application context of its own.
            log_out: Called inside the request in which somebody ended the session that they use,
                before ``session`` is emptied; left out, Flask-Login's ``logout_user`` if it is
                there.
            more: Whatever else ``signedin.web.mounted.AccountPages`` takes.

        Raises:
            ImportError: The extra ``page-wsgi`` is not installed.
        """
        made: Pages = _pages().Pages(
            self.sessions, site=site, login_url=login_url, person=person, log_out=log_out, **more
        )
        return made

    def api(
        self,
        *,
        person: Callable[[str], Person | None] | None = None,
        log_out: Callable[[], object] | None = None,
        **more: Any,
    ) -> flask.Blueprint:
        """The JSON API alone, to be registered; see ``pages``.

        Raises:
            ImportError: The extra ``page-wsgi`` is not installed.
        """
        made: flask.Blueprint = _pages().Api(self.sessions, person=person, log_out=log_out, **more)
        return made

    def open_session(self, app: flask.Flask, request: flask.Request) -> FlaskSession:
        """The session of a request, as ``flask.session``."""
        state = request_state(
            request.environ,
            app.extensions["signedin"],
            cookies=self._cookies or _cookies_of(app, request),
            trusted_proxies=self._trusted_proxies,
            old_cookies=self._old_cookies(app),
            bearer=self._bearer,
        )
        if request.method not in SAFE_METHODS:
            state.begin_login()
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
            _say_unavailable(response)
        for name, value in mine.state.headers():
            if name == "Set-Cookie":
                response.headers.add(name, value)
            elif name == "Vary":
                response.vary.add(value)
            else:
                response.headers[name] = value


def _pages() -> ModuleType:
    try:
        return import_module("signedin.flask.pages")
    except ImportError as error:
        raise ImportError(
            f"The pages need {error.name}; install it with: pip install 'signedin[flask,page-wsgi]'"
        ) from error


def _cookies_of(app: flask.Flask, request: flask.Request) -> CookieNames:
    return CookieNames.on_loopback(int(request.environ["SERVER_PORT"])) if app.debug else _HTTPS


def _in_instance(app: flask.Flask) -> str:
    return f"sqlite:///{Path(app.instance_path) / 'sessions.db'}"


def _unavailable(error: StoreUnavailableError) -> flask.Response:
    response = flask.Response()
    _say_unavailable(response)
    return response


def _say_unavailable(response: flask.Response) -> None:
    _replace(response, 503, UNAVAILABLE)
    response.headers["Retry-After"] = RETRY_AFTER


def _replace(response: flask.Response, status: int, text: str) -> None:
    for name in _OF_THE_BODY:
        response.headers.pop(name, None)
    response.status_code = status
    response.set_data(text)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Cache-Control"] = "no-store"
