"""A real server: ``signedin serve`` as its own process, on a database of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from signedin.accounts.accounts import Accounts
from signedin.stores.accounts import SqlAccounts
from signedin.wiring import Sessions
from tests.clients import client
from tests.passwords import RememberingHasher

PATIENCE = 15.0  # seconds; a machine that is busy is no failure, a process that hangs is
PASSWORD = "correct horse battery staple"


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition that nothing tells us about."""
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, f"waited in vain: {what}"
        time.sleep(0.01)


@dataclass
class Site(ABC):
    """A running server, as a program that asks it sees it."""

    url: str = field(default="", kw_only=True)

    @abstractmethod
    def add_user(self, email: str, name: str) -> None:
        """Make an account; its password is ``PASSWORD``."""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def get(self, path: str, **headers: str) -> HTTPResponse:
        """Ask over a new connection; redirects are not followed, the body is not kept."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            return response

    def post(self, path: str, body: object, **headers: str) -> HTTPResponse:
        """Send JSON as a program does, over a new connection; the body is not kept."""
        headers |= {"Content-Type": "application/json"}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            response.read()
            return response


@dataclass
class Server(Site):
    """A running ``signedin serve``."""

    folder: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    @property
    def setup_link(self) -> str:
        """The link that the terminal shows while there is no account."""
        return found(r"(http://\S+/setup\?key=\S+)", self.log)

    def command(self, *words: str) -> str:
        """Run another ``signedin`` command on the same database."""
        done = subprocess.run(
            [sys.executable, "-m", "signedin", *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def add_user(self, email: str, name: str) -> None:
        with closing(Sessions(self.environment["SIGNEDIN_DATABASE"])) as sessions:
            clock = sessions.clock
            Accounts(SqlAccounts(sessions.store), sessions, RememberingHasher(), clock).create(
                email, name, PASSWORD
            )

    def start_sessions(self, email: str, user_agent: str, number: int) -> None:
        """Many logins of a person, on devices that only show up in lists."""
        with closing(Sessions(self.environment["SIGNEDIN_DATABASE"])) as sessions:
            accounts = Accounts(
                SqlAccounts(sessions.store), sessions, RememberingHasher(), sessions.clock
            )
            user = accounts.find(email)
            assert user is not None
            for _ in range(number):
                sessions.start(user.id, client(user_agent), methods=["pwd"])

    def workers(self) -> list[int]:
        """The processes that answer, by their ids."""
        pids = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                command = (stat.parent / "cmdline").read_text()
            except OSError:
                continue  # it ended while we looked
            if parent == self.process.pid and "spawn_main" in command:
                pids.append(int(stat.parent.name))
        return sorted(pids)

    @contextmanager
    def only(self, worker: int) -> Iterator[None]:
        """Hold all other workers still, so that this one answers whatever is asked."""
        others = [pid for pid in self.workers() if pid != worker]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"ended with {self.process.poll()}: {self.log}"
        try:
            self.url = self.url or found(r"signedin is at (\S+)", self.log)
            return self.get("/readyz").status == 200
        except (LookupError, OSError):
            return False


def found(pattern: str, text: str) -> str:
    """What a pattern finds.

    Raises:
        LookupError: Nothing.
    """
    match = re.search(pattern, text)
    if match is None:
        raise LookupError(pattern)
    return match[1]


@contextmanager
def serving(folder: Path, *, workers: int = 1, **settings: str) -> Iterator[Server]:
    """A server for as long as the block lasts; its log may hold no accident."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SIGNEDIN_")}
    environment |= {
        "SIGNEDIN_DATABASE": f"sqlite:///{folder}/signedin.db",
        "SIGNEDIN_DATA": str(folder),
        "SIGNEDIN_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    environment |= {f"SIGNEDIN_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "signedin", "serve", "--port", "0", "--workers", str(workers)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    server = Server(folder, environment, process)
    try:
        wait_until(server.is_ready, "the server is ready")
        wait_until(
            lambda: workers == 1 or len(server.workers()) == workers, "all workers have started"
        )
        yield server
        assert process.poll() is None, f"ended with {process.poll()}: {server.log}"
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert "Traceback" not in server.log
