"""`make bench-scale`: what everything costs, by the number of live sessions, on both stores.

    SIZES=10_000_000 make bench-scale

Each size is a real database with the real schema and durable commits, filled with what the
product writes. All of them are visited in each round in shuffled order, by one process that is
also the one node on PostgreSQL; no maintenance thread works meanwhile.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.filling import (
    AGES,
    OF_ONE_PERSON,
    OPERATOR,
    client_of,
    every,
    fill,
    person_of,
    tell,
    token_of,
)
from benchmarks.machine import about_the_machine
from benchmarks.rounds import interleave
from signedin.core.policy import Policy
from signedin.service.ports import Horizons
from signedin.wiring import Sessions, is_postgres
from tests.cluster import SETTINGS, running_cluster
from tests.databases import shell

SMALLEST, SIZES = 10_000, os.environ.get("SIZES", "1_000_000")
ROUNDS, LONGEST = 500, 420.0  # of all operations; seconds
CHANGES = 100  # of the policy, afterwards: each check reads all of them that a session has seen
HITS = 1_000  # checks that make up one sample
RESERVED = 0.6  # of the sessions are looked at, the others are ended
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# PostgreSQL as a server of some gigabytes is set up; durable.
CLUSTER = {
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "maintenance_work_mem": "512MB",
}

HIT, AGAIN, FIRST = "check, held", "check, look-up", "check, first for long"
LIST, ONE, ALL = "list of a person", "terminate", "terminate all of one"
POLICY, PURGE = "policy change", "purge"
OPERATIONS = (HIT, AGAIN, FIRST, LIST, ONE, ALL, PURGE, POLICY)
AIMED = (AGAIN, FIRST, LIST, ONE)  # p99 at the largest size at most twice that at the smallest
Key = tuple[str, int]  # kind of database, sessions


class Subject:
    """One database, and what is done with it; each operation answers its milliseconds."""

    def __init__(self, url: str, size: int) -> None:
        self._sessions = Sessions(url)
        self._sessions._upkeep.stop()
        self._random = random.Random(2026)
        self._looked_at, self._every = int(size * RESERVED), every(size)
        people = range(self._looked_at // OF_ONE_PERSON + 1, size // OF_ONE_PERSON)
        chosen = iter(self._random.sample(people, min(len(people), 2 * ROUNDS)))
        self._to_end = map(str, chosen)
        self._policies = 0
        self._latest = 0
        self.operations: dict[str, Callable[[], float]] = {
            HIT: self._hit,
            AGAIN: self._look_up,
            FIRST: self._first,
            LIST: self._list,
            ONE: self._terminate,
            ALL: self._terminate_all,
            POLICY: self._set_policy,
            PURGE: self._purge,
        }

    def close(self) -> None:
        self._sessions.close()

    def _any(self) -> int:
        return self._random.randrange(0, self._looked_at, self._every)

    def _check(self, number: int) -> None:
        if self._sessions.check(token_of(number), client_of(number)).session is None:
            raise SystemExit("a live session was refused")

    def _hit(self) -> float:
        self._check(self._latest)
        who = client_of(self._latest)
        sent, agent = token_of(self._latest).encode(), who.user_agent.encode()
        held, address = self._sessions.check_held, who.ip_address
        if held(sent, address, agent) is None:
            return self._hit()  # the lease ran out while others were busy; it is renewed

        def hits() -> None:
            for _ in range(HITS):
                held(sent, address, agent)

        return timed(hits) / HITS

    def _look_up(self) -> float:
        """The row of a session whose use need not be written before the answer."""
        number = self._latest
        self._check(number)
        self._sessions._memory.forget(None)
        return timed(lambda: self._check(number))

    def _first(self) -> float:
        """The row, and the use that is written before the answer."""
        number = self._latest = self._any()
        return timed(lambda: self._check(number))

    def _list(self) -> float:
        person = person_of(self._any())
        return timed(lambda: self._sessions.list(person))

    def _terminate(self) -> float:
        person = next(self._to_end)
        session = self._sessions.list(person)[0]
        return timed(lambda: self._sessions.terminate(session.id, user_id=person, by=OPERATOR))

    def _terminate_all(self) -> float:
        person = next(self._to_end)
        return timed(lambda: self._sessions.terminate_all(person, by=OPERATOR))

    def _set_policy(self) -> float:
        self._policies += 1
        lifetime = timedelta(days=80) - self._policies * timedelta(minutes=1)
        policy = Policy(idle_timeout=2 * AGES, lifetime=lifetime)
        change = self._sessions.policies.set
        return timed(lambda: change("default", policy, by=OPERATOR, reason="measured"))

    def _purge(self) -> float:
        """What was ended since the last one."""
        long_ago = {part.name: LONG_AGO for part in fields(Horizons)}
        horizons = Horizons(**long_ago | {"ended": self._sessions.clock.now()})
        return timed(lambda: self._sessions.store.purge(horizons))


def timed(act: Callable[[], object]) -> float:
    """Milliseconds that it takes."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    print(about_the_machine())
    sizes = sorted({SMALLEST, *map(int, SIZES.replace(",", " ").split())})
    with filled(sizes) as databases:
        for (kind, size), url in databases.items():
            show_bytes(kind, size, bytes_on_disk(url, size))
        show_held(databases["SQLite", sizes[-1]], sizes[-1])
        subjects = {key: Subject(url, key[1]) for key, url in databases.items()}
        samples = measure(subjects, OPERATIONS[:-1], ROUNDS)
        samples |= measure(subjects, OPERATIONS[-1:], CHANGES)
        for subject in subjects.values():
            subject.close()
    show(sizes, samples)


