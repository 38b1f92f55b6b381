"""How long a terminate on PostgreSQL takes with four nodes, beside the least that it could.

    python -m benchmarks.receipt

On a throw-away cluster with durable commits. Each node is a process that answers from memory.
What it stands beside needs no signedin: one row made durable; a NOTIFY and the answer of one
process; and both together, one durable row of which four processes are told and that each
confirms, which is what a terminate promises.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.synchronize
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg
import pytest

from benchmarks.machine import about_the_machine
from signedin.core.permission import Actor
from signedin.wiring import Sessions
from tests.clients import client
from tests.cluster import SETTINGS, program, running_cluster
from tests.waiting import wait_until

NODES, ROUNDS = 4, 1_000
SPAWN = multiprocessing.get_context("spawn")
OPERATOR = Actor.admin("benchmark")
Measure = Callable[[], float]  # one round; milliseconds


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
def running(target: Callable[..., None], *values: object, count: int) -> Iterator[None]:
    """Processes that do this until the block is left."""
    stop = SPAWN.Event()
    processes = [SPAWN.Process(target=target, args=(*values, stop)) for _ in range(count)]
    for process in processes:
        process.start()
    yield
    stop.set()
    for process in processes:
        process.join()


@contextmanager
def durable_row(url: str) -> Iterator[Measure]:
    with psycopg.connect(url, autocommit=True) as writing:
        writing.execute("CREATE TABLE bare (word text)")

        def measure() -> float:
            began = time.perf_counter()
            writing.execute("INSERT INTO bare VALUES ('ended')")
            return (time.perf_counter() - began) * 1000

        yield measure


@contextmanager
def notified(url: str, statement: str, nodes: int) -> Iterator[Measure]:
    """Run a statement that tells ``nodes`` processes, until all have answered."""
    with (
        psycopg.connect(url, autocommit=True) as hearing,
        psycopg.connect(url, autocommit=True) as telling,
    ):
        hearing.execute("LISTEN here")
        with running(answer, url, count=nodes), closing(hearing.notifies()) as answers:
            for _ in range(nodes):
                next(answers)  # they listen

            def measure() -> float:
                began = time.perf_counter()
                telling.execute(statement.encode())
                for _ in range(nodes):
                    next(answers)
                return (time.perf_counter() - began) * 1000

            yield measure


@contextmanager
def terminate(url: str) -> Iterator[Measure]:
    sessions = Sessions(url)
    kept = sessions.start("kept", client(), methods=["pwd"])
    with running(be_a_node, url, str(kept.token), count=NODES):
        listed = "SELECT count(*) FROM signedin_nodes"
        with psycopg.connect(url, autocommit=True) as looking:
            wait_until(lambda: looking.execute(listed).fetchone() == (NODES,))

        def measure() -> float:
            started = sessions.start("42", client(), methods=["pwd"])
            receipt = sessions.terminate(started.session.id, user_id="42", by=OPERATOR)
            assert receipt.nodes_confirmed == NODES, receipt
            return receipt.took.total_seconds() * 1000

        yield measure
    sessions.close()


def main() -> None:
    print(about_the_machine())
    run()


def run() -> None:
    try:
        program("postgres")
    except pytest.fail.Exception as missing:
        print(f"How long an end with {NODES} nodes takes was not measured. {missing}")
        return
    SETTINGS["fsync"] = "on"
    row_and_notify = "BEGIN; INSERT INTO bare VALUES ('ended'); NOTIFY there; COMMIT"
    with running_cluster() as cluster, ExitStack() as stack:
        both, alone = cluster.make(), cluster.make()  # who listens in one hears not the other
        ways = {
            "one durable row": durable_row(both),
            "NOTIFY there and back, one process": notified(alone, "NOTIFY there", 1),
            f"durable row, {NODES} confirm": notified(both, row_and_notify, NODES),
            f"terminate, {NODES} nodes": terminate(cluster.make()),
        }
        measures = {name: stack.enter_context(way) for name, way in ways.items()}
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):  # in turn, so that the machine is the same for all
            for name, measure in measures.items():
                found[name].append(measure())
    _, bare, promised, ours = map(statistics.median, found.values())
    for name, times in found.items():
        hundredths = statistics.quantiles(times, n=100)
        print(f"{name:<36} p50 {hundredths[49]:6.2f} ms   p99 {hundredths[98]:6.2f} ms")
    print(
        f"a terminate takes {ours / bare:.1f} times a NOTIFY there and back (aim: 3), "
        f"and {ours / promised:.1f} times what its promise costs without it"
    )


if __name__ == "__main__":
    main()
