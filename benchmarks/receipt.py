"""How long a terminate on PostgreSQL takes with four nodes, beside a bare two-way NOTIFY.

    python -m benchmarks.receipt

On a throw-away cluster with durable commits. Each node is a process that answers from memory;
the bare one is two connections that notify each other, so a floor for one node.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.synchronize
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from benchmarks.run import about_the_machine
from signedin.core.permission import Actor
from signedin.wiring import Sessions
from tests.clients import client
from tests.cluster import SETTINGS, running_cluster
from tests.waiting import wait_until

NODES, ROUNDS = 4, 1_000
SPAWN = multiprocessing.get_context("spawn")
OPERATOR = Actor.admin("benchmark")


def be_a_node(url: str, token: str, stop: multiprocessing.synchronize.Event) -> None:
    """Answer from memory until told to stop."""
    sessions = Sessions(url)
    sessions.check(token, client())
    stop.wait()
    sessions.close()


def answer(url: str, stop: multiprocessing.synchronize.Event) -> None:
    """Send back what was notified."""
    with (
        psycopg.connect(url, autocommit=True) as hearing,
        psycopg.connect(url, autocommit=True) as telling,
    ):
        hearing.execute("LISTEN there")
        telling.execute("NOTIFY here")
        while not stop.is_set():
            for _ in hearing.notifies(timeout=0.5, stop_after=1):
                telling.execute("NOTIFY here")


@contextmanager
def running(processes: list[multiprocessing.context.SpawnProcess]) -> Iterator[None]:
    for process in processes:
        process.start()
    yield
    for process in processes:
        process.join()


def bare(url: str) -> list[float]:
    """Milliseconds of NOTIFY there and back."""
    stop, found = SPAWN.Event(), []
    with (
        psycopg.connect(url, autocommit=True) as hearing,
        psycopg.connect(url, autocommit=True) as telling,
    ):
        hearing.execute("LISTEN here")
        with running([SPAWN.Process(target=answer, args=(url, stop))]):
            next(hearing.notifies())
            for _ in range(ROUNDS):
                began = time.perf_counter()
                telling.execute("NOTIFY there")
                for _ in hearing.notifies(stop_after=1):
                    found.append((time.perf_counter() - began) * 1000)
            stop.set()
    return found


def receipts(url: str) -> list[float]:
    """Milliseconds that terminates say they took."""
    stop, found = SPAWN.Event(), []
    sessions = Sessions(url)
    kept = sessions.start("kept", client(), methods=["pwd"])
    nodes = [SPAWN.Process(target=be_a_node, args=(url, kept.token, stop)) for _ in range(NODES)]
    with running(nodes):
        listed = "SELECT count(*) FROM signedin_nodes"
        with psycopg.connect(url, autocommit=True) as looking:
            wait_until(lambda: looking.execute(listed).fetchone() == (NODES,))
        for _ in range(ROUNDS):
            started = sessions.start("42", client(), methods=["pwd"])
            receipt = sessions.terminate(started.session.id, user_id="42", by=OPERATOR)
            assert receipt.nodes_confirmed == NODES, receipt
            found.append(receipt.took.total_seconds() * 1000)
        stop.set()
    sessions.close()
    return found


def main() -> None:
    SETTINGS["fsync"] = "on"
    print(about_the_machine())
    with running_cluster() as cluster:
        url = cluster.make()
        for name, found in (
            ("bare NOTIFY there and back", bare(url)),
            (f"terminate, {NODES} nodes", receipts(url)),
        ):
            hundredths = statistics.quantiles(found, n=100)
            print(f"{name:<28} p50 {hundredths[49]:6.2f} ms   p99 {hundredths[98]:6.2f} ms")


if __name__ == "__main__":
    main()
