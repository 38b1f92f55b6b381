"""What is mounted, for an app that speaks WSGI: the bridge of a2wsgi, and what it leaves out.

A process that forks after the import is fine: the bridge and its thread are made on the first
request of each.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIEnvironment

from a2wsgi import ASGIMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)

_IN_A_QUERY = "!$%&'()*+,-./:;=?@[]_~"  # what may stand there as it is, or quotes the rest


class WsgiApp:
    """An ASGI app as one of WSGI, below whatever prefix ``SCRIPT_NAME`` names.

    What it is handed a request with knows the WSGI environment as ``scope["wsgi_environ"]``.

    Args:
        app: The ASGI app, such as ``AccountPages(…)``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self._bridge()(_understood(environ), start_response)
        # Nothing but the head: what followed, the client would take for the next answer.
        return _without_body(answer) if environ["REQUEST_METHOD"] == "HEAD" else answer

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._made: Callable[..., Iterable[bytes]] | None = None

    def _bridge(self) -> Callable[..., Iterable[bytes]]:
        with self._lock:
            if self._made is None:
                self._made = cast("Any", ASGIMiddleware)(self._logged)  # its types are narrower
            return self._made

    async def _logged(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI server logs what broke; behind the bridge nobody would."""
        try:
            await self._app(scope, receive, send)
        except Exception:
            log.exception("a request broke")
            raise


def _understood(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The environment without what the bridge stumbles over: wild bytes, and no port."""
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    return environ | {
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": quote(environ.get("QUERY_STRING", ""), _IN_A_QUERY, "latin-1"),
        "REMOTE_PORT": environ.get("REMOTE_PORT") or "0",  # without one it drops the address
        "SERVER_PORT": environ.get("SERVER_PORT") or "0",  # there is none at a Unix socket
    }


def _without_body(answer: Iterable[bytes]) -> Iterable[bytes]:
    for _ in answer:
        yield b""
