"""Requests that no client library would send, put to an ASGI application byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message

Pairs = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __getitem__(self, name: str) -> str | None:
        """The first header of this name."""
        return next((value for key, value in self.headers if key == name), None)


def ask(
    app: ASGIApp,
    path: str = "/",
    *,
    method: str = "GET",
    query: bytes = b"",
    headers: Pairs = (),
    body: bytes | None = b"",
    peer: str | None = "203.0.113.7",
) -> Answer:
    """Send one request; a body of ``None`` is one that breaks off."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "root_path": "",
        "query_string": query,
        "headers": [(name.lower(), value) for name, value in headers],
        "client": None if peer is None else (peer, 50000),
        "server": ("127.0.0.1", 8700),
    }
    sent: list[Message] = []

    async def receive() -> Message:
        if body is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    start = sent[0]
    pairs = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in start["headers"])
    return Answer(start["status"], pairs, b"".join(m.get("body", b"") for m in sent[1:]))
