"""Runs the server on a socket: stops it gracefully, and starts it anew when told to reload.

SIGTERM and SIGINT let requests in flight end and write the last uses. SIGHUP reads the
settings anew: several workers are replaced one after another, each only once its successor
serves; a single one on the same socket, where requests wait meanwhile. Settings that make no
sense change nothing. To who started it in a terminal, SIGHUP says that the terminal has gone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from signedin.asgi import App
from signedin.cli.output import DONE, REFUSED
from signedin.cli.protocol import BoundedHead
from signedin.core.errors import InvalidSettingError

log = logging.getLogger(__name__)

_BACKLOG = 2048  # connections that wait to be accepted
_LAST_WORDS = 10  # seconds that requests in flight have at shutdown
_PATIENCE = 60  # seconds that a worker has to start, or to show that it lives
_NOT_RELOADED = "not reloaded, the server goes on as it was: %s"

MakeApp = Callable[[], App]  # with several workers one that can be pickled
Prepare = Callable[[], MakeApp]  # reads the settings; raises InvalidSettingError if they are none


def listen(host: str, port: int) -> socket.socket:
    """A socket at which connections can wait from now on.

    Raises:
        OSError: The port is taken, or the address is not this machine's.
    """
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
        listening.set_inheritable(True)
    except OSError:
        listening.close()
        raise
    return listening


def run(prepare: Prepare, listening: socket.socket, *, workers: int = 1) -> int:
    """Serve until the process is told to stop; its exit code.

    Raises:
        InvalidSettingError: Nothing can be served with the settings.
    """
    stop_as_by_ctrl_c()  # uvicorn raises the signal anew when it has shut down
    if workers > 1:
        _Workers(prepare, listening, workers).run()
        return DONE
    server = _OneWorker(prepare, listening)
    try:
        server.serve_here()
        while server.successor is not None:
            server = server.successor
            server.serve_here()
    except KeyboardInterrupt:
        return DONE
    return DONE if server.started else REFUSED


def stop_as_by_ctrl_c() -> None:
    """Let SIGTERM end the process as Ctrl-C does: through everything that cleans up."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


class _OneWorker(uvicorn.Server):
    """The server of this process; ``successor`` is what takes its place when it has ended."""

    def __init__(self, prepare: Prepare, listening: socket.socket) -> None:
        super().__init__(_config(prepare(), callback_notify=self._look_around, timeout_notify=0))
        self.successor: _OneWorker | None = None
        self._prepare = prepare
        self._listening = listening
        self._asked_to_reload = False

    def serve_here(self) -> None:
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._hang_up)
        self.run(sockets=[self._listening.dup()])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.successor is None:
            self._listening.close()  # so that nobody waits at it for who will never come
        await super().shutdown(sockets)

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        if _in_terminal():
            self.should_exit = True
        else:
            self._asked_to_reload = True

    async def _look_around(self) -> None:
        """Make the successor before this one stops, if asked to; called every second."""
        if not self._asked_to_reload:
            return
        self._asked_to_reload = False
        try:
            successor = _OneWorker(self._prepare, self._listening)
            await asyncio.to_thread(successor.config.load)
        except InvalidSettingError as error:
            log.error(_NOT_RELOADED, error)
            return
        log.info("reloading")
        self.successor = successor
        self.should_exit = True


class _Workers(Multiprocess):
    """Several processes; uvicorn starts each anew that dies."""

    def __init__(self, prepare: Prepare, listening: socket.socket, workers: int) -> None:
        super().__init__(_config(prepare(), workers=workers), sockets=[listening])
        self._prepare = prepare

    def handle_hup(self) -> None:
        if _in_terminal():
            self.should_exit.set()
            return
        try:
            self.config.app = self._prepare()
        except InvalidSettingError as error:
            log.error(_NOT_RELOADED, error)
            return
        log.info("reloading")
        super().handle_hup()

    def terminate_all(self) -> None:
        for listening in self.sockets:
            listening.close()  # the workers have their own
        super().terminate_all()


def _config(make_app: MakeApp, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        make_app,
        factory=True,
        http=BoundedHead,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,  # whom to believe is a setting of ours
        server_header=False,
        timeout_graceful_shutdown=_LAST_WORDS,
        timeout_worker_healthcheck=_PATIENCE,
        **more,
    )


def _in_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
