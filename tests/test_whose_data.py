"""Whose data it is: nobody is shown another's, and nobody is still there after logging out."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import flask
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

import signedin.flask
from signedin import asgi
from signedin.core.cookie import CookieNames
from signedin.core.permission import Actor
from signedin.core.policy import Policy, WhenFull
from signedin.wiring import Sessions
from tests.clients import CHROME
from tests.databases import clock, database, open_sessions, sessions
from tests.engines import cluster, url

__all__ = ["clock", "cluster", "database", "open_sessions", "sessions", "url"]

NAMES = CookieNames.on_loopback(8000)
Data = MutableMapping[str, Any]


@dataclass
class Functions:
    """What log-in code may call instead of setting the key."""

    log_in: Callable[..., Any]
    log_out: Callable[..., Any]
    sessions: Sessions


def enter(data: Data, functions: Functions, user: str) -> None:
    data["user"] = user


def leave(data: Data, functions: Functions) -> None:
    data.pop("user")


def keep(data: Data, functions: Functions, value: str) -> None:
    data["kept"] = value


def enter_by_function(data: Data, functions: Functions, user: str) -> None:
    functions.log_in(user, methods=["pwd"])


def enter_by_both(data: Data, functions: Functions, user: str) -> None:
    functions.log_in(user, methods=["pwd"])
    data["user"] = user


def leave_by_function(data: Data, functions: Functions) -> None:
    functions.log_out()
    data["flash"] = "You have logged out."


def look_and_leave_by_function(data: Data, functions: Functions) -> None:
    assert data["user"]
    leave_by_function(data, functions)


def leave_by_function_and_enter(data: Data, functions: Functions, user: str) -> None:
    assert data["user"]
    functions.log_out()
    data["user"] = user


def look(data: Data, functions: Functions) -> None:
    dict(data)


ACTS: tuple[Callable[..., None], ...] = (
    enter,
    leave,
    keep,
    enter_by_function,
    enter_by_both,
    leave_by_function,
    look_and_leave_by_function,
    leave_by_function_and_enter,
    look,
)


class Answer:
    def __init__(self, status: int, data: Any, set_cookies: list[str]) -> None:
        self.status = status
        self.data = data
        self.set_cookies = set_cookies


class Browser:
    """Keeps cookies as a browser does, unless it is told not to."""

    def __init__(self, ask: Callable[[str, str], Answer]) -> None:
        self.cookies: dict[str, str] = {}
        self._ask = ask

    def get(self, path: str) -> Any:
        return self.take(self.send(path)).data

    def send(self, path: str) -> Answer:
        """The answer, of which the cookies have not come yet."""
        return self._ask(path, "; ".join(f"{n}={value}" for n, value in self.cookies.items()))

    def take(self, answer: Answer) -> Answer:
        for line in answer.set_cookies:
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer


def starlette_app(sessions: Sessions) -> Callable[[str, str], Answer]:
    def route(act: Callable[..., None]) -> Route:
        def endpoint(request: Request) -> Response:
            functions = Functions(
                lambda *args, **how: asgi.log_in(request, *args, **how),
                lambda: asgi.log_out(request),
                sessions,
            )
            act(request.session, functions, **request.query_params)
            return JSONResponse(dict(request.session))

        return Route(f"/{act.__name__}", endpoint)

    middleware = Middleware(
        asgi.SessionMiddleware, sessions, cookies=NAMES, data=asgi.DataSettings("user")
    )
    app = Starlette(routes=[route(act) for act in ACTS], middleware=[middleware])
    client = TestClient(app, headers={"user-agent": CHROME})

    def ask(path: str, cookies: str) -> Answer:
        client.cookies.clear()
        answer = client.get(path, headers={"Cookie": cookies})
        is_json = answer.headers["content-type"] == "application/json"
        data = answer.json() if is_json else answer.text
        return Answer(answer.status_code, data, answer.headers.get_list("set-cookie"))

    return ask


def flask_app(sessions: Sessions) -> Callable[[str, str], Answer]:
    app = flask.Flask(__name__)
    signedin.flask.SignedIn(app, sessions, user_key="user", cookies=NAMES)
    functions = Functions(signedin.flask.log_in, signedin.flask.log_out, sessions)
    for act in ACTS:

        def view(act: Callable[..., None] = act) -> Any:
            act(flask.session, functions, **flask.request.args)
            return dict(flask.session)

        app.add_url_rule(f"/{act.__name__}", act.__name__, view)

    def ask(path: str, cookies: str) -> Answer:
        client = app.test_client(use_cookies=False)
        answer = client.get(path, headers={"Cookie": cookies, "User-Agent": CHROME})
        data = answer.json if answer.is_json else answer.text
        return Answer(answer.status_code, data, answer.headers.getlist("Set-Cookie"))

    return ask


@pytest.fixture(params=[starlette_app, flask_app], ids=["starlette", "flask"])
def browser(request: pytest.FixtureRequest, sessions: Sessions) -> Browser:
    return Browser(request.param(sessions))


def live(sessions: Sessions) -> list[str | None]:
    return [session.user_id for session in sessions.everybodys()]


@pytest.mark.parametrize("way", ["leave_by_function", "look_and_leave_by_function"])
def test_who_logged_out_by_the_function_is_gone_whatever_is_kept_afterwards(
    browser: Browser, sessions: Sessions, way: str
) -> None:
    browser.get("/enter?user=42")
    browser.get("/keep?value=secret")

    browser.get(f"/{way}")

    assert browser.get("/look") == {"flash": "You have logged out."}
    assert live(sessions) == [None]


def test_another_persons_data_does_not_come_along(browser: Browser, sessions: Sessions) -> None:
    for way in ("enter", "leave_by_function_and_enter", "enter_by_function"):
        browser.get("/enter?user=41")
        browser.get("/keep?value=secret")

        browser.get(f"/{way}?user=42")

        assert "kept" not in browser.get("/look")
        assert live(sessions) == ["42"]


def test_a_visitors_data_comes_along(browser: Browser) -> None:
    browser.get("/keep?value=cart")

    browser.get("/enter?user=42")

    assert browser.get("/look") == {"kept": "cart", "user": "42"}


def test_the_function_and_the_key_together_are_one_log_in(
    browser: Browser, sessions: Sessions
) -> None:
    browser.get("/enter_by_both?user=42")

    (session,) = sessions.list("42")
    assert session.methods == ("pwd",)
    assert sessions.history("42") == []
    assert browser.get("/look") == {"user": "42"}


def test_a_late_answer_takes_no_cookie_from_who_logged_in_meanwhile(
    browser: Browser, sessions: Sessions
) -> None:
    """The session of a request under way was replaced by a log-in in the same browser."""
    browser.get("/keep?value=cart")
    late = Browser(browser._ask)
    late.cookies = dict(browser.cookies)
    browser.get("/enter?user=42")

    answer = browser.take(late.send("/keep?value=late"))

    assert answer.status == 401
    assert browser.get("/look")["user"] == "42"
    assert live(sessions) == ["42"]


def test_a_log_in_for_which_there_is_no_room_says_so(browser: Browser, sessions: Sessions) -> None:
    policy = Policy(max_sessions=1, when_full=WhenFull.REFUSE)
    sessions.policies.set("default", policy, by=Actor.admin("root"), reason="a licence")
    Browser(browser._ask).get("/enter?user=42")

    answer = browser.take(browser.send("/enter?user=42"))

    assert answer.status == 409
    assert "as many places as are allowed (1)" in answer.data
    assert len(sessions.list("42")) == 1
