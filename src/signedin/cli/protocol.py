"""HTTP as uvicorn speaks it, with an end to how long a request may be and may take.

The parser itself has none: a client could fill the memory with one endless header, or take
every connection with requests that never come. Trailers behind a chunked body are dropped:
a proxy may hand them on unread, and then a client's own ``X-Forwarded-For`` would be among
the headers (RFC 9110 section 6.5.1). What names no host or two is refused (RFC 9112 section
3.2). And at shutdown, a connection that was only just accepted is not closed before its
request is there.
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from signedin.web.problems import BAD_HOST, HEAD_TOO_LONG, PROBLEM_JSON, TOO_SLOW, Problem

MOMENT = 0.5  # seconds that a new connection has for its request once the server shuts down
PATIENCE = 30.0  # seconds that a request has to be there whole; our longest takes one packet
LONGEST_HEAD = 32 * 1024  # bytes; nginx's default, and four times what browsers send
LONGEST_FRAME = 1024 * 1024  # bytes around a body: chunk sizes and trailers


_FOR_PROGRAMS = b"/api/"
_HOST = re.compile(rb"[\w!$%&'()*+,;=.~:\[\]-]*", re.ASCII)  # RFC 3986 3.2, without user names


class RefusedHeadError(Exception):
    """Raised to the parser, which then stops."""


class BoundedHead(HttpToolsProtocol):
    """Refuses a head that is too long, never comes or names no host, and closes the connection."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.url = b""
        self._in_head = True
        self._besides = 0  # bytes received of this request that are not its body
        self._refused = False
        self._leaving = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._expect_request()
        self._besides += len(data)
        super().data_received(data)
        if self._in_head:
            if self._besides > LONGEST_HEAD and not self._refused:
                self._refuse(HEAD_TOO_LONG)
        elif self._besides > LONGEST_FRAME:
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_request()

    def on_headers_complete(self) -> None:
        self._in_head = False
        head = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if head > LONGEST_HEAD:
            self._refuse(HEAD_TOO_LONG)
            raise RefusedHeadError
        if not self._names_its_host():
            self._refuse(BAD_HOST)
            raise RefusedHeadError
        super().on_headers_complete()
        self.headers = []  # for trailers, which the application never sees
        if self._leaving:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._besides -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        self._besides = 0
        self._expect_nothing()

    def shutdown(self) -> None:
        if self.cycle is None and not self._leaving:
            self._leaving = True
            self.loop.call_later(MOMENT, self.shutdown)
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        if not self._refused:
            super().send_400_response(msg)

    def _names_its_host(self) -> bool:
        hosts = [value for name, value in self.headers if name == b"host"]
        if not hosts:
            return bool(self.parser.get_http_version() == "1.0")
        return len(hosts) == 1 and _HOST.fullmatch(hosts[0]) is not None

    def _refuse(self, problem: Problem) -> None:
        self._refused = True
        self.transport.write(_last_answer(problem, self.url))
        self.transport.close()

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(PATIENCE, self._give_up)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        """Close a connection whose request is not there, unless it is we who are slow."""
        self._deadline = None
        answering = self.cycle is not None and not self.cycle.response_complete
        if self.flow.read_paused or (self._in_head and answering):
            self._expect_request()
            return
        if self._in_head and self._besides:
            self.transport.write(_last_answer(TOO_SLOW, self.url))
        self.transport.close()


def _last_answer(problem: Problem, url: bytes) -> bytes:
    """What is sent before the connection is closed, by what of the address has come so far."""
    media_type, body = b"text/plain; charset=utf-8", f"{problem.detail}\n".encode()
    if url.startswith(_FOR_PROGRAMS):
        media_type, body = PROBLEM_JSON.encode(), bytes(problem.response().body)
    return (
        b"HTTP/1.1 %d %b\r\n"
        b"content-type: %b\r\n"
        b"content-length: %d\r\n"
        b"cache-control: no-store\r\n"
        b"connection: close\r\n\r\n%b"
        % (problem.status, HTTPStatus(problem.status).phrase.encode(), media_type, len(body), body)
    )
