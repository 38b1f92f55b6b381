"""One check of a session, beside what others do to verify theirs.

Times are this thread's CPU time, so other work on the machine costs a sample its caches but
not its turn. What the maintenance thread writes every five seconds is not in them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import statistics
import tempfile
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import itsdangerous
import jwt

from benchmarks.rounds import interleave, middle, paired, spread, verdict
from signedin.service.start import start
from signedin.wiring import Sessions
from tests.clients import client

LIVE, AT_ONCE, ROUNDS = 20_000, 1_000, 25
LONGEST = 25.0  # seconds for all rounds
KEY = os.urandom(32)

IN_TURN, HOT = "signedin, 20,000 sessions in turn", "signedin, the same session"
HMAC_IN_TURN, HMAC_HOT = "bare HMAC cookie, 20,000 in turn", "bare HMAC cookie, the same"
LOAD = "Starlette SessionMiddleware's load"
COMPARED = (
    (IN_TURN, LOAD, 0.2),
    (HOT, LOAD, 0.2),
    (IN_TURN, HMAC_IN_TURN, 0.8),
    (IN_TURN, HMAC_HOT, 0.8),
    (HOT, HMAC_HOT, 0.8),
)


def run() -> None:
    """Measure and print."""
    with sessions() as (ours, tokens):
        contestants = {
            IN_TURN: over(checker(ours), tokens),
            HOT: over(checker(ours), [tokens[0]] * 4_000),
            HMAC_IN_TURN: over(*bare_hmac(LIVE)),
            HMAC_HOT: over(*bare_hmac(1), times=4_000),
            "itsdangerous unsign": over(*itsdangerous_unsign(), times=1_000),
            LOAD: over(*starlette_load(), times=1_000),
            "PyJWT HS256": over(*pyjwt(), times=300),
            "limit: sha256 + dict, 20,000 in turn": over(*hash_and_look_up(tokens)),
            "limit: sha256 + dict, the same": over(*hash_and_look_up(tokens[:1]), times=4_000),
        }
        samples = interleave(contestants, rounds=ROUNDS, seconds=LONGEST)
    show(samples)


def show(samples: dict[str, list[float]]) -> None:
    rounds = len(samples[IN_TURN])
    print(f"One check, {rounds} rounds, {LIVE:,} live sessions")
    print(f"  {'':38}{'nanoseconds':^29}   ÷ Starlette's   ÷ bare HMAC")
    print(f"  {'':38}{'least':>9} {'median':>9} {'most':>9}   {'load':>13}   {'cookie':>11}")
    for name, values in sorted(samples.items(), key=lambda item: statistics.median(item[1])):
        by_load, by_hmac = (
            statistics.median(paired(values, samples[other])) for other in (LOAD, HMAC_HOT)
        )
        print(f"  {name:38}{spread(values)}   {by_load:13.2f}   {by_hmac:11.2f}")
    print(f"\n  {'':73}in pairs (least to most)")
    for ours, theirs, aim in COMPARED:
        ratios = paired(samples[ours], samples[theirs])
        print(f"  {f'{ours} ÷ {theirs}':73}{middle(ratios):24}   {verdict(ratios, most=aim)}")


def over(
    check: Callable[[str], object], values: Sequence[str], times: int = 1
) -> Callable[[], float]:
    """Nanoseconds a call, over all the values once."""
    values = list(values) * times

    def measure() -> float:
        began = time.thread_time_ns()
        for value in values:
            check(value)
        return (time.thread_time_ns() - began) / len(values)

    return measure


@contextmanager
def sessions() -> Iterator[tuple[Sessions, list[str]]]:
    """Sessions on a real SQLite file, all of them live and in memory."""
    with tempfile.TemporaryDirectory() as folder:
        ours = Sessions(f"sqlite:///{Path(folder, 'sessions.db')}")
        tokens: list[str] = []
        while len(tokens) < LIVE:
            tokens += start_many(ours, len(tokens))
        for token in tokens:
            if ours.check(token, client()).session is None:
                raise SystemExit("a live session was refused")
        yield ours, tokens
        ours.close()


def start_many(ours: Sessions, first: int) -> list[str]:
    """Start sessions as ``Sessions.start`` does, but many in one transaction."""
    with ours.work() as work:
        return [
            start(
                work,
                client(),
                user_id=str(number),
                login=None,
                clock=ours.clock,
                place=ours.places.find(client().ip_address),
                methods=("pwd",),
                persistent=False,
                organizations=(),
                ends_by=None,
                data=None,
                replaces=None,
                end=(),
                remember_browser=True,
            ).token
            for number in range(first, first + AT_ONCE)
        ]


def checker(ours: Sessions) -> Callable[[str], object]:
    browser, check = client(), ours.check
    return lambda token: check(token, browser)


def bare_hmac(cookies: int) -> tuple[Callable[[str], object], list[str]]:
    """The least that a signed cookie can cost: one HMAC, one compare, one date."""

    def sign(text: str) -> str:
        return text + "." + hmac.digest(KEY, text.encode(), "sha256").hex()

    def verify(cookie: str) -> str | None:
        text, _, signature = cookie.rpartition(".")
        expected = hmac.digest(KEY, text.encode(), "sha256").hex()
        if not hmac.compare_digest(expected, signature):
            return None
        user, _, expires = text.partition(":")
        return user if int(expires) > time.time() else None

    return verify, [sign(f"{n}:{int(time.time()) + 9000}") for n in range(cookies)]


def itsdangerous_unsign() -> tuple[Callable[[str], object], list[str]]:
    signer = itsdangerous.TimestampSigner(KEY)
    return lambda value: signer.unsign(value, max_age=9000), [signer.sign("42").decode()]


def starlette_load() -> tuple[Callable[[str], object], list[str]]:
    """What Starlette's SessionMiddleware does with its cookie on each request."""
    signer = itsdangerous.TimestampSigner(KEY)
    cookie = signer.sign(b64encode(json.dumps({"user": "42"}).encode())).decode()

    def load(value: str) -> object:
        return json.loads(b64decode(signer.unsign(value.encode(), max_age=14 * 24 * 3600)))

    return load, [cookie]


def pyjwt() -> tuple[Callable[[str], object], list[str]]:
    token = jwt.encode({"sub": "42", "exp": int(time.time()) + 9000}, KEY, "HS256")
    return lambda value: jwt.decode(value, KEY, algorithms=["HS256"]), [token]


def hash_and_look_up(tokens: list[str]) -> tuple[Callable[[str], object], list[str]]:
    held = {hashlib.sha256(token.encode()).digest(): token for token in tokens}
    sha256 = hashlib.sha256
    return lambda token: held.get(sha256(token.encode()).digest()), tokens
