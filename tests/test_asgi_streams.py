"""What stays open is closed when its session ends, within a second."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from signedin.asgi import App, SessionMiddleware
from signedin.core.cookie import CookieNames
from signedin.core.errors import StoreUnavailableError
from signedin.core.permission import Actor
from signedin.wiring import Sessions
from tests.clients import CHROME, client
from tests.databases import clock, database, open_sessions, sessions
from tests.engines import cluster, url
from tests.waiting import PATIENCE

__all__ = ["clock", "cluster", "database", "open_sessions", "sessions", "url"]

LEFT: list[str] = []


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect as gone:
        LEFT.append(f"socket {gone.code}")


async def news(request: Request) -> Response:
    async def tell() -> AsyncIterator[str]:
        try:
            while True:
                yield "data: news\n\n"
                await asyncio.sleep(0)
        finally:
            LEFT.append("stream")

    return StreamingResponse(tell(), media_type="text/event-stream")


async def obey(socket: WebSocket) -> None:
    """Does what it is told, as soon as it may, and says nothing."""
    await socket.accept()
    try:
        while True:
            await socket.app.state.may_go_on.wait()
            LEFT.append(await socket.receive_text())
    except WebSocketDisconnect as gone:
        LEFT.append(f"socket {gone.code}")


class Connection:
    """One client of an ASGI app, as a server sees it."""

    def __init__(self, app: App, kind: str, path: str, token: str | None) -> None:
        cookie = [] if token is None else [(b"cookie", f"{CookieNames().session}={token}".encode())]
        scope = {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [*cookie, (b"user-agent", CHROME.encode())],
            "client": ("203.0.113.7", 1),
        }
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        self.outgoing: asyncio.Queue[Any] = asyncio.Queue(1)
        if kind == "websocket":
            self.incoming.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.ensure_future(app(scope, self.incoming.get, self.outgoing.put))

    async def until(self, kind: str, **expected: Any) -> None:
        """Take messages until the expected one comes."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.outgoing.get()
                if message["type"] == kind and expected.items() <= message.items():
                    return

    async def over(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.task


@pytest.fixture
def app(sessions: Sessions) -> App:
    LEFT.clear()
    routes = [
        WebSocketRoute("/echo", echo),
        WebSocketRoute("/obey", obey),
        Route("/news", news),
    ]
    return Starlette(routes=routes, middleware=[Middleware(SessionMiddleware, sessions)])


def run(steps: Coroutine[Any, Any, None]) -> None:
    asyncio.run(steps)


def end_all(sessions: Sessions) -> None:
    sessions.terminate_all("42", by=Actor.admin("root"))


def test_a_web_socket_is_closed_with_1008_and_its_handler_told(
    app: App, sessions: Sessions
) -> None:
    token = sessions.start("42", client(), methods=["pwd"]).token

    async def steps() -> None:
        socket = Connection(app, "websocket", "/echo", token)
        await socket.until("websocket.accept")
        socket.incoming.put_nowait({"type": "websocket.receive", "text": "hello"})
        await socket.until("websocket.send", text="hello")
        await asyncio.to_thread(end_all, sessions)
        await socket.until("websocket.close", code=1008)
        await socket.over()

    run(steps())
    assert LEFT == ["socket 1008"]


def test_an_event_stream_comes_to_its_end(app: App, sessions: Sessions) -> None:
    token = sessions.start("42", client(), methods=["pwd"]).token

    async def steps() -> None:
        stream = Connection(app, "http", "/news", token)
        await stream.until("http.response.body", body=b"data: news\n\n")
        await asyncio.to_thread(end_all, sessions)
        await stream.until("http.response.body", more_body=False)
        stream.incoming.put_nowait({"type": "http.disconnect"})
        await stream.over()
        assert stream.outgoing.empty()

    run(steps())
    assert LEFT == ["stream"]


def test_others_stay_open(app: App, sessions: Sessions) -> None:
    ended, other = (sessions.start(who, client(), methods=["pwd"]).token for who in ("42", "41"))

    async def steps() -> None:
        sockets = [Connection(app, "websocket", "/echo", token) for token in (ended, other, None)]
        for socket in sockets:
            await socket.until("websocket.accept")
        await asyncio.to_thread(end_all, sessions)
        await sockets[0].until("websocket.close", code=1008)
        for socket in sockets[1:]:
            socket.incoming.put_nowait({"type": "websocket.receive", "text": "still here"})
            await socket.until("websocket.send", text="still here")
            socket.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await socket.over()

    run(steps())
    assert sorted(LEFT) == ["socket 1000", "socket 1000", "socket 1008"]


def test_what_is_open_while_the_database_cannot_be_asked_is_closed_to_try_again(
    app: App, sessions: Sessions
) -> None:
    token = sessions.start("42", client(), methods=["pwd"]).token

    async def steps() -> None:
        socket = Connection(app, "websocket", "/echo", token)
        await socket.until("websocket.accept")
        sessions.store.catch_up = out_of_order  # type: ignore[method-assign]
        await socket.until("websocket.close", code=1013)
        await socket.over()

    def out_of_order() -> None:
        raise StoreUnavailableError("out of order")

    run(steps())


def test_what_a_client_goes_on_sending_after_the_end_reaches_nobody(
    app: Starlette, sessions: Sessions
) -> None:
    """It need not answer the close, and may have filled every buffer."""
    token = sessions.start("42", client(), methods=["pwd"]).token

    async def steps() -> None:
        app.state.may_go_on = asyncio.Event()
        socket = Connection(app, "websocket", "/obey", token)
        await socket.until("websocket.accept")
        await asyncio.to_thread(end_all, sessions)
        await socket.until("websocket.close", code=1008)
        for _ in range(3):
            socket.incoming.put_nowait({"type": "websocket.receive", "text": "transfer"})
        app.state.may_go_on.set()
        await socket.over()

    run(steps())
    assert LEFT == ["socket 1008"]


def test_an_app_that_keeps_all_its_worker_threads_busy_holds_up_no_end(
    app: App, sessions: Sessions
) -> None:
    token = sessions.start("42", client(), methods=["pwd"]).token

    async def steps() -> None:
        loop, leave = asyncio.get_running_loop(), threading.Event()
        loop.set_default_executor(ThreadPoolExecutor(1))
        socket = Connection(app, "websocket", "/echo", token)
        await socket.until("websocket.accept")
        await asyncio.to_thread(end_all, sessions)
        busy = loop.run_in_executor(None, leave.wait, PATIENCE)
        try:
            await socket.until("websocket.close", code=1008)
            assert not busy.done()
        finally:
            leave.set()
        await socket.over()

    run(steps())


def test_an_error_that_nobody_expected_leaves_nothing_open_unwatched(
    app: App, sessions: Sessions
) -> None:
    token = sessions.start("42", client(), methods=["pwd"]).token

    async def steps() -> None:
        socket = Connection(app, "websocket", "/echo", token)
        await socket.until("websocket.accept")
        sessions.store.catch_up = broken  # type: ignore[method-assign]
        await socket.until("websocket.close", code=1013)
        await socket.over()

    def broken() -> None:
        raise RuntimeError("broken")

    run(steps())
