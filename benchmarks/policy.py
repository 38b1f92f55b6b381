"""`make bench-policy`: what a change of policy costs, by the number of live sessions.

Each size is a real SQLite file of its own with the real schema, filled with the product's own
statements. As an administrator does, the effect is looked at first and the changes are made then;
they are interleaved over the sizes, and nothing sweeps meanwhile.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.filling import AGES, OPERATOR, ORGANIZATION, every, fill, tell, token_of
from benchmarks.machine import about_the_machine
from benchmarks.rounds import interleave, paired
from signedin.core.policy import DEFAULT_POLICY, Policy, organization_scope
from signedin.wiring import Sessions
from tests.clients import client
from tests.databases import sqlite_store

SIZES, ROUNDS, LONGEST = (1_000, 1_000_000), 50, 60.0  # sessions; sets; seconds
CHECKS = 20
SHORTEST = AGES / 2  # the idle timeout of the last change: half of the sessions end

NOBODY, MANY, MEMBERS = "default, ends nobody", "default, ends many", "an organization's"


@dataclass(frozen=True)
class Sample:
    """One change of policy."""

    milliseconds: float
    rows: int  # written, by triggers as well


@dataclass(frozen=True)
class Result:
    """What was measured of one size."""

    sets: dict[str, list[Sample]]
    checks: list[float]  # milliseconds of the first check after a change
    dry_run: float  # seconds
    ends: int  # live sessions that the changes will end, by the dry run
    is_untouched: bool  # no row of a session was written


def main() -> None:
    print(about_the_machine())
    show(measure(SIZES, rounds=ROUNDS))


def measure(sizes: Sequence[int], *, rounds: int) -> dict[int, Result]:
    """Fill a database of each size, and change its policies so many times."""
    with tempfile.TemporaryDirectory() as folder:
        databases = {size: Path(folder, f"{size}.db") for size in sizes}
        checks, effects = {}, {}
        for size, path in databases.items():
            with closing(open_sessions(path)) as sessions:
                fill(sessions, f"sqlite:///{path}", size)
                tell(f"dry run over {size:,}")
                effects[size] = dry_run(sessions)
                checks[size] = first_checks(
                    sessions, token_of((size - 1) // every(size) * every(size))
                )
        subjects = {size: Subject(path, rounds) for size, path in databases.items()}
        before = {size: fingerprint(path) for size, path in databases.items()}
        contestants = {
            (name, size): subject.kinds[name]
            for size, subject in subjects.items()
            for name in subject.kinds
        }
        tell("changing policies")
        samples = interleave(contestants, rounds=rounds, seconds=LONGEST)
        results = {}
        for size, subject in subjects.items():
            untouched = fingerprint(databases[size]) == before[size]
            sets = {name: samples[name, size] for name in subject.kinds}
            results[size] = Result(sets, checks[size], *effects[size], untouched)
            subject.sessions.close()
    return results


class Subject:
    """One database, and the changes of its policies."""

    def __init__(self, path: Path, rounds: int) -> None:
        self.sessions = open_sessions(path)
        self._numbers = count(1)
        self._step = (AGES - SHORTEST) / rounds
        self._idle = AGES
        self.kinds: dict[str, Callable[[], Sample]] = {
            NOBODY: self._end_nobody,
            MANY: self._end_many,
            MEMBERS: self._hold_members,
        }
        self._hold_members()  # so that each measured one replaces another

    def _end_nobody(self) -> Sample:
        return self._set("default", self._shorter(self._idle))

    def _end_many(self) -> Sample:
        self._idle -= self._step
        return self._set("default", self._shorter(self._idle))

    def _hold_members(self) -> Sample:
        return self._set(organization_scope(ORGANIZATION), self._shorter(None))

    def _shorter(self, idle: timedelta | None) -> Policy:
        """Each one tighter than the last."""
        lifetime = timedelta(days=80) - next(self._numbers) * timedelta(minutes=1)
        return Policy(idle_timeout=idle, lifetime=lifetime)

    def _set(self, scope: str, policy: Policy) -> Sample:
        before = self._written()
        began = time.perf_counter()
        self.sessions.policies.set(scope, policy, by=OPERATOR, reason="measured")
        took = time.perf_counter() - began
        return Sample(took * 1000, self._written() - before)

    def _written(self) -> int:
        """Rows that any statement or trigger has written on the connection that writes."""
        with sqlite_store(self.sessions)._durable.use() as connection:
            return connection.total_changes


def dry_run(sessions: Sessions) -> tuple[float, int]:
    """Seconds that the look at all live sessions takes, and how many the last change will end."""
    began = time.perf_counter()
    effect = sessions.policies.dry_run("default", Policy(idle_timeout=SHORTEST))
    return time.perf_counter() - began, effect.ends_now


def first_checks(sessions: Sessions, token: str) -> list[float]:
    """Milliseconds of the check that finds memory emptied by a change."""
    found = []
    for number in range(CHECKS):
        if sessions.check(token, client()).session is None:
            raise SystemExit("a live session was refused")
        policy = Policy(idle_timeout=2 * AGES, lifetime=timedelta(days=89, minutes=-number))
        sessions.policies.set("default", policy, by=OPERATOR, reason="measured")
        began = time.perf_counter()
        sessions.check(token, client())
        found.append((time.perf_counter() - began) * 1000)
    return found


def fingerprint(path: Path) -> tuple[Any, ...]:
    """Of all that policies could write into sessions; changes with each row that is written."""
    with closing(sqlite3.connect(path)) as connection:
        found: tuple[Any, ...] = connection.execute(
            "SELECT count(*), count(ended_at), total(ends_by), sum(generation),"
            " sum(last_used_at % 1000000007), sum(authenticated_at % 1000000007),"
            " sum(length(organizations)) FROM signedin_sessions"
        ).fetchone()
        return found


def open_sessions(path: Path) -> Sessions:
    return Sessions(f"sqlite:///{path}", policy=DEFAULT_POLICY)


def show(results: dict[int, Result]) -> None:
    """Print the tables, and whether the rows are the same at every size."""
    sizes = list(results)
    least, most = results[sizes[0]], results[sizes[-1]]
    print(f"\nOne change of policy, {len(least.sets[NOBODY])} interleaved rounds")
    print(f"  {'':24}{'live sessions':>14}{'milliseconds (least, median, most)':>40}{'rows':>8}")
    for name in least.sets:
        for size, result in results.items():
            times = three([sample.milliseconds for sample in result.sets[name]])
            print(f"  {name:24}{size:>14,}{times:>40}{rows_written(result, name):>8}")
        ratio = statistics.median(paired(milliseconds(most, name), milliseconds(least, name)))
        same = len({sample.rows for result in results.values() for sample in result.sets[name]})
        print(
            f"  {'':24}{f'{sizes[-1]:,} ÷ {sizes[0]:,}':>20}: time {ratio:.2f}, "
            f"rows {'the same' if same == 1 else 'NOT the same'}"
        )
    print(f"\n  {'':14}{'that end by':>14}{'their rows':>13}{'dry run':>22}{'the first check':>30}")
    print(f"  {'live sessions':>14}{'the changes':>14}{'':>13}{'seconds, µs each':>22}{'ms':>30}")
    for size, result in results.items():
        dry = f"{result.dry_run:.2f}, {result.dry_run / size * 1e6:.0f}"
        rows = "untouched" if result.is_untouched else "WRITTEN"
        print(f"  {size:>14,}{result.ends:>12,}{rows:>11}{dry:>18}{three(result.checks):>31}")


def milliseconds(result: Result, name: str) -> list[float]:
    return [sample.milliseconds for sample in result.sets[name]]


def rows_written(result: Result, name: str) -> str:
    return ", ".join(str(rows) for rows in sorted({s.rows for s in result.sets[name]}))


def three(values: Sequence[float]) -> str:
    return f"{min(values):9.2f} {statistics.median(values):9.2f} {max(values):9.2f}"


if __name__ == "__main__":
    main()
