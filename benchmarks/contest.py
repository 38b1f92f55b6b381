"""`make bench-peers`: the same authenticated GET with what people use today, and with signedin.

Each peer is a small real app in `peers/` with a server of its own, one worker on core 0; the load
and PostgreSQL are on core 1. All are visited in each round, in shuffled order. Afterwards one
credential of each is ended by the peer's own means, and sent again until it is refused.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.filling import tell
from benchmarks.load import has_wrk, load, pinned
from benchmarks.machine import about_the_machine
from benchmarks.requests import cpu_seconds, end, free_port, wait_for
from benchmarks.rounds import interleave, paired, verdict
from tests.clients import CHROME
from tests.cluster import SETTINGS, running_cluster

ROOT = Path(__file__).parent.parent
PLACE = ROOT / "build" / "peers"  # where the peers are installed
PEOPLE, ROUNDS, SECONDS, LONGEST = 50, 10, 2, 360.0
REPLAYED = 5.0  # seconds that an ended credential is sent again
AIM = 0.85
NOTHING = "no session"

UVICORN, GUNICORN, NODE = "uvicorn", "gunicorn", "node"
SERVERS: Mapping[str, tuple[str, ...]] = {
    UVICORN: (
        *("-m", "uvicorn", "--factory", "--workers", "1", "--loop", "uvloop"),
        *("--http", "httptools", "--log-level", "warning", "--no-access-log", "--port"),
    ),
    GUNICORN: (
        *("-m", "gunicorn", "--workers", "1", "--worker-class", "gthread", "--threads", "4"),
        *("--keep-alive", "60", "--log-level", "warning", "--bind"),
    ),
}


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to keep people logged in."""

    framework: str
    name: str
    server: str
    app: str  # module or script
    word: str  # that tells the app what to be
    lasts: str = ""  # what its own settings say of a credential that was ended
    database: str = "postgresql"

    @property
    def is_ours(self) -> bool:
        return self.name.startswith("signedin")


