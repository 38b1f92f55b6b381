"""`make simulate`: how long a terminate takes with 10 to 1,000 nodes on PostgreSQL.

A model of what this machine cannot run, event by event. What it takes for granted stands in
``Site``; what it leaves out: failing networks, vacuum, checkpoints, and everything else that the
server does. Checks are not in it: they ask nobody.

One lock of the whole server is held by each transaction that notifies, from before its commit
until after it (`PreCommit_Notify`), so durable heartbeats and ends go one after another. Each
notification wakes every listener of the database, whomever it is for.
"""

from __future__ import annotations

import heapq
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from signedin.stores.postgres.feed import BEATS
from signedin.stores.postgres.lease import HELD

LEASE = 2.0  # seconds
NODES = (4, 10, 30, 100, 300, 1_000)
WARM_UP, LASTS = 5.0, 65.0  # seconds


@dataclass(frozen=True)
class Site:
    """Where it runs. Times are seconds."""

    name: str
    way: float  # from a node to the server; by chance longer, by half on average
    commit: float  # a durable commit, a standby's answer included
    light: float = 0.000_05  # a commit that need not be durable
    statements: int = 8  # there and back in the transaction of an end
    wake: float = 0.000_015  # CPU that one listener costs the server for one notification
    read: float = 0.000_001  # the same for a listener that was woken already
    signal: float = 0.000_004  # CPU that waking it costs the sender
    cores: int = 16  # of the server
    node: float = 0.000_3  # until a node that has heard has applied and says so
    gather: float = 0.000_03  # until one confirmation is noted by who waits
    ends_a_second: float = 5.0
    days_until_killed: float = 30.0  # of a node on average; who stops in good order costs nothing


SITES = (
    Site("one zone, no standby waited for", way=0.000_15, commit=0.000_5),
    Site("one zone, synchronous standby", way=0.000_15, commit=0.001_2),
    Site("three zones, synchronous standby", way=0.000_6, commit=0.002_5),
)


@dataclass(frozen=True)
class Result:
    """What came of it."""

    ends: list[float]  # seconds from call to receipt, if no node is silent
    lock_busy: float  # share of the time
    cores_busy: float  # of the server, for notifications alone
    without_lease: float  # share of the nodes' time