def measure(
    subjects: dict[Key, Subject], names: tuple[str, ...], rounds: int
) -> dict[tuple[Key, str], list[float]]:
    """So many rounds of these operations on every database."""
    contestants = {
        (key, name): subject.operations[name] for key, subject in subjects.items() for name in names
    }
    tell(f"measuring {', '.join(names)}")
    return interleave(contestants, rounds=rounds, seconds=LONGEST)


@contextmanager
def filled(sizes: list[int]) -> Iterator[dict[Key, str]]:
    """The URLs of databases of each size, on each store."""
    SETTINGS.update(CLUSTER)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        cluster = stack.enter_context(running_cluster())
        databases = {}
        for size in sizes:
            databases["SQLite", size] = f"sqlite:///{Path(folder, f'{size}.db')}"
            databases["PostgreSQL", size] = cluster.make()
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            pool.starmap(fill_one, [(url, size) for (_, size), url in databases.items()], 1)
        yield databases


def fill_one(url: str, size: int) -> None:
    sessions = Sessions(url)
    fill(sessions, url, size)
    sessions.close()
    if is_postgres(url):
        with shell(url) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")


def bytes_on_disk(url: str, size: int) -> tuple[float, float, float]:
    """Bytes a session: its row, its entries in indexes, and all of the side tables."""
    with shell(url) as connection:
        if is_postgres(url):
            query = (
                "SELECT pg_table_size('signedin_sessions'), pg_indexes_size('signedin_sessions'),"
                " pg_total_relation_size('signedin_clients')"
                " + pg_total_relation_size('signedin_places')"
            )
            ((table, indexes, beside),) = connection.execute(query).fetchall()
        else:
            query = (
                "SELECT CASE WHEN m.tbl_name = 'signedin_sessions' THEN m.type ELSE 'beside' END,"
                " sum(d.pgsize) FROM dbstat d JOIN sqlite_schema m ON m.name = d.name"
                " WHERE m.tbl_name IN ('signedin_sessions', 'signedin_clients', 'signedin_places')"
                " AND d.aggregate = 1 GROUP BY 1"
            )
            pages = dict(connection.execute(query).fetchall())
            table, indexes, beside = pages["table"], pages["index"], pages["beside"]
    return table / size, indexes / size, beside / size


def held_bytes(url: str, size: int) -> float:
    """How much a process grows by for each session that it puts into memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(grow, (url, size))


def grow(url: str, size: int) -> float:
    sessions, rng = Sessions(url), random.Random(2027)
    numbers = list(range(0, int(size * RESERVED), every(size)))
    rng.shuffle(numbers)
    for number in numbers[:1_000]:  # what is made once is not a session's
        sessions.check(token_of(number), client_of(number))
    gc.collect()
    before = resident()
    for number in numbers[1_000:]:
        sessions.check(token_of(number), client_of(number))
    gc.collect()
    return (resident() - before) / (len(numbers) - 1_000)


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def show_bytes(kind: str, size: int, found: tuple[float, float, float]) -> None:
    table, indexes, beside = found
    print(
        f"{kind:<11}{size:>12,} sessions: {table + indexes:4.0f} bytes each on disk "
        f"(row {table:.0f}, indexes {indexes:.0f}), and {beside:.1f} for what many share"
    )


def show_held(url: str, size: int) -> None:
    print(f"in memory {held_bytes(url, size):.0f} bytes for each held session\n")


def show(sizes: list[int], samples: dict[tuple[Key, str], list[float]]) -> None:
    """Print p50 and p99 of everything, and how p99 grew."""
    rounds = len(samples[("SQLite", sizes[0]), ONE])
    print(f"Milliseconds, p50 and p99 of {rounds:,} interleaved rounds, {CHANGES} of the policy")
    for kind in ("SQLite", "PostgreSQL"):
        heads = "".join(f"{size:>22,}" for size in sizes)
        print(f"\n{kind:<23}{heads}{'p99, most ÷ least':>20}")
        for name in OPERATIONS:
            found = [hundredths(samples[(kind, size), name]) for size in sizes]
            cells = "".join(f"{p50:>12.4f}{p99:>10.4f}" for p50, p99 in found)
            ratio = found[-1][1] / found[0][1]
            aim = ""
            if name in AIMED:
                aim = ", aim ≤ 2: " + ("reached" if ratio <= 2 else "NOT reached")
            print(f"{name:<23}{cells}{ratio:>10.2f}{aim}")


def hundredths(values: list[float]) -> tuple[float, float]:
    found = statistics.quantiles(values, n=100)
    return found[49], found[98]


if __name__ == "__main__":
    main()