ASGI, WSGI, FLASK = "asgi:application", "django_app", "flask_app"
SIGNED = "until it expires"
PEERS = (
    Peer("Starlette", NOTHING, UVICORN, ASGI, "nothing"),
    Peer("Starlette", "SessionMiddleware", UVICORN, ASGI, "signed_cookie", f"{SIGNED}: 14 days"),
    Peer("Starlette", "signedin, SQLite", UVICORN, ASGI, "starlette_signedin", database="sqlite"),
    Peer("Starlette", "signedin, PostgreSQL", UVICORN, ASGI, "starlette_signedin"),
    Peer("FastAPI", NOTHING, UVICORN, ASGI, "fastapi_nothing"),
    Peer("FastAPI", "PyJWT, HS256", UVICORN, ASGI, "fastapi_jwt", f"{SIGNED}: 30 minutes"),
    Peer("FastAPI", "signedin, SQLite", UVICORN, ASGI, "fastapi_signedin", database="sqlite"),
    Peer("FastAPI", "signedin, PostgreSQL", UVICORN, ASGI, "fastapi_signedin"),
    Peer("Django", NOTHING, GUNICORN, WSGI, "nothing"),
    Peer("Django", "signed_cookies", GUNICORN, WSGI, "signed_cookies", f"{SIGNED}: 14 days"),
    Peer("Django", "cached_db", GUNICORN, WSGI, "cached_db"),
    Peer("Django", "db", GUNICORN, WSGI, "db"),
    Peer("Django", "allauth usersessions", GUNICORN, WSGI, "allauth"),
    Peer("Django", "signedin, SQLite", GUNICORN, WSGI, "signedin", database="sqlite"),
    Peer("Django", "signedin, PostgreSQL", GUNICORN, WSGI, "signedin"),
    Peer("Flask", NOTHING, GUNICORN, FLASK, "nothing"),
    Peer("Flask", "Flask-Session", GUNICORN, FLASK, "flask_session"),
    Peer("Flask", "signedin, SQLite", GUNICORN, FLASK, "signedin", database="sqlite"),
    Peer("Flask", "signedin, PostgreSQL", GUNICORN, FLASK, "signedin"),
    Peer("Express", NOTHING, NODE, "express.mjs", "nothing"),
    Peer("Express", "express-session, connect-pg", NODE, "express.mjs", "express_session"),
    Peer("Express", "Better Auth", NODE, "better.mjs", "better"),
    Peer(
        *("Express", "Better Auth, cookie cache", NODE, "better.mjs", "better_cached"),
        "until the copy in the cookie expires: 5 minutes",
    ),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One peer in one round."""

    rate: float  # requests a second
    cpu: float  # microseconds of the server's CPU time a request; PostgreSQL's is not in it


@dataclass(slots=True)
class Contestant:
    """A peer whose server runs, and what people who are logged in send it."""

    peer: Peer
    port: int
    pid: int
    file: Path
    credentials: list[str] = field(default_factory=list)

    def measure(self) -> Sample:
        before = cpu_seconds(self.pid)
        answered = load(self.port, self.file, SECONDS)
        used = cpu_seconds(self.pid) - before
        requests = max(1, answered.requests)  # a slow one on a busy machine may answer none
        return Sample(requests / answered.seconds, used / requests * 1e6)

    def log_everybody_in(self) -> None:
        for number in range(PEOPLE):
            person = "42" if self.peer.name == NOTHING else f"person{number}"
            header = "X-Nobody: x"
            if self.peer.name != NOTHING:
                header = self._log_in(person)
            self.credentials.append(header)
            if self.whom(header) != person:
                raise SystemExit(f"{self.peer}: {self.whom(header)!r} instead of {person!r}")
        self.file.write_text("\n".join(self.credentials))

    def _log_in(self, person: str) -> str:
        """The header that a browser sends from then on, or an app."""
        cookies, body = self._ask("POST", f"/login?user={person}")
        return f"Cookie: {'; '.join(cookies)}" if cookies else f"Authorization: Bearer {body}"

    def whom(self, header: str) -> str:
        """Who is logged in with it, as the app says."""
        return self._ask("GET", "/", header)[1]

    def replay(self) -> float | None:
        """Seconds after the log-out for which the credential was accepted; ``None``: not once."""
        if self.peer.name == NOTHING:
            return None
        header = self._log_in("leaver")
        if self.whom(header) != "leaver":
            raise SystemExit(f"{self.peer}: is not logged in")
        self._ask("POST", "/logout", header)
        began, accepted = time.monotonic(), None
        while (passed := time.monotonic() - began) < REPLAYED:
            if self.whom(header) != "leaver":
                return accepted
            accepted = passed
        return accepted

    def _ask(self, method: str, path: str, header: str | None = None) -> tuple[list[str], str]:
        connection = HTTPConnection("127.0.0.1", self.port)
        name, _, value = (header or "Accept: */*").partition(": ")
        connection.request(method, path, headers={"User-Agent": CHROME, name: value})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        cookies = [line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie", [])]
        return [cookie for cookie in cookies if not cookie.endswith("=")], body


def main() -> None:
    install()
    print(about_the_machine())
    generator = "wrk" if has_wrk() else "our own generator, which slows the fastest ones"
    SETTINGS.update(fsync="on", full_page_writes="on", max_connections="400")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # PostgreSQL is started from here
        cluster = stack.enter_context(running_cluster())
        contestants = []
        for number, peer in enumerate(PEERS):
            tell(f"starting {peer.framework}: {peer.name}")
            url = f"sqlite:///{folder}/{number}.db"
            if peer.database == "postgresql":
                url = cluster.make()
            contestants.append(stack.enter_context(served(peer, url, Path(folder))))
            contestants[-1].log_everybody_in()
        tell("measuring")
        measures = {contestant.peer: contestant.measure for contestant in contestants}
        samples = interleave(measures, rounds=ROUNDS, seconds=LONGEST)
        tell("sending what was ended again")
        accepted = {contestant.peer: contestant.replay() for contestant in contestants}
    show(samples, accepted, generator)
    keep(samples, accepted)


def install() -> None:
    """Make the peers' own environments, unless they are there as they should be."""
    wanted = (ROOT / "requirements" / "peers.txt").read_text()
    stamp = PLACE / "installed"
    scripts = sorted((ROOT / "benchmarks" / "peers").glob("*.*js*"))
    wanted += "".join(script.read_text() for script in scripts if script.suffix == ".json")
    if not stamp.exists() or stamp.read_text() != wanted:
        tell("installing the peers")
        shutil.rmtree(PLACE, ignore_errors=True)
        PLACE.mkdir(parents=True)
        subprocess.run([sys.executable, "-m", "venv", PLACE / "venv"], check=True)
        pip = [str(PLACE / "venv" / "bin" / "pip"), "install", "-qq", "--require-hashes"]
        subprocess.run([*pip, "-r", str(ROOT / "requirements" / "peers.txt")], check=True)
    for script in scripts:
        shutil.copy(script, PLACE)
    if not stamp.exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=PLACE, check=True)
        stamp.write_text(wanted)


