"""``signedin`` as a server of its own process, and what a browser would ask it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any


@dataclass
class Server:
    """A running server: what it printed, and what it told while it ran, once it has ended."""

    process: subprocess.Popen[str]
    printed: list[str]
    rest: str = ""
    told: str = ""
    address: str = field(init=False)

    def __post_init__(self) -> None:
        found = re.search(r"http://127\.0\.0\.1:\d+", "\n".join(self.printed))
        assert found, self.printed
        self.address = found[0]

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def read_log_until(self, words: str) -> str:
        """Read the log up to the first line with these words, and wait for it if need be."""
        stream: IO[str] | None = self.process.stderr
        assert stream is not None
        for line in stream:
            self.told += line
            if words in line:
                return line
        raise AssertionError(f"the log ended without {words!r}: {self.told}")

    def end(self) -> None:
        """Wait until the process has ended by itself, and keep what it still said."""
        rest, told = self.process.communicate(timeout=60)
        self.rest += rest
        self.told += told


@contextmanager
def serving(
    folder: Path, *words: str, command: str = "serve", lines: int = 3, **settings: str
) -> Iterator[Server]:
    """A server at a free port. It is told to stop at the end, if it has not been before."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith("SIGNEDIN_")}
    environment |= {f"SIGNEDIN_{name.upper()}": text for name, text in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "signedin", command, "--port", "0", *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    server = Server(process, [process.stdout.readline().rstrip("\n") for _ in range(lines)])
    try:
        yield server
    finally:
        if process.returncode is None:
            server.signal(signal.SIGINT)
            server.end()
    assert process.returncode == 0, server.told
    assert server.rest == ""
    assert "Traceback" not in server.told, server.told


def get(url: str, **headers: str) -> tuple[int, bytes]:
    """The status and body of a page, over a connection of its own."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def log_in(server: Server, email: str, password: str) -> dict[str, str]:
    """Log in through the API; the header that a browser would send from then on."""
    body = json.dumps({"email": email, "password": password}).encode()
    request = urllib.request.Request(
        f"{server.address}/api/v1/sessions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        lines: list[Any] = response.headers.get_all("set-cookie")
    return {"Cookie": "; ".join(line.partition(";")[0] for line in lines if "sid_" in line)}
