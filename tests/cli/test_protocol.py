"""A connection that was only just accepted has its request answered, even at shutdown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from signedin.cli import protocol
from signedin.cli.protocol import BoundedHead

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
During = Callable[[BoundedHead, asyncio.StreamWriter], None]


async def application(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def read_to_the_end(during: During) -> bytes:
    """All that comes over one connection, which the server must close by itself."""

    async def talk() -> bytes:
        config = uvicorn.Config(application, lifespan="off", ws="none", log_config=None)
        config.load()
        accepted: asyncio.Future[BoundedHead] = asyncio.get_running_loop().create_future()

        def make() -> BoundedHead:
            made = BoundedHead(config=config, server_state=ServerState(), app_state={})
            accepted.get_loop().call_soon(accepted.set_result, made)
            return made

        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            during(await accepted, writer)
            answer = await reader.read()
            writer.close()
            return answer

    return asyncio.run(talk())


def test_a_request_right_behind_its_connection_is_answered_at_shutdown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "MOMENT", 60.0)

    def shut_down_then_ask(connection: BoundedHead, writer: asyncio.StreamWriter) -> None:
        connection.shutdown()
        writer.write(REQUEST)

    answer = read_to_the_end(shut_down_then_ask)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()


def test_a_connection_without_a_request_is_closed_in_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "MOMENT", 0.0)

    def shut_down(connection: BoundedHead, writer: asyncio.StreamWriter) -> None:
        connection.shutdown()

    assert read_to_the_end(shut_down) == b""
