"""`make bench-frameworks`: an authenticated GET with our session and with the framework's own.

Each contestant is a server of its own with one worker, asked as in `benchmarks/requests.py`;
the code of the view is the same in each pair (`benchmarks/framework_apps.py`). With ours, the
view reads `session` too, which is kept in the database.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import itsdangerous

from benchmarks.apps import KEY
from benchmarks.framework_apps import OURS, flask_app
from benchmarks.load import has_wrk
from benchmarks.machine import about_the_machine
from benchmarks.requests import SESSIONS, Sample, measured, uvicorn
from benchmarks.rounds import interleave, middle, paired, spread, verdict
from benchmarks.run import HOW_TO_READ
from signedin.wiring import Sessions
from tests.clients import client

AIM = 0.97
ROUNDS, LONGEST = 20, 150.0  # seconds for all rounds


@dataclass(frozen=True, slots=True)
class Contest:
    """A framework with one of its own sessions, against the same with ours."""

    framework: str
    theirs: str
    command: tuple[str, ...]
    log_in: Callable[[str, str, Sequence[str]], list[str]]  # with which session, where, whom


def _in_starlette(session: str, database: str, people: Sequence[str]) -> list[str]:
    if session == OURS:
        return _ours(database, people)
    signer = itsdangerous.TimestampSigner(KEY)
    held = [b64encode(json.dumps({"user": person}).encode()) for person in people]
    return [signer.sign(one).decode() for one in held]


def _in_flask(session: str, database: str, people: Sequence[str]) -> list[str]:
    if session == OURS:
        return _ours(database, people)
    os.environ["BENCH_APP"] = session
    app = flask_app()
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return [str(serializer.dumps({"user": person})) for person in people]


def _ours(database: str, people: Sequence[str]) -> list[str]:
    with closing(Sessions(f"sqlite:///{database}")) as sessions:
        held = [json.dumps({"user": person}) for person in people]
        started = [
            sessions.start(person, client(), methods=[], data=data)
            for person, data in zip(people, held, strict=True)
        ]
    return [str(one.token) for one in started]


def _in_django(session: str, database: str, people: Sequence[str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.django_site", str(len(people))],
        env=os.environ | {"BENCH_APP": f"Django: {session}", "BENCH_DATABASE": database},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.split()


def _gunicorn(app: str) -> tuple[str, ...]:
    return (
        "gunicorn", app, "--bind", "127.0.0.1:{port}", "--workers", "1", "--threads", "4",
        "--log-level", "warning",
    )  # fmt: skip


_DJANGO = _gunicorn("benchmarks.django_site:application()")
CONTESTS = (
    Contest(
        "Starlette",
        "signed cookie",
        uvicorn("benchmarks.framework_apps:starlette"),
        _in_starlette,
    ),
    Contest(
        "Flask", "signed cookie", _gunicorn("benchmarks.framework_apps:flask_app()"), _in_flask
    ),
    Contest("Django", "db", _DJANGO, _in_django),
    Contest("Django", "cached_db", _DJANGO, _in_django),
)


def main() -> None:
    print(about_the_machine() + "\n")
    print(HOW_TO_READ)
    generator = "wrk" if has_wrk() else "our own generator, which slows the fastest ones"
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        measures = {
            (contest, session): stack.enter_context(_served(contest, session, Path(folder)))
            for contest in CONTESTS
            for session in (contest.theirs, OURS)
        }
        samples = interleave(measures, rounds=ROUNDS, seconds=LONGEST)
    _show(samples, generator)


def _served(
    contest: Contest, session: str, folder: Path
) -> AbstractContextManager[Callable[[], Sample]]:
    name = f"{contest.framework}: {session}"
    people = [str(number) for number in range(SESSIONS)]
    database = f"{folder}/{name.replace(': ', '-')}-{contest.theirs}.db"
    cookies = contest.log_in(session, database, people)
    environment = {"BENCH_APP": name, "BENCH_DATABASE": database}
    return measured(name, contest.command, environment, dict(zip(cookies, people, strict=True)))


def _show(samples: dict[tuple[Contest, str], list[Sample]], generator: str) -> None:
    rounds = min(len(taken) for taken in samples.values())
    print(f"\nAuthenticated GET, {rounds} rounds, one worker, asked by {generator}")
    print(f"  {'':28}{'requests a second':^29}    CPU µs a request")
    print(f"  {'':28}{'least':>9} {'median':>9} {'most':>9}   {'least':>8} {'median':>8}")
    for (contest, session), taken in samples.items():
        cpu = [sample.cpu for sample in taken]
        rates = spread([sample.rate for sample in taken])
        name = f"{contest.framework}: {session}"
        print(f"  {name:28}{rates}   {min(cpu):8.1f} {median(cpu):8.1f}")
    print(f"\n  {'':40}{'in pairs (least to most)':26}best/best   by CPU")
    for contest in CONTESTS:
        ours, theirs = samples[contest, OURS], samples[contest, contest.theirs]
        ratios = paired([s.rate for s in ours], [s.rate for s in theirs])
        best = max(s.rate for s in ours) / max(s.rate for s in theirs)
        by_cpu = median(paired([s.cpu for s in theirs], [s.cpu for s in ours]))
        versus = f"signedin ÷ {contest.framework}: {contest.theirs}"
        told = verdict(ratios, least=AIM)
        print(f"  {versus:40}{middle(ratios):26}{best:9.2f}{by_cpu:9.2f}   {told}")


if __name__ == "__main__":
    main()
