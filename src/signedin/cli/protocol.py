"""HTTP as uvicorn speaks it, with an end to how long the head of a request may be.

The parser itself has none: a client could fill the memory with one endless header. And at
shutdown, a connection that was only just accepted is not closed before its request is there.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOMENT = 0.5  # seconds that a new connection has for its request once the server shuts down
LONGEST_HEAD = 32 * 1024  # bytes; nginx's default, and four times what browsers send

_BODY = b"The head of this request is too long.\n"
_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\n"
    b"cache-control: no-store\r\n"
    b"connection: close\r\n\r\n%b" % (len(_BODY), _BODY)
)


class HeadTooLongError(Exception):
    """Raised to the parser, which then stops."""


class BoundedHead(HttpToolsProtocol):
    """Answers 431 to what is too long, and closes the connection."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._in_head = True
        self._received = 0
        self._too_long = False
        self._leaving = False

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._received += len(data)
        super().data_received(data)
        if self._in_head and self._received > LONGEST_HEAD and not self._too_long:
            self._refuse()

    def on_headers_complete(self) -> None:
        self._in_head = False
        head = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if head > LONGEST_HEAD:
            self._too_long = True
            raise HeadTooLongError
        super().on_headers_complete()
        if self._leaving:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        self._received = 0

    def shutdown(self) -> None:
        if self.cycle is None and not self._leaving:
            self._leaving = True
            self.loop.call_later(MOMENT, self.shutdown)
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        if self._too_long:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        self._too_long = True
        self.transport.write(_TOO_LONG)
        self.transport.close()
