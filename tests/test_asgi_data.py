"""``request.session`` is kept on the server; log-in code that uses it goes on working."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from signedin.asgi import DataSettings, SessionMiddleware, current_session, log_in
from signedin.core.app_data import DATA_SIZE
from signedin.core.cookie import CookieNames
from signedin.core.errors import DataTooLargeError
from signedin.core.permission import Actor
from signedin.core.user_id import USER_ID_SIZE
from signedin.request import RequestState
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX
from tests.databases import clock, database, open_sessions, sessions
from tests.engines import cluster, url
from tests.waiting import wait_until

__all__ = ["clock", "cluster", "database", "open_sessions", "sessions", "url"]

NAMES = CookieNames()
NewBrowser = Callable[..., TestClient]


async def keep(request: Request) -> Response:
    request.session.update(request.query_params)
    return JSONResponse(dict(request.session))


async def keep_much(request: Request) -> Response:
    request.session["much"] = "x" * DATA_SIZE
    return JSONResponse(None)


async def drop(request: Request) -> Response:
    request.session.pop(request.query_params["key"])
    return JSONResponse(dict(request.session))


async def enter(request: Request) -> Response:
    """Log-in code as it is written for Starlette's signed cookie."""
    request.session["user_id"] = int(request.query_params["user"])
    return JSONResponse(None)


async def leave(request: Request) -> Response:
    request.session.clear()
    return JSONResponse(None)


def enter_by_function(request: Request) -> Response:
    request.session["flash"] = "Welcome."
    log_in(request, "42", methods=["pwd"])
    request.session["after"] = "yes"
    return JSONResponse(dict(request.session))


async def look(request: Request) -> Response:
    session = current_session(request)
    user = None if session is None else session.user_id or "a visitor taken for somebody"
    return JSONResponse({"who": user, **request.session})


async def public(request: Request) -> Response:
    return JSONResponse("hello")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json(dict(socket.session))
    await socket.close()


@pytest.fixture
def new_browser(sessions: Sessions) -> NewBrowser:
    routes: list[Any] = [
        Route(f"/{endpoint.__name__}", endpoint)
        for endpoint in (keep, keep_much, drop, enter, leave, enter_by_function, look, public)
    ]

    def end_and_keep(request: Request) -> Response:
        """Somebody ends the session while the request is under way."""
        request.session["late"] = "yes"
        for session in sessions.everybodys():
            sessions.terminate(session.id, user_id=None, by=Actor.admin("root"))
        return JSONResponse("done")

    app = Starlette(
        routes=[*routes, Route("/end_and_keep", end_and_keep), WebSocketRoute("/talk", talk)],
        middleware=[Middleware(SessionMiddleware, sessions, data=DataSettings("user_id"))],
    )

    def open_browser(agent: str = CHROME) -> TestClient:
        return TestClient(app, base_url="https://testserver", headers={"user-agent": agent})

    return open_browser


def test_what_a_visitor_keeps_is_there_in_the_next_request(new_browser: NewBrowser) -> None:
    browser = new_browser()

    browser.get("/keep?cart=3")

    assert browser.get("/look").json() == {"who": None, "cart": "3"}
    assert browser.get("/look").headers["vary"] == "Cookie"
    assert [cookie.name for cookie in browser.cookies.jar] == [NAMES.session]


