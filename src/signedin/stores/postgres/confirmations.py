"""Waiting until every node has heard of a change, or cannot answer from memory any more.

After the commit, and not before, the list of nodes is read; each of them confirms, or its
lease runs out (`freshness.md`, PostgreSQL 3 and 4). Only the waiter's own clock counts.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from signedin.core.errors import StoreUnavailableError
from signedin.service.ports import Heard
from signedin.stores.postgres.connections import Connections
from signedin.stores.postgres.lease import Lease, now


class Confirmations:
    """What nodes have confirmed to this process, by the number of what it asked."""

    def __init__(self, connections: Connections, lease: Lease) -> None:
        self._connections = connections
        self._lease = lease
        self._news = threading.Condition()
        self._numbers = itertools.count(1)
        self._confirmed: dict[int, set[str]] = {}
        self._awaited: dict[int, Collection[str]] = {}  # who waits is woken once: by the last

    @contextmanager
    def expected(self) -> Iterator[int]:
        """A number to ask with; what is confirmed under it is noted for as long."""
        with self._news:
            number = next(self._numbers)
            self._confirmed[number] = set()
        try:
            yield number
        finally:
            with self._news:
                del self._confirmed[number]
                self._awaited.pop(number, None)

    def note(self, number: int, node: str) -> None:
        """A node has applied all that was committed before it was asked."""
        with self._news:
            if number in self._confirmed:
                self._confirmed[number].add(node)
                if self._confirmed[number].issuperset(self._awaited.get(number, ())):
                    self._news.notify_all()

    def note_gone(self, node: str) -> None:
        """A node has stopped: it will answer nothing from memory any more."""
        with self._news:
            for confirmed in self._confirmed.values():
                confirmed.add(node)
            self._news.notify_all()

    def wait(self, number: int, server: str) -> Heard:
        """Wait for all nodes; to be called once what they are to hear is committed, and where."""
        length, began = self._lease.length, now()
        try:
            timeline, is_trusted, beats = self._nodes(server)
        except StoreUnavailableError:  # who they are is not known, but when the last lease ends
            with self._news:
                self._news.wait_for(lambda: False, began + length - now())
            return Heard(leases_waited_out=1)
        confirmed = self._confirmed[number]
        with self._news:
            self._awaited[number] = beats.keys()
            self._news.wait_for(lambda: is_trusted and confirmed >= beats.keys(), length)
            silent = beats.keys() - confirmed
        with suppress(StoreUnavailableError):  # then the next one waits as well
            for node in silent:
                self._connections.ask("strike_node", node=node, beats=beats[node])
            if not is_trusted:
                self._connections.ask("trust_timeline", timeline=timeline)
        waited_out = len(silent) if is_trusted else max(1, len(silent))
        return Heard(len(beats) - len(silent), waited_out)

    def _nodes(self, server: str) -> tuple[str, bool, dict[str, int]]:
        """The server's timeline, whether its list is all, and each node's count of heartbeats.

        Raises:
            StoreUnavailableError: There is no answer, or one of a former primary, which has not
                heard of the nodes that began since.
        """
        rows = self._connections.ask("listening_nodes")
        answered, timeline, is_trusted = rows[0][:3]
        if answered != server:
            self._connections.close()
            raise StoreUnavailableError("The database has moved to another server.")
        return timeline, is_trusted, {node: beats for *_, node, beats in rows if node is not None}