class Simulation:
    """Events in the order of time; the lock is a queue, the server's cores are a backlog."""

    def __init__(self, site: Site, nodes: int, seed: int) -> None:
        self._site, self._nodes = site, nodes
        self._random = random.Random(seed)
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0
        self._lock_free = self._writer_free = 0.0
        self._backlog = self._backlog_at = 0.0
        self._held = self._worked = self._lapsed = 0.0
        self._ends: list[float] = []
        self._until = [LEASE] * nodes
        self._looked_at = [0.0] * nodes

    def run(self) -> Result:
        for node in range(self._nodes):
            self._at(self._random.random() * LEASE / BEATS, self._beat_of(node))
        self._at(self._random.expovariate(self._site.ends_a_second), self._end)
        while self._events and self._events[0][0] < LASTS:
            at, _, act = heapq.heappop(self._events)
            act(at)
        for node in range(self._nodes):
            self._lapse(node, LASTS)
        measured = LASTS - WARM_UP
        return Result(
            self._ends,
            self._held / measured,
            self._worked / measured,
            self._lapsed / measured / self._nodes,
        )

    def _at(self, time: float, act: Callable[[float], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (time, self._count, act))

    def _way(self) -> float:
        return self._site.way * (1 + self._random.expovariate(2))

    def _commit(self, at: float, takes: float) -> float:
        """When a commit that notifies is through: after all that came before it."""
        takes *= 0.8 + self._random.expovariate(5)
        done = max(at, self._lock_free) + takes
        self._lock_free = done
        if at > WARM_UP:
            self._held += takes
        return done

    def _deliver(self, at: float) -> float:
        """How much later a listener has what was notified at this time.

        Who has not yet come to run when it is woken again reads both at once.
        """
        site, nodes = self._site, self._nodes
        passed = (at - self._backlog_at) * site.cores
        left = max(0.0, self._backlog - passed)
        is_asleep = left < nodes * site.wake
        work = nodes * (site.signal + (site.wake if is_asleep else site.read))
        self._backlog, self._backlog_at = left + work, at
        if at > WARM_UP:
            self._worked += work
        return self._backlog / site.cores + nodes * site.signal

    def _beat_of(self, node: int) -> Callable[[float], None]:
        """A heartbeat, again and again: a lease for the node when it has come back."""
        site = self._site

        def send(sent: float) -> None:
            def arrive(at: float) -> None:
                self._at(self._commit(at, site.commit), tell)

            def tell(at: float) -> None:
                self._at(at + self._deliver(at) + self._way(), hear)

            def hear(at: float) -> None:
                self._lapse(node, at)
                self._until[node] = max(self._until[node], sent + HELD * LEASE)
                self._at(max(sent + LEASE / BEATS, at), send)

            self._at(sent + self._way(), arrive)

        return send

    def _lapse(self, node: int, at: float) -> None:
        """Until now the node had no lease since the last one ran out, if it did."""
        since = max(WARM_UP, self._until[node], self._looked_at[node])
        self._lapsed += max(0.0, at - since)
        self._looked_at[node] = at

    def _end(self, called: float) -> None:
        """One writer at a time; then its commit, and a question to every node."""
        site = self._site
        self._at(called + self._random.expovariate(site.ends_a_second), self._end)
        begun = max(called + self._way(), self._writer_free)
        written = begun + site.statements * 2 * self._way()
        self._writer_free = written  # as if the commit were immediate; it is moved when it is not

        def commit(at: float) -> None:
            done = self._commit(at, site.commit)
            self._writer_free = max(self._writer_free, done)
            self._at(done, ask)

        def ask(asked: float) -> None:
            wait, waiting = self._deliver(asked), [self._nodes]
            noted = [asked + 2 * self._way()]  # it reads who the nodes are

            def heard(at: float) -> None:
                self._at(self._commit(at, site.light), answered)

            def answered(at: float) -> None:
                noted[0] = max(noted[0], at + self._deliver(at) + self._way()) + site.gather
                waiting[0] -= 1
                if not waiting[0]:
                    finish(min(noted[0], asked + LEASE))

            def give_up(at: float) -> None:
                if waiting[0] > 0:
                    waiting[0] = -1
                    finish(at)

            for _ in range(self._nodes):
                applied = site.node * (0.5 + self._random.expovariate(2))
                self._at(asked + wait + self._way() + applied + self._way(), heard)
            self._at(asked + LEASE, give_up)

        def finish(at: float) -> None:
            if called > WARM_UP:
                self._ends.append(at - called)

        self._at(written, commit)


def silent_share(site: Site, nodes: int) -> float:
    """The share of ends that wait out a lease, because a node was killed since the last end.

    The first end after it waits a lease and strikes it; so do those that begin meanwhile.
    """
    killed = nodes / (site.days_until_killed * 86_400)
    return min(1.0, killed * (1 / site.ends_a_second + LEASE))


def main() -> None:
    for site in SITES:
        print(
            f"\n{site.name}: {site.way * 1000:.2f} ms one way, {site.commit * 1000:.1f} ms a "
            f"durable commit, {site.ends_a_second:.0f} ends a second, {site.cores} cores"
        )
        print(
            f"{'nodes':>7}{'p50 ms':>10}{'p99 ms':>10}{'wait a lease':>15}{'lock busy':>12}"
            f"{'cores busy':>12}{'without lease':>15}"
        )
        for nodes in NODES:
            found = Simulation(site, nodes, seed=nodes).run()
            hundredths = statistics.quantiles(found.ends, n=100)
            p50, p99 = hundredths[49] * 1000, hundredths[98] * 1000
            share = f"1 in {1 / silent_share(site, nodes):,.0f}"
            print(
                f"{nodes:>7,}{p50:>10.1f}{p99:>10.1f}{share:>15}{found.lock_busy:>12.0%}"
                f"{found.cores_busy:>12.1f}{found.without_lease:>15.1%}"
            )


if __name__ == "__main__":
    main()
