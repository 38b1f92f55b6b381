"""An app with people and a login of its own, which mounts the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware as SignedCookie
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from signedin.asgi import SessionMiddleware, current_session, log_in, request_state
from signedin.core.cookie import CookieNames
from signedin.web.mounted import Person
from signedin.wiring import Sessions
from tests.clients import CHROME

NAMES = CookieNames("app_session", "app_device", "app_pre", secure=False)
ORIGIN = "http://testserver"
PEOPLE = {
    "1": Person("Ada Lovelace", "ada@example.org"),
    "2": Person("Bob"),
}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def enter(request: Request) -> Response:
    """The app's login: it believes everybody, and keeps a cookie of its own."""
    session, user_id = current_session(request), request.query_params["user"]
    if session is not None and session.user_id == user_id:
        state = request_state(request)
        sessions: Sessions = request.app.state.sessions
        state.rotated(sessions.rotate(state.token or "", methods=["pwd"]))
    else:
        log_in(request, user_id, methods=["pwd"])
    request.session["user"] = user_id
    return Response("Welcome.")


def whom(request: Request) -> Response:
    """Whom the app takes this browser for, by its own cookie and by the session."""
    session = current_session(request)
    by_session = None if session is None else session.user_id
    return JSONResponse({"app": request.session.get("user"), "session": by_session})


def forget(request: Request) -> None:
    """What the app does when somebody logs out."""
    request.session.clear()


def app_around(
    sessions: Sessions, mounted: ASGIApp, *, at: str = "/me", checked: bool = True
) -> Starlette:
    """The app; ``checked``: the pages are behind the app's own middleware."""
    own = Starlette(
        routes=[Route("/enter", enter, methods=["POST"]), Route("/whom", whom)],
        middleware=[Middleware(SessionMiddleware, sessions, cookies=NAMES)],
    )
    inside: ASGIApp = SessionMiddleware(mounted, sessions, cookies=NAMES) if checked else mounted
    app = Starlette(
        routes=[Mount("/app", own), Mount(at, inside)],
        middleware=[Middleware(SignedCookie, secret_key="kept in a test")],
    )
    own.state.sessions = sessions
    return app


class Browser:
    """Somebody's browser at the app."""

    def __init__(self, app: ASGIApp, agent: str = CHROME, *, root: str = "", **how: Any) -> None:
        self.root = root
        self.http = TestClient(
            app,
            base_url=ORIGIN,
            root_path=root,
            client=("203.0.113.7", 50000),
            headers={"user-agent": agent},
            follow_redirects=False,
            **how,
        )

    def enter(self, user_id: str = "1") -> Browser:
        assert self.http.post(f"{self.root}/app/enter?user={user_id}").status_code == 200
        return self

    @property
    def whom(self) -> dict[str, str | None]:
        told: dict[str, str | None] = self.http.get("/app/whom").json()
        return told

    def get(self, path: str, **how: Any) -> Any:
        return self.http.get(path, **how)

    def submit(self, page: str, action: str, **fields: str) -> Any:
        """Open a page and send its form, as a browser without scripts does."""
        html = self.get(page).text
        fields["form_token"] = html.split('name="form_token" value="')[1].split('"')[0]
        return self.http.post(action, data=fields, headers=SAME_ORIGIN)

    def call(self, method: str, path: str, **how: Any) -> Any:
        """Ask the JSON API."""
        return self.http.request(method, path, headers=SAME_ORIGIN, **how)

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.http.cookies)


NewBrowser = Callable[..., Browser]
