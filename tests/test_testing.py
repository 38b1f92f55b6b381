"""What users test with: it logs in to every framework's client, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask
import pytest
from fastapi import FastAPI, Request
from litestar import Litestar, get
from litestar import Request as LitestarRequest
from litestar.middleware import DefineMiddleware
from litestar.testing import TestClient as LitestarClient
from starlette.testclient import TestClient

from signedin.asgi import DataSettings, SessionMiddleware
from signedin.core.cookie import CookieNames
from signedin.flask import SignedIn
from signedin.stores.sqlite.store import SqliteStore
from signedin.testing import FixedClock, log_in, sessions_in_memory
from signedin.wiring import Sessions

DATA = DataSettings(user_key="user")
NAMES = CookieNames.on_loopback(8000)


@pytest.fixture
def sessions() -> Iterator[Sessions]:
    with sessions_in_memory(clock=FixedClock()) as sessions:
        yield sessions


def fastapi_client(sessions: Sessions) -> TestClient:
    app = FastAPI()
    app.add_middleware(SessionMiddleware, sessions=sessions, data=DATA, cookies=NAMES)

    @app.get("/")
    def who(request: Request) -> Any:
        return request.session.get("user")

    return TestClient(app)


def litestar_client(sessions: Sessions) -> Any:
    @get("/", sync_to_thread=True)
    def who(request: LitestarRequest[Any, Any, Any]) -> Any:
        return {"user": request.session.get("user")}

    made: Any = SessionMiddleware
    middleware = DefineMiddleware(made, sessions=sessions, data=DATA, cookies=NAMES)
    return LitestarClient(Litestar([who], middleware=[middleware]))


def flask_client(sessions: Sessions) -> Any:
    app = flask.Flask(__name__)
    SignedIn(app, sessions, user_key="user", cookies=NAMES)
    app.add_url_rule("/", view_func=lambda: flask.jsonify(flask.session.get("user")))
    return app.test_client()


@pytest.mark.parametrize("make", [fastapi_client, litestar_client, flask_client])
def test_a_client_of_each_framework_is_logged_in(
    sessions: Sessions, make: Callable[[Sessions], Any]
) -> None:
    client = make(sessions)
    assert "ada" not in client.get("/").text

    started = log_in(client, sessions, "ada", data={"user": "ada"}, cookies=NAMES)

    assert "ada" in client.get("/").text
    assert [session.id for session in sessions.list("ada")] == [started.session.id]


def test_each_block_has_a_database_of_its_own_that_is_gone_afterwards() -> None:
    folders: list[Path] = []
    for _ in range(2):
        with sessions_in_memory() as sessions:
            assert sessions.everybodys() == []
            log_in(TestClient(FastAPI()), sessions, "ada")
            assert isinstance(sessions.store, SqliteStore)
            folders.append(sessions.store._path.parent)

    assert len(set(folders)) == 2
    assert not any(folder.exists() for folder in folders)
