"""Apps and command lines are devices too: with a token in a header, and no cookie."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from signedin.asgi import DataSettings, SessionMiddleware, current_session, request_state
from signedin.core.cookie import CookieNames
from signedin.core.permission import Actor
from signedin.wiring import Sessions
from tests.databases import clock, database, open_sessions, sessions, url

__all__ = ["clock", "database", "open_sessions", "sessions", "url"]

NAMES = CookieNames()
CURL, APP = "curl/8.11.0", "AcmeApp/4.1 (iPhone; iOS 18.6) CFNetwork/1568 Darwin/24.0.0"


def app(sessions: Sessions, *, bearer: bool) -> Starlette:
    def who(request: Request) -> Response:
        session = current_session(request)
        return JSONResponse(None if session is None else session.user_id)

    def issue(request: Request) -> Response:
        client = request_state(request).client
        return JSONResponse(sessions.start("42", client, methods=["pwd"]).token)

    def keep(request: Request) -> Response:
        request.session["last"] = "seen"
        return JSONResponse(None)

    middleware = Middleware(SessionMiddleware, sessions, bearer=bearer, data=DataSettings())
    routes = [Route("/who", who), Route("/issue", issue), Route("/keep", keep)]
    return Starlette(routes=routes, middleware=[middleware])


@pytest.fixture
def caller(sessions: Sessions) -> TestClient:
    return TestClient(app(sessions, bearer=True), base_url="https://testserver")


def issued(caller: TestClient, agent: str = CURL) -> dict[str, str]:
    token = caller.get("/issue", headers={"User-Agent": agent}).json()
    return {"User-Agent": agent, "Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(("agent", "kind"), [(CURL, "terminal"), (APP, "app")])
def test_a_client_is_listed_as_what_it_is_and_ended_like_any_other(
    caller: TestClient, sessions: Sessions, agent: str, kind: str
) -> None:
    headers = issued(caller, agent)
    assert caller.get("/who", headers=headers).json() == "42"
    (session,) = sessions.list("42")
    assert sessions.describe(session).kind == kind

    sessions.terminate(session.id, user_id="42", by=Actor.admin("root"))

    answer = caller.get("/who", headers=headers)
    assert answer.json() is None
    assert "set-cookie" not in answer.headers


def test_a_client_gets_no_cookie_whatever_happens(caller: TestClient) -> None:
    headers = issued(caller)

    assert "set-cookie" not in caller.get("/keep", headers=headers).headers
    assert caller.get("/who", headers=headers).json() == "42"


def test_a_token_in_a_header_opens_nothing_unless_it_is_switched_on(sessions: Sessions) -> None:
    caller = TestClient(app(sessions, bearer=False), base_url="https://testserver")

    assert caller.get("/who", headers=issued(caller)).json() is None


def test_a_cookie_and_a_header_at_once_are_not_chosen_from(caller: TestClient) -> None:
    headers = issued(caller)
    cookie = headers["Authorization"].removeprefix("Bearer ")

    both = caller.get("/who", headers={**headers, "Cookie": f"{NAMES.session}={cookie}"})

    assert both.json() is None
    assert "set-cookie" not in both.headers


def test_somebody_elses_bearer_is_none_of_ours(caller: TestClient) -> None:
    own = issued(caller)["Authorization"].removeprefix("Bearer ")
    headers = {"Cookie": f"{NAMES.session}={own}", "Authorization": "Bearer eyJhbGciOi.J9"}

    assert caller.get("/who", headers=headers).json() == "42"


@pytest.mark.parametrize("header", ["bearer {}", "BEARER   {}  "])
def test_the_scheme_is_written_as_people_like(caller: TestClient, header: str) -> None:
    token = issued(caller)["Authorization"].removeprefix("Bearer ")

    answer = caller.get("/who", headers={"Authorization": header.format(token)})

    assert answer.json() == "42"


def test_two_such_headers_are_not_chosen_from(caller: TestClient) -> None:
    headers = [("Authorization", issued(caller)["Authorization"]) for _ in range(2)]

    for sent in (headers, [headers[0], ("Authorization", "Bearer si_x")]):
        assert caller.get("/who", headers=sent).json() is None
