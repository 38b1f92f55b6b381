"""A small proxy before a PostgreSQL server, that holds back what the server says, or cuts."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = ".s.PGSQL.5432"


class Proxy:
    """Listens in a folder as the server does in its own."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder = folder
        self._server = server
        self._passing = threading.Event()
        self._passing.set()
        self._taking = True
        self._open: list[socket.socket] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / _NAME))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        """Keep back whatever the server says from now on."""
        self._passing.clear()

    def let_go(self) -> None:
        """Pass on what was kept back, and what follows."""
        self._passing.set()

    def cut(self) -> None:
        """Break every connection, and take no more."""
        self._taking = False
        self._shut()

    def mend(self) -> None:
        """Take connections again."""
        self._taking = True

    def close(self) -> None:
        self._listening.close()
        self._shut()
        self._passing.set()

    def _shut(self) -> None:
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if not self._taking:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server / _NAME))
                self._open += [client, server]
                for source, target in ((client, server), (server, client)):
                    passing = self._passing if source is server else None
                    pump = (source, target, passing)
                    threading.Thread(target=_pump, args=pump, daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, passing: threading.Event | None) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            if passing is not None:
                passing.wait()
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    source.close()


@contextmanager
def proxy_before(server: Path) -> Iterator[Proxy]:
    """A proxy before the server whose socket is in this folder."""
    with tempfile.TemporaryDirectory(prefix="signedin-proxy-") as folder:
        proxy = Proxy(Path(folder), server)
        try:
            yield proxy
        finally:
            proxy.close()