def test_a_visitor_who_keeps_nothing_makes_no_row(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    browser = new_browser()

    for path in ("/look", "/public", "/leave"):
        assert "set-cookie" not in browser.get(path).headers

    assert sessions.everybodys() == []


def test_what_a_process_holds_takes_no_worker_thread(
    new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = new_browser()
    browser.get("/enter?user=42")
    read: list[RequestState] = []
    load = RequestState.load_data_ahead

    def noted(state: RequestState) -> None:
        read.append(state)
        load(state)

    monkeypatch.setattr(RequestState, "load_data_ahead", noted)

    def look_takes_none() -> bool:
        read.clear()
        assert browser.get("/look").json() == {"who": "42", "user_id": 42}
        return read == []

    wait_until(look_takes_none)
    browser.get("/keep?cart=3")
    assert browser.get("/look").json() == {"who": "42", "user_id": 42, "cart": "3"}


def test_log_in_code_that_sets_the_key_logs_in(new_browser: NewBrowser, sessions: Sessions) -> None:
    browser = new_browser()
    browser.get("/keep?cart=3")
    as_visitor = browser.cookies[NAMES.session]

    browser.get("/enter?user=42")

    assert browser.get("/look").json() == {"who": "42", "user_id": 42, "cart": "3"}
    assert browser.cookies[NAMES.session] != as_visitor
    assert len(sessions.list("42")) == 1
    assert len(sessions.everybodys()) == 1


def test_log_out_code_that_clears_all_logs_out(new_browser: NewBrowser, sessions: Sessions) -> None:
    browser = new_browser()
    browser.get("/enter?user=42")

    browser.get("/leave")

    assert browser.get("/look").json() == {"who": None}
    assert sessions.list("42") == []
    assert sessions.history("42")[0].ended.reason == "logged_out"  # type: ignore[union-attr]


def test_what_is_kept_beyond_the_log_out_is_a_visitors(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    browser = new_browser()
    browser.get("/enter?user=42")
    browser.get("/keep?theme=dark")

    browser.get("/drop?key=user_id")

    assert browser.get("/look").json() == {"who": None, "theme": "dark"}
    assert sessions.list("42") == []


def test_another_person_in_the_same_browser_is_another_session(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    browser = new_browser()
    browser.get("/enter?user=41")
    browser.get("/enter?user=42")

    assert browser.get("/look").json()["who"] == "42"
    assert sessions.list("41") == []


def test_the_functions_and_the_data_go_together(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    browser = new_browser()
    browser.get("/keep?cart=3")

    browser.get("/enter_by_function")

    kept = {"flash": "Welcome.", "after": "yes", "cart": "3"}
    assert browser.get("/look").json() == {"who": "42", **kept}
    assert len(sessions.everybodys()) == 1


def test_a_terminated_session_takes_its_data_with_it(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    browser = new_browser()
    browser.get("/enter?user=42")
    (session,) = sessions.list("42")

    sessions.terminate(session.id, user_id="42", by=Actor.admin("root"))

    assert browser.get("/look").json() == {"who": None}


def test_a_request_under_way_that_saves_after_the_end_is_refused_and_revives_nothing(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    browser = new_browser()
    browser.get("/enter?user=42")

    answer = browser.get("/end_and_keep")

    assert answer.status_code == 401
    assert "Log in again" in answer.text
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert browser.get("/look").json() == {"who": None}
    assert sessions.everybodys() == []


def test_two_browsers_keep_their_own(new_browser: NewBrowser) -> None:
    one, other = new_browser(), new_browser(FIREFOX)
    one.get("/keep?cart=3")
    other.get("/keep?cart=4")

    assert one.get("/look").json()["cart"] == "3"


def test_what_is_too_large_is_the_developers_to_hear(new_browser: NewBrowser) -> None:
    browser = new_browser()
    browser.get("/keep?cart=3")

    with pytest.raises(DataTooLargeError):
        browser.get("/keep_much")

    assert browser.get("/look").json() == {"who": None, "cart": "3"}


def test_a_login_as_somebody_that_nobody_can_be_is_refused(
    new_browser: NewBrowser, sessions: Sessions
) -> None:
    answer = new_browser().get(f"/enter?user={'4' * (USER_ID_SIZE + 1)}")

    assert answer.status_code == 400
    assert answer.text.startswith("A user id takes from 1 to 2000 bytes")
    assert "set-cookie" not in answer.headers
    assert sessions.everybodys() == []


def test_an_answer_that_needs_no_session_stays_cacheable(new_browser: NewBrowser) -> None:
    browser = new_browser()
    browser.get("/keep?cart=3")

    assert "vary" not in browser.get("/public").headers


def test_a_web_socket_reads_it(new_browser: NewBrowser) -> None:
    browser = new_browser()
    browser.get("/keep?cart=3")

    with browser.websocket_connect("wss://testserver/talk") as socket:
        assert socket.receive_json() == {"cart": "3"}


class _Emptiness(enum.Enum):
    EMPTY = 0  # as Litestar's


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"user_id": "43", "cart": "4"}, {"who": "43", "user_id": "43", "cart": "4"}),
        ({"cart": "4"}, {"who": None, "cart": "4"}),
        (_Emptiness.EMPTY, {"who": None}),
        (None, {"who": None}),
    ],
)
def test_an_app_may_set_or_clear_the_whole(
    sessions: Sessions, given: object, expected: dict[str, str]
) -> None:
    async def replace(request: Request) -> Response:
        request.scope["session"] = given
        return JSONResponse("done")

    routes = [Route("/look", look), Route("/enter", enter), Route("/replace", replace)]
    middleware = [Middleware(SessionMiddleware, sessions, data=DataSettings("user_id"))]
    app = Starlette(routes=routes, middleware=middleware)
    browser = TestClient(app, base_url="https://testserver")
    browser.get("/enter?user=42")
    assert browser.get("/look").json()["who"] == "42"

    browser.get("/replace")

    assert browser.get("/look").json() == expected
    assert sessions.list("42") == []


def test_what_holds_no_keys_cannot_be_a_session(sessions: Sessions) -> None:
    async def replace(request: Request) -> Response:
        request.scope["session"] = ["a list"]
        return JSONResponse("done")

    middleware = [Middleware(SessionMiddleware, sessions, data=DataSettings("user_id"))]
    app = Starlette(routes=[Route("/replace", replace)], middleware=middleware)

    with pytest.raises(TypeError, match="not list"):
        TestClient(app, base_url="https://testserver").get("/replace")
