"""Load on a server, from a second process: wrk, or our own generator where wrk is missing."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import cast

import uvloop

from tests.clients import CHROME

CONNECTIONS = 32
HEADERS = {
    "User-Agent": CHROME,
    "Accept": "text/html",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip",
}
_LUA = """local names, values, n = {%s}, {%s}, 0
request = function()
  n = n %% #names + 1
  return wrk.format("GET", "/", {[names[n]] = values[n], %s})
end
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """How many requests were answered, in how many seconds."""

    requests: int
    seconds: float


def has_wrk() -> bool:
    """Whether wrk is there, after trying to install it where that is ours to do."""
    ours_to_do = os.geteuid() == 0 and "CI" not in os.environ and shutil.which("apt-get")
    if shutil.which("wrk") is None and ours_to_do:
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], capture_output=True, timeout=60)
    return shutil.which("wrk") is not None


def load(port: int, credentials: Path, seconds: int) -> Answered:
    """Ask as fast as the server answers; each line of a file is a header such as a cookie."""
    if shutil.which("wrk") is None:
        ours = [sys.executable, "-m", "benchmarks.load", str(port), str(credentials), str(seconds)]
        requests, took = _told([*pinned(1), *ours]).split()
        return Answered(int(requests), float(took))
    script = credentials.with_suffix(".lua")
    pairs = [line.split(": ", 1) for line in credentials.read_text().splitlines()]
    names, values = (", ".join(map(json.dumps, parts)) for parts in zip(*pairs, strict=True))
    others = ", ".join(f'["{k}"] = "{v}"' for k, v in HEADERS.items())
    script.write_text(_LUA % (names, values, others))
    wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    told = _told([*pinned(1), *wrk, f"http://127.0.0.1:{port}/"])
    found = re.search(r"(\d+) requests in ([\d.]+)s", told)
    if found is None or "Non-2xx" in told:
        raise SystemExit(told)
    return Answered(int(found[1]), float(found[2]))


def pinned(core: int) -> list[str]:
    """Keep server and load apart where there are two cores to keep them on."""
    two = (os.cpu_count() or 1) > 1 and shutil.which("taskset")
    return ["taskset", "-c", str(core)] if two else []


def _told(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# Our own generator: as much work in Python as the server's, so that it may be what limits
# the fastest contestants; then only the server's CPU time tells them apart.


class _Connection(asyncio.Protocol):
    """Asks again as soon as it is answered."""

    def __init__(self, asks: cycle[bytes], answered: list[int]) -> None:
        self._asks = asks
        self._answered = answered
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own, of no such class
        self._transport.write(next(self._asks))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or len(body) < int(head.lower().partition(b"content-length:")[2].split()[0]):
            return
        if not head.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(head.decode("latin-1"))
        self._received = b""
        self._answered[0] += 1
        self._transport.write(next(self._asks))


async def _ask(port: int, credentials: Sequence[str], seconds: float) -> Answered:
    lines = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    asks = cycle(
        [f"GET / HTTP/1.1\r\nHost: x\r\n{one}\r\n{lines}\r\n".encode() for one in credentials]
    )
    answered, loop = [0], asyncio.get_running_loop()
    connection = functools.partial(_Connection, asks, answered)
    began = time.monotonic()
    opened = [
        await loop.create_connection(connection, "127.0.0.1", port) for _ in range(CONNECTIONS)
    ]
    await asyncio.sleep(seconds)
    requests, took = answered[0], time.monotonic() - began
    for transport, _ in opened:
        transport.abort()
    return Answered(requests, took)


if __name__ == "__main__":
    _port, _credentials, _seconds = sys.argv[1:]
    _lines = Path(_credentials).read_text().splitlines()
    done = uvloop.run(_ask(int(_port), _lines, float(_seconds)))
    print(done.requests, done.seconds)