@contextmanager
def served(peer: Peer, url: str, folder: Path) -> Iterator[Contestant]:
    """A server for one peer, for as long as the block lasts."""
    port = free_port()
    environment = os.environ | {
        "PEER": peer.word,
        "DATABASE": url,
        "PORT": str(port),
        "NODE_ENV": "production",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }
    if peer.server == NODE:
        command = ["node", str(PLACE / peer.app)]
    else:
        where = str(port) if peer.server == UVICORN else f"127.0.0.1:{port}"
        python = str(PLACE / "venv" / "bin" / "python")
        command = [python, *SERVERS[peer.server], where, f"benchmarks.peers.{peer.app}"]
    server = subprocess.Popen([*pinned(0), *command], env=environment)
    try:
        wait_for(port)
        yield Contestant(peer, port, server.pid, folder / f"{port}.credentials")
    finally:
        end(server)


def show(
    samples: Mapping[Peer, list[Sample]], accepted: Mapping[Peer, float | None], generator: str
) -> None:
    """Print the table of `docs/benchmarks.md`, and whether the aims are reached."""
    rounds = len(next(iter(samples.values())))
    print(f"\nAuthenticated GET, {rounds} rounds, one worker, asked by {generator}\n")
    print(
        "| in | sessions | requests a second | share of no session | CPU µs | share by CPU | "
        "after log-out |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for peer, found in samples.items():
        rates = [sample.rate for sample in found]
        cpu = statistics.median(sample.cpu for sample in found)
        print(
            f"| {peer.framework} | {peer.name} | {statistics.median(rates):,.0f} "
            f"({min(rates):,.0f} to {max(rates):,.0f}) | {share(samples, peer)} | {cpu:,.0f} | "
            f"{share_by_cpu(samples, peer)} | {fate(peer, accepted[peer])} |"
        )
    print()
    for peer in samples:
        if peer.is_ours:
            told = verdict(ratios(samples, peer), least=AIM)
            print(f"{peer.framework}, {peer.name}: {told}; {place(samples, peer)}")


def ratios(samples: Mapping[Peer, list[Sample]], peer: Peer) -> list[float]:
    """Its requests a second beside no session in the same framework, round by round."""
    without = samples[ceiling(samples, peer)]
    return paired([sample.rate for sample in samples[peer]], [sample.rate for sample in without])


def ceiling(samples: Mapping[Peer, list[Sample]], peer: Peer) -> Peer:
    """No session in the same framework."""
    return next(p for p in samples if (p.framework, p.name) == (peer.framework, NOTHING))


def place(samples: Mapping[Peer, list[Sample]], peer: Peer) -> str:
    """Who else in the same framework answers more requests, round by round."""
    rates = [sample.rate for sample in samples[peer]]
    quicker = [
        f"{other.name} ({statistics.median(versus):.2f})"
        for other, found in samples.items()
        if other.framework == peer.framework and other.name != NOTHING and not other.is_ours
        if statistics.median(versus := paired([sample.rate for sample in found], rates)) > 1
    ]
    return f"behind {', '.join(quicker)}" if quicker else "before all others"


def share(samples: Mapping[Peer, list[Sample]], peer: Peer) -> str:
    if peer.name == NOTHING:
        return ""
    found = ratios(samples, peer)
    return f"{statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f})"


def share_by_cpu(samples: Mapping[Peer, list[Sample]], peer: Peer) -> str:
    """What is left of a request's CPU time for all but the session: what noise disturbs least."""
    if peer.name == NOTHING:
        return ""
    found = paired([s.cpu for s in samples[ceiling(samples, peer)]], [s.cpu for s in samples[peer]])
    return f"{statistics.median(found):.2f}"


def fate(peer: Peer, accepted: float | None) -> str:
    if peer.name == NOTHING:
        return ""
    if accepted is None:
        return "refused at once"
    if accepted < REPLAYED * 0.9:
        return f"accepted for {accepted * 1000:.0f} ms"
    return f"**accepted** {peer.lasts}"


def keep(samples: Mapping[Peer, list[Sample]], accepted: Mapping[Peer, float | None]) -> None:
    """What the chart is drawn from: `python -m tools.peers_chart`."""
    told = [
        {
            "framework": peer.framework,
            "name": peer.name,
            "shares": ratios(samples, peer),
            "is_refused": accepted[peer] is None,
        }
        for peer in samples
        if peer.name != NOTHING
    ]
    (PLACE / "result.json").write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
