"""What arrives late, never or where no header belongs, and what arrives at shutdown."""

from __future__ import annotations

import asyncio
import json
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


async def headers_told(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the names of the headers that an application sees."""
    body = b" ".join(name for name, _ in scope["headers"])
    headers = [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def body_awaited(scope: Any, receive: Any, send: Any) -> None:
    """Answers only when the whole body is there, which it says."""
    while (await receive()).get("more_body"):
        pass
    await application(scope, receive, send)


def sending(sent: bytes) -> During:
    """Send this and wait for what comes."""
    return lambda connection, writer: writer.write(sent)


def read_to_the_end(during: During, app: Any = application) -> bytes:
    """All that comes over one connection, which the server must close by itself."""

    async def talk() -> bytes:
        config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
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


CHUNKED = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n"


def test_a_trailer_is_never_taken_for_a_header() -> None:
    """Attack 42: proxies hand trailers on, so a client could name its own address in one."""

    answer = read_to_the_end(
        sending(CHUNKED + b"0\r\nX-Forwarded-For: 8.8.8.8\r\n\r\n"), headers_told
    )

    assert answer.endswith(b"\r\n\r\nhost transfer-encoding")


@pytest.mark.parametrize(
    "frame", [b"2;" + b"x" * 10_000, b"0\r\nx: " + b"x" * 10_000], ids=["chunk size", "trailer"]
)
def test_what_stands_around_a_body_has_an_end(
    monkeypatch: pytest.MonkeyPatch, frame: bytes
) -> None:
    monkeypatch.setattr(protocol, "LONGEST_FRAME", 9_000)

    assert read_to_the_end(sending(CHUNKED + frame), body_awaited) == b""


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nx: ", b"\r\n\r\n"])
def test_a_head_that_never_comes_to_its_end_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.05)

    assert read_to_the_end(sending(begun)).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("begun", "status"), [(b"", 408), (b"x: " + b"x" * protocol.LONGEST_HEAD, 431)]
)
def test_below_the_api_what_cannot_even_be_read_is_told_as_a_problem(
    monkeypatch: pytest.MonkeyPatch, begun: bytes, status: int
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.05)

    head, _, body = read_to_the_end(
        sending(b"GET /api/v1/sessions HTTP/1.1\r\n" + begun)
    ).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\ncontent-type: application/problem+json\r\n" in head
    assert json.loads(body)["status"] == status


@pytest.mark.parametrize("begun", [b"", CHUNKED, CHUNKED[:-4]])
def test_a_connection_on_which_no_whole_request_comes_is_closed(
    monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.05)

    assert read_to_the_end(sending(begun), body_awaited) == b""


def test_a_slow_answer_is_not_cut_off_by_what_was_sent_behind_its_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.02)
    patience_is_over = asyncio.Event()
    give_up = BoundedHead._give_up

    def give_up_and_tell(connection: BoundedHead) -> None:
        give_up(connection)
        patience_is_over.set()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await patience_is_over.wait()
        await application(scope, receive, send)

    def ask(connection: BoundedHead, writer: asyncio.StreamWriter) -> None:
        monkeypatch.setattr(BoundedHead, "_give_up", give_up_and_tell)
        writer.write(REQUEST + b"GET / HT")

    assert read_to_the_end(ask, slow).endswith(b"\r\n\r\nok")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nhost: x\r\nhost: x",
        b"GET / HTTP/1.1\r\nhost: x\r\nHost: y",
        b"GET / HTTP/1.0\r\nhost: x\r\nhost: y",
        b"GET / HTTP/1.1\r\naccept: */*",
        b"GET / HTTP/1.1\r\nhost: x y",
        b"GET / HTTP/1.1\r\nhost: x/y",
        b"GET / HTTP/1.1\r\nhost: me@x",
    ],
)
def test_a_request_names_exactly_one_host(head: bytes) -> None:
    """RFC 9112 3.2: a proxy in front may have gone by the other one."""

    answer = read_to_the_end(sending(head + b"\r\n\r\n"))

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Host" in answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nhost: id.example.org:443",
        b"GET / HTTP/1.1\r\nhost: [::1]:8700",
        b"GET / HTTP/1.1\r\nhost:",
        b"GET / HTTP/1.0\r\naccept: */*",
    ],
)
def test_each_way_to_name_a_host_is_taken(head: bytes) -> None:
    assert read_to_the_end(sending(head + b"\r\nconnection: close\r\n\r\n")).startswith(
        b"HTTP/1.1 200 "
    )
