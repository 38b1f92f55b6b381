"""Authenticated GETs a second: signedin beside no session and beside signed cookies.

Each contestant is a uvicorn of its own with one worker on core 0; the load comes from a
process on core 1, over loopback. Beside requests a second stands the server's CPU time for
one: other work on the machine disturbs that least.
"""

from __future__ import annotations

import hmac
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import itsdangerous

from benchmarks.apps import KEY
from benchmarks.load import has_wrk, load, pinned
from benchmarks.rounds import interleave, middle, paired, spread, verdict
from signedin.wiring import Sessions
from tests.clients import CHROME, client

CONTESTANTS = (
    "raw: no session",
    "raw: hand-written HMAC cookie",
    "raw: signedin",
    "Starlette: no session",
    "Starlette: signed cookie",
    "Starlette: signedin",
)
COMPARED = (  # with the aim, if there is one
    ("raw: signedin", "raw: no session", 0.85),
    ("raw: signedin", "raw: hand-written HMAC cookie", 0.0),
    ("Starlette: signedin", "Starlette: no session", 0.85),
    ("Starlette: signedin", "Starlette: signed cookie", 1.6),
)
SESSIONS, ROUNDS, SECONDS = 200, 10, 1
LONGEST = 80.0  # seconds for all rounds


@dataclass(frozen=True, slots=True)
class Sample:
    """One contestant in one round."""

    rate: float  # requests a second
    cpu: float  # microseconds of the server's CPU time a request; nan where not to be had


def run() -> None:
    """Measure and print."""
    generator = "wrk" if has_wrk() else "our own generator, which slows the fastest ones"
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        measures = {name: stack.enter_context(served(name, Path(folder))) for name in CONTESTANTS}
        samples = interleave(measures, rounds=ROUNDS, seconds=LONGEST)
    show(samples, generator)


def show(samples: dict[str, list[Sample]], generator: str) -> None:
    rates = {name: [sample.rate for sample in samples[name]] for name in CONTESTANTS}
    cpu = {name: [sample.cpu for sample in samples[name]] for name in CONTESTANTS}
    rounds = len(rates[CONTESTANTS[0]])
    print(f"\nAuthenticated GET, {rounds} rounds, one worker, asked by {generator}")
    print(f"  {'':38}{'requests a second':^29}    CPU µs a request")
    print(f"  {'':38}{'least':>9} {'median':>9} {'most':>9}   {'least':>8} {'median':>8}")
    for name in CONTESTANTS:
        used = f"{min(cpu[name]):8.1f} {statistics.median(cpu[name]):8.1f}"
        print(f"  {name:38}{spread(rates[name])}   {used}")
    print(f"\n  {'':45}{'in pairs (least to most)':26}best/best   by CPU")
    for ours, theirs, aim in COMPARED:
        ratios = paired(rates[ours], rates[theirs])
        best = max(rates[ours]) / max(rates[theirs])
        by_cpu = statistics.median(paired(cpu[theirs], cpu[ours]))
        told = verdict(ratios, least=aim) if aim else ""
        versus = f"signedin ÷ {theirs}"
        print(f"  {versus:45}{middle(ratios):26}{best:9.2f}{by_cpu:9.2f}   {told}".rstrip())


def made_for(name: str, database: str) -> list[str]:
    """The cookies of 200 people who are logged in, as this contestant makes them."""
    if "HMAC" in name:
        texts = [f"{n}:{int(time.time()) + 9000}" for n in range(SESSIONS)]
        return [f"{t}.{hmac.digest(KEY, t.encode(), 'sha256').hex()}" for t in texts]
    if "signed cookie" in name:
        signer = itsdangerous.TimestampSigner(KEY)
        people = [b64encode(json.dumps({"user": str(n)}).encode()) for n in range(SESSIONS)]
        return [signer.sign(person).decode() for person in people]
    if "signedin" in name:
        sessions = Sessions(database)
        tokens = [sessions.start(str(n), client(), methods=["pwd"]).token for n in range(SESSIONS)]
        sessions.close()
        return [str(token) for token in tokens]
    return ["x" * 52] * SESSIONS


@contextmanager
def served(name: str, folder: Path) -> Iterator[Callable[[], Sample]]:
    """A server for one contestant, and how it does when it is asked."""
    database = f"sqlite:///{folder}/{name.split(':')[0]}.db"
    cookies = made_for(name, database)
    everybody = ["42"] if "no session" in name else [str(n) for n in range(SESSIONS)]
    environment = {"BENCH_APP": name, "BENCH_DATABASE": database}
    command = uvicorn("benchmarks.apps:application")
    with measured(name, command, environment, dict(zip(cookies, everybody, strict=False))) as one:
        yield one


def uvicorn(factory: str) -> tuple[str, ...]:
    """The command for one worker."""
    return (
        "uvicorn", factory, "--factory", "--host", "127.0.0.1", "--workers", "1",
        "--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-access-log",
        "--port", "{port}",
    )  # fmt: skip


@contextmanager
def measured(
    name: str, command: Sequence[str], environment: dict[str, str], people: dict[str, str]
) -> Iterator[Callable[[], Sample]]:
    """A server, and how it does when it is asked.

    Args:
        command: The module that starts it, and its arguments, with ``{port}``.
        people: Who is to be answered to each cookie.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cookies"
        file.write_text("\n".join(f"Cookie: sid={cookie}" for cookie in people))
        server = subprocess.Popen(
            [*pinned(0), sys.executable, "-m", *(word.format(port=port) for word in command)],
            env=os.environ | environment,
        )

        def measure() -> Sample:
            before = cpu_seconds(server.pid)
            answered = load(port, file, SECONDS)
            used = cpu_seconds(server.pid) - before
            if not answered.requests:
                raise SystemExit(f"{name}: nothing was answered")
            return Sample(answered.requests / answered.seconds, used / answered.requests * 1e6)

        try:
            wait_for(port)
            see_that_it_knows(port, list(people), list(people.values()))
            yield measure
        finally:
            end(server)


def end(server: subprocess.Popen[bytes]) -> None:
    """Stop a server, whether it wants to or not."""
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until the server takes connections."""
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("a server did not start")


def see_that_it_knows(port: int, cookies: Sequence[str], people: Sequence[str]) -> None:
    """Each cookie is answered with its own person, before anything is measured."""
    connection = HTTPConnection("127.0.0.1", port)
    for cookie, person in zip(cookies, people, strict=False):
        connection.request("GET", "/", headers={"Cookie": f"sid={cookie}", "User-Agent": CHROME})
        body = connection.getresponse().read().decode()
        if body != person:
            raise SystemExit(f"answered {body!r} instead of {person!r}")
    connection.close()


def cpu_seconds(pid: int) -> float:
    """What a process and its workers have used of the CPU so far; nan where Linux does not say."""
    try:
        threads = [thread for one in _family(pid) for thread in Path(f"/proc/{one}/task").iterdir()]
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
    except FileNotFoundError:
        return float("nan")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]
