"""The pages and the API in a Flask app: a blueprint with one view, which asks them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import flask
from markupsafe import Markup
from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.wrappers import Response

from signedin.asgi.functions import KEY
from signedin.flask.session import request_state
from signedin.service.sessions import SessionService
from signedin.web.mounted import AccountPages, Person, SessionsApi
from signedin.web.wsgi import WsgiApp

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]  # what is mounted chooses

LookUp = Callable[[str], Person | None]


class Mounted(flask.Blueprint):
    """An ASGI app below the prefix at which it is registered, inside the app's own requests."""

    def __init__(
        self,
        name: str,
        make: Callable[..., ASGIApp],
        *,
        person: LookUp | None,
        log_out: Callable[[], object] | None,
        **settings: Any,
    ) -> None:
        super().__init__(name, __name__)
        self._app: flask.Flask | None = None
        self._log_out = log_out or _log_out_of_flask_login
        if person is not None:
            settings["person"] = self._in_the_app(person)
        self.mounted = make(**settings)
        self._through_wsgi = WsgiApp(self._inside)
        how: dict[str, Any] = {"methods": METHODS, "provide_automatic_options": False}
        self.add_url_rule("/", "page", self._answer, defaults={"path": ""}, **how)
        self.add_url_rule("/<path:path>", "page", self._answer, **how)

    def register(self, app: flask.Flask, options: dict[str, Any]) -> None:  # type: ignore[override]
        """Become a part of ``app``."""
        self._app = app
        super().register(app, options)

    def _in_the_app(self, person: LookUp) -> LookUp:
        """The look-up with a context of its own: it runs in another thread than the view."""

        def look_up(user_id: str) -> Person | None:
            assert self._app is not None  # noqa: S101 - or there would be no address to ask
            with self._app.app_context():
                return person(user_id)

        return look_up

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is mounted need not check what the app has checked, and leaves cookies to it."""
        scope.update(scope["wsgi_environ"][KEY])
        await self.mounted(scope, receive, send)

    def _answer(self, path: str) -> Response:
        state, request = request_state(), flask.request
        was_logged_in = request.method not in ("GET", "HEAD") and state.session() is not None
        if was_logged_in:
            dict(flask.session)  # read it while it is there: the app's log-out asks who it was

        root: str = request.environ["SCRIPT_NAME"]
        prefix = request.path[: len(request.path) - len(path)].rstrip("/")
        below = prefix.encode().decode("latin-1")
        inside = request.environ | {
            "SCRIPT_NAME": root + below,
            "PATH_INFO": request.environ["PATH_INFO"][len(below) :],
            KEY: {KEY: state, "app_root_path": root},
        }
        # Whole: what is not read to its end would be left behind in the event loop.
        response = flask.Response.from_app(self._through_wsgi, inside, buffered=True)
        if was_logged_in and state.session() is None:
            self._log_out()
            flask.session.clear()
        return response


class Pages(Mounted):
    """The pages; ``signedin.page`` is where they start."""

    mounted: AccountPages

    def __init__(self, sessions: SessionService, **settings: Any) -> None:
        super().__init__("signedin", partial(AccountPages, sessions), **settings)

    def section(self) -> Markup:
        """The list alone, for a page of the app's own at ``section_url``.

        Empty if nobody is logged in. See ``signedin.web.mounted.AccountPages.section``.
        """
        request = flask.request
        root = request.environ["SCRIPT_NAME"]
        scope = {
            "type": "http",
            "method": "GET",
            "path": root + request.path,
            "query_string": request.query_string,
            "headers": [(n.lower().encode(), v.encode("latin-1")) for n, v in request.headers],
            "app_root_path": root,
            KEY: request_state(),
        }
        mounted_at = flask.url_for("signedin.page").removeprefix(root).rstrip("/")
        return self.mounted.section(scope, mounted_at=mounted_at)


class Api(Mounted):
    """The JSON API alone."""

    def __init__(self, sessions: SessionService, **settings: Any) -> None:
        super().__init__("signedin_api", partial(SessionsApi, sessions), **settings)


def _log_out_of_flask_login() -> None:
    if hasattr(flask.current_app, "login_manager"):
        from flask_login import logout_user  # type: ignore[import-untyped]

        logout_user()
