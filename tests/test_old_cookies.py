"""An app that used signed cookies changes over: nobody is logged out, and all can be ended."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import flask
import pytest
from itsdangerous import TimestampSigner
from starlette.applications import Starlette
from starlette.datastructures import Secret
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware as SignedCookies
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from signedin.asgi import DataSettings, SessionMiddleware, StarletteCookies
from signedin.core.cookie import CookieNames
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.flask import SignedIn
from signedin.old_cookies import FlaskCookies
from signedin.wiring import Sessions
from tests.clients import CHROME
from tests.clock import FixedClock
from tests.databases import database, open_sessions, sessions, url

__all__ = ["database", "open_sessions", "sessions", "url"]

KEY = "a secret of the app"
NAMES = CookieNames.on_loopback(8000)


class Switched:
    """One app twice: as it was, and with signedin."""

    def __init__(self, log_in_before: Callable[..., str], ask: Callable[[str, str], Any]) -> None:
        self.log_in_before = log_in_before
        self._ask = ask

    def browser(self, old_cookie: str) -> Browser:
        return Browser(old_cookie, self._ask)


class Browser:
    """Sends what it was given, as a browser does."""

    def __init__(self, old_cookie: str, ask: Callable[[str, str], Any]) -> None:
        self.cookies = {"session": old_cookie}
        self._ask = ask

    def who(self) -> Any:
        answer, set_cookies = self.send()
        self.take(set_cookies)
        return answer

    def open(self, path: str) -> None:
        self.take(self.send(path)[1])

    def send(self, path: str = "/who") -> tuple[Any, list[str]]:
        """The answer, and the cookies that the browser has not taken yet."""
        header = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer: tuple[Any, list[str]] = self._ask(path, header)
        return answer

    def take(self, set_cookies: list[str]) -> None:
        for line in set_cookies:
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


@pytest.fixture
def clock() -> FixedClock:
    """Now: the libraries that signed the old cookies have a clock of their own."""
    return FixedClock(datetime.now(UTC) + timedelta(seconds=1))


@pytest.fixture
def until(sessions: Sessions) -> datetime:
    return sessions.clock.now() + timedelta(days=14)


def starlette(sessions: Sessions, until: datetime) -> Switched:
    async def enter(request: Request) -> Response:
        request.session["user"] = int(request.query_params["user"])
        return JSONResponse(None)

    async def who(request: Request) -> Response:
        return JSONResponse(request.session.get("user"))

    async def leave(request: Request) -> Response:
        request.session.clear()
        return JSONResponse(None)

    def app(middleware: Middleware) -> TestClient:
        routes = [Route("/enter", enter), Route("/who", who), Route("/leave", leave)]
        made = Starlette(routes=routes, middleware=[middleware])
        return TestClient(made, headers={"user-agent": CHROME})

    before = app(Middleware(SignedCookies, secret_key=KEY))
    old = StarletteCookies(KEY, user_key="user", until=until)
    settings = DataSettings("user")
    after = app(
        Middleware(SessionMiddleware, sessions, cookies=NAMES, data=settings, old_cookies=old)
    )

    def log_in_before(user: int = 42) -> str:
        before.cookies.clear()
        before.get(f"/enter?user={user}")
        return before.cookies["session"]

    def ask(path: str, cookies: str) -> Any:
        after.cookies.clear()
        answer = after.get(path, headers={"Cookie": cookies})
        return answer.json(), answer.headers.get_list("set-cookie")

    return Switched(log_in_before, ask)


def flask_app(sessions: Sessions, until: datetime) -> Switched:
    def app() -> flask.Flask:
        made = flask.Flask(__name__)
        made.secret_key = KEY

        @made.get("/enter")
        def enter() -> Any:
            flask.session["user"] = int(flask.request.args["user"])
            flask.session["since"] = datetime(2026, 1, 1, tzinfo=UTC)
            return flask.jsonify(None)

        @made.get("/who")
        def who() -> Any:
            since = flask.session.get("since")
            assert since is None or since.year == 2026
            return flask.jsonify(flask.session.get("user"))

        @made.get("/leave")
        def leave() -> Any:
            flask.session.clear()
            return flask.jsonify(None)

        return made

    before, after = app(), app()
    SignedIn(after, sessions, user_key="user", cookies=NAMES, adopt_until=until)

    def log_in_before(user: int = 42) -> str:
        browser = before.test_client()
        browser.get(f"/enter?user={user}")
        cookie = browser.get_cookie("session")
        assert cookie is not None
        return cookie.value

    def ask(path: str, cookies: str) -> Any:
        browser = after.test_client(use_cookies=False)
        answer = browser.get(path, headers={"Cookie": cookies, "User-Agent": CHROME})
        return answer.json, answer.headers.getlist("Set-Cookie")

    return Switched(log_in_before, ask)


@pytest.fixture(params=[starlette, flask_app], ids=["starlette", "flask"])
def switched(request: pytest.FixtureRequest, sessions: Sessions, until: datetime) -> Switched:
    made: Switched = request.param(sessions, until)
    return made


def test_who_was_logged_in_still_is_and_is_in_the_list(
    switched: Switched, sessions: Sessions
) -> None:
    browser = switched.browser(switched.log_in_before())

    assert [browser.who() for _ in range(3)] == [42, 42, 42]

    (session,) = sessions.list("42")
    assert sessions.describe(session).label == "Chrome on macOS"
    assert sorted(browser.cookies) == [NAMES.device, NAMES.session]


def test_answers_that_overtake_the_one_with_the_new_cookie_leave_the_old_one(
    switched: Switched,
) -> None:
    browser = switched.browser(switched.log_in_before())
    _, first = browser.send()

    assert [browser.who(), browser.who()] == [42, 42]

    browser.take(first)
    assert sorted(browser.cookies) == [NAMES.device, NAMES.session]
    assert browser.who() == 42


def test_who_logs_out_before_the_new_cookie_has_come_is_out(
    switched: Switched, sessions: Sessions, clock: FixedClock
) -> None:
    browser = switched.browser(switched.log_in_before())
    browser.send()  # the answer is lost

    browser.open("/leave")

    assert sessions.list("42") == []
    assert sorted(browser.cookies) == []
    clock.advance(timedelta(minutes=1))
    assert browser.who() is None


def test_who_logs_in_anew_before_the_new_cookie_has_come_has_one_session_and_leaves_it_for_good(
    switched: Switched, sessions: Sessions, clock: FixedClock
) -> None:
    browser = switched.browser(switched.log_in_before())
    browser.send()  # the answer is lost

    browser.open("/enter?user=43")

    assert sessions.list("42") == []
    assert [session.user_id for session in sessions.list("43")] == ["43"]
    assert sorted(browser.cookies) == [NAMES.device, NAMES.session]
    browser.open("/leave")
    clock.advance(timedelta(minutes=1))
    assert browser.who() is None


def test_the_terminated_browser_is_out_whichever_cookie_it_sends(
    switched: Switched, sessions: Sessions
) -> None:
    old = switched.log_in_before()
    browser = switched.browser(old)
    browser.who()

    (session,) = sessions.list("42")
    sessions.terminate(session.id, user_id="42", by=Actor.admin("root"))

    assert browser.who() is None
    assert switched.browser(old).who() is None
    assert sessions.list("42") == []


def test_log_out_everywhere_refuses_cookies_that_were_never_seen(
    switched: Switched, sessions: Sessions
) -> None:
    old = switched.log_in_before()
    # What was issued in the same second is refused too.
    sessions.terminate_all("42", by=Actor.admin("root"))

    assert switched.browser(old).who() is None


def test_a_forged_cookie_is_none(switched: Switched, sessions: Sessions) -> None:
    old = switched.log_in_before()

    for forged in (old[:-2] + "xx", "nonsense", "", old + ".x"):
        assert switched.browser(forged).who() is None
    assert sessions.everybodys() == []


@pytest.mark.parametrize("many", [50, pytest.param(1000, marks=pytest.mark.soak)])
def test_all_change_over_and_none_is_logged_out(
    switched: Switched, sessions: Sessions, many: int
) -> None:
    browsers = [switched.browser(switched.log_in_before(user)) for user in range(many)]

    for _ in range(2):
        assert [browser.who() for browser in browsers] == list(range(many))

    assert len(sessions.everybodys()) == many
    sessions.policies.set(
        "default", Policy(), by=Actor.admin("root"), reason="a leak", end_earlier=True
    )
    assert {browser.who() for browser in browsers} == {None}


def test_a_web_socket_may_be_the_first_that_brings_an_old_cookie(
    sessions: Sessions, until: datetime
) -> None:
    """As one that is opened again when the app has started anew."""
    who = starlette(sessions, until)
    cookie = who.log_in_before()

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json(socket.session["user"])
        await socket.close()

    old = StarletteCookies(KEY, user_key="user", until=until)
    middleware = Middleware(
        SessionMiddleware, sessions, cookies=NAMES, data=DataSettings("user"), old_cookies=old
    )
    app = Starlette(routes=[WebSocketRoute("/talk", talk)], middleware=[middleware])
    headers = {"Cookie": f"session={cookie}"}
    with TestClient(app).websocket_connect("/talk", headers=headers) as socket:
        assert socket.receive_json() == 42
        answer: Any = socket.extra_headers
    lines = [value.decode() for name, value in answer if name == b"set-cookie"]

    browser = who.browser(cookie)
    browser.take(lines)
    assert sorted(browser.cookies) == [NAMES.device, NAMES.session]
    assert browser.who() == 42


def test_an_app_may_have_changed_its_key_before(sessions: Sessions, until: datetime) -> None:
    """Flask signs with the newest and believes the others; Starlette's Secret hides its text."""
    believing = FlaskCookies(["older", KEY, "newest"], "user", until)
    assert believing.read(flask_app(sessions, until).log_in_before()) is not None
    hidden = StarletteCookies(Secret(KEY), "user", until)
    assert hidden.read(starlette(sessions, until).log_in_before()) is not None

    app = flask.Flask(__name__)
    app.config.update(SECRET_KEY="newest", SECRET_KEY_FALLBACKS=[KEY])
    SignedIn(app, sessions, user_key="user", cookies=NAMES, adopt_until=until)
    app.add_url_rule("/who", view_func=lambda: flask.jsonify(flask.session.get("user")))
    cookie = flask_app(sessions, until).log_in_before()
    answer = app.test_client(use_cookies=False).get("/who", headers={"Cookie": f"session={cookie}"})
    assert answer.json == 42


def test_what_was_signed_by_a_clock_that_was_ahead_is_not_honoured_yet(until: datetime) -> None:
    """Or it would outlive every "log out everywhere" until that time has come."""
    signer = TimestampSigner(KEY)
    with patch.object(signer, "get_timestamp", lambda: int(time.time()) + 3600):
        cookie = signer.sign(b64encode(b'{"user": 42}')).decode()

    for age in (timedelta(days=14), None):
        assert StarletteCookies(KEY, "user", until, max_age=age).read(cookie) is None


def test_a_user_id_that_json_does_not_know_is_the_same_before_and_after(
    sessions: Sessions, until: datetime
) -> None:
    user = uuid4()
    before, after = flask.Flask(__name__), flask.Flask(__name__)
    for app in (before, after):
        app.secret_key = KEY

        @app.get("/enter")
        def enter() -> Any:
            flask.session["user"] = user
            return ""

    SignedIn(after, sessions, user_key="user", cookies=NAMES, adopt_until=until)
    old = before.test_client()
    old.get("/enter")
    cookie = old.get_cookie("session")
    assert cookie is not None

    after.test_client().get("/enter")
    headers = {"Cookie": f"session={cookie.value}"}
    after.test_client(use_cookies=False).get("/nothing", headers=headers)

    assert [session.user_id for session in sessions.everybodys()] == [str(user)] * 2


def test_an_old_cookie_is_removed_from_where_it_was_set(
    sessions: Sessions, until: datetime
) -> None:
    app = flask.Flask(__name__)
    app.config.update(
        SECRET_KEY=KEY, SESSION_COOKIE_PATH="/shop", SESSION_COOKIE_DOMAIN="example.com"
    )
    SignedIn(app, sessions, user_key="user", cookies=NAMES, adopt_until=until)
    cookie = flask_app(sessions, until).log_in_before()

    answer = app.test_client(use_cookies=False).get("/", headers={"Cookie": f"session={cookie}"})

    (line,) = (text for text in answer.headers.getlist("Set-Cookie") if text.startswith("session="))
    assert {"Max-Age=0", "Path=/shop", "Domain=example.com"} <= set(line.split("; "))


@pytest.mark.parametrize("kind", [StarletteCookies, FlaskCookies])
def test_a_window_without_a_time_zone_is_refused_at_once(kind: Any) -> None:
    with pytest.raises(ValueError, match="time zone"):
        kind(KEY, "user", datetime(2026, 12, 24))
