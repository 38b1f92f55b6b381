"""What this process hears of changes, and for how long it may trust that it heard of all.

Reads like `freshness.md`, "PostgreSQL: nodes, feed, lease". One connection only listens, in a
thread of its own. A heartbeat that comes back on it proves that all that was committed before
has been applied: notifications come in the order of commits. From when it was sent, the lease
runs. Everything that is said goes out on ordinary connections.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import re
import selectors
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, suppress

import psycopg

from signedin.core.errors import StoreUnavailableError
from signedin.stores.postgres.confirmations import Confirmations
from signedin.stores.postgres.connections import (
    BUSY_TIMEOUT,
    DURABLE,
    Connection,
    Connections,
    commit,
    execute,
    unavailable,
    words_of,
)
from signedin.stores.postgres.lease import CLOCK, Lease, now

log = logging.getLogger("signedin.feed")

CHANGES = "signedin"  # the channel of all
BEATS = 4  # heartbeats in the length of a lease
SILENCE = 3  # leases without a heartbeat that came back, until the feed is opened anew
RETRY = 0.2  # seconds until it is tried again
FIRST_TRY = 1.0  # seconds that who needs the feed waits for it, once
# As durable as an end: where an end waits for a standby, so does this. Who stops in the middle
# of one is undone, so that neither the next one nor who strikes it waits for ever.
_BEAT = (
    f"{DURABLE}SET LOCAL lock_timeout = 3000; SET LOCAL idle_in_transaction_session_timeout = 2000"
).encode()

# It hears much and says nothing: where idle sessions are cut off, it would be, for ever anew.
_STAY = b"SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'"

_ASKED = re.compile(rf"({CHANGES}_[0-9a-f]+) ([0-9]+)")


class Feed:
    """One start of one process: a node if it serves from memory, else only a listener."""

    def __init__(
        self,
        listen: Callable[[], Connection],
        connections: Connections,
        lease: Lease,
        forget: Callable[[Collection[str] | None], None],
        moved: Callable[[], None],
    ) -> None:
        self.node = os.urandom(8).hex()
        self.confirmations = Confirmations(connections, lease)
        self._own = f"{CHANGES}_{self.node}"
        self._listen = listen
        self._connections = connections
        self._lease = lease
        self._forget = forget
        self._moved = moved
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._tried = threading.Event()
        self._stopping = threading.Event()
        self._told = ""  # about an outage, so that it is told once
        self._serving = False
        self._beating = threading.Lock()
        self._numbers = itertools.count(1)
        self._granting = threading.Lock()
        self._hears = False
        self._committed: dict[int, float] = {}  # heartbeats on the way, and when they were sent
        self._returned: set[int] = set()  # those back before their commit was known here
        self._heard_at = 0.0
        self.lag = 0.0  # seconds that the last heartbeat took to come back
        self._vouched = ("", 0.0)  # the server of the last heartbeat, and until when it counts

    # What the store asks.

    def start(self, *, serving: bool = False) -> None:
        """Listen, and as a node if ``serving``; the first call waits a moment for the feed.

        Raises:
            StoreUnavailableError: The process has no room for another thread or file.
        """
        if self._thread is not None and (self._serving or not serving):
            return
        with self._starting:
            if serving and not self._serving:
                self._heard_at = now()
                self._serving = True
            try:
                if self._thread is None:
                    self._wake, self._woken = socket.socketpair()
                    thread = threading.Thread(target=self._run, name="signedin-feed", daemon=True)
                    thread.start()
                    self._thread = thread
                self._wake.send(b"!")
            except (OSError, RuntimeError) as error:
                raise unavailable(error) from error
        self._tried.wait(FIRST_TRY)

    def vouched_server(self, *, other_than: str = "") -> str:
        """The server on which a heartbeat was committed within the last lease.

        Raises:
            StoreUnavailableError: None was, and none can be: what it says may be old.
        """
        if not self._beating.acquire(timeout=BUSY_TIMEOUT):
            raise StoreUnavailableError("The database does not answer in time. Try again.")
        try:
            server, until = self._vouched
            if now() >= until or server == other_than:
                self._beat()
            return self._vouched[0]
        finally:
            self._beating.release()

    def vouches_for(self, server: str) -> bool:
        """Whether a heartbeat was committed on that server within the last lease; asks nobody."""
        vouched, until = self._vouched
        return server == vouched and now() < until

    def asking(self, number: int) -> str:
        """What to say to every node, last in a transaction, so that each confirms it."""
        return f"confirm {self._own} {number}"

    def stop(self) -> None:
        """Leave the list of nodes and let go of the connection."""
        with self._starting:
            self._stopping.set()
            if self._thread is not None:
                with suppress(OSError):  # it has ended by itself
                    self._wake.send(b"!")
                self._thread.join(BUSY_TIMEOUT)
                self._wake.close()
        self._lose()

    # The thread.

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with closing(self._listen()) as self._connection:
                    self._follow(self._connection)
            except (psycopg.Error, OSError, StoreUnavailableError) as error:
                self._tell(words_of(error))
            except Exception:
                log.exception("the feed failed, memory is not used")
            finally:
                self._lose()
                self._tried.set()
            self._stopping.wait(RETRY)
        if self._serving:
            with suppress(StoreUnavailableError):
                self._connections.ask("leave", node=self.node)
        self._woken.close()

    def _tell(self, why: str) -> None:
        if why != self._told:
            log.warning("the feed is broken, memory is not used: %s", why)
            self._told = why

    def _follow(self, connection: Connection) -> None:
        """Apply what is heard, in order, and keep the lease, for as long as the feed lasts."""
        connection.add_notify_handler(lambda heard: self._take(heard.payload))
        connection.say(_STAY)
        connection.say(f"LISTEN {CHANGES}; LISTEN {self._own}".encode())
        with self._granting:
            self._hears = CLOCK is not None
        self._tried.set()
        self._told = ""
        self._heard_at = due = now()
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            selector.register(connection.fileno(), selectors.EVENT_READ)
            while not self._stopping.is_set():
                if self._serving and now() >= due:
                    due = now() + self._lease.length / BEATS
                    self._beat_again()
                for payload in _heard(connection):
                    self._take(payload)
                if self._serving and now() - self._heard_at > SILENCE * self._lease.length:
                    raise StoreUnavailableError("nothing is heard any more")
                self._wait(selector, max(0.0, due - now()) if self._serving else None)

    def _wait(self, selector: selectors.BaseSelector, timeout: float | None) -> None:
        """Until something is heard, or somebody wakes this thread."""
        if any(key.fileobj is self._woken for key, _ in selector.select(timeout)):
            self._woken.recv(64)

    def _take(self, payload: str) -> None:
        word, _, rest = payload.partition(" ")
        try:
            match word:
                case "changed":
                    self._forget(json.loads(rest))
                case "confirm":
                    self._confirm(rest)
                case "confirmed":
                    number, node = rest.split(" ")
                    self.confirmations.note(int(number), node)
                case "gone":
                    self.confirmations.note_gone(rest)
                case "beat":
                    self._take_beat(int(rest))
                case _:
                    raise ValueError(word)
        except (TypeError, ValueError):
            self._forget(None)  # said by somebody who knows more than we do

    def _confirm(self, asked: str) -> None:
        if (match := _ASKED.fullmatch(asked)) is None:
            raise ValueError(asked)
        if self._serving:
            channel, number = match.groups()
            answer = f"NOTIFY {channel}, 'confirmed {number} {self.node}'".encode()
            with suppress(StoreUnavailableError), self._connections.begun(answer):
                pass

    # The lease.

    def _beat_again(self) -> None:
        with self._beating, suppress(StoreUnavailableError):  # the lease runs out by itself
            self._beat()

    def _beat(self) -> None:
        """Renew our row and tell ourselves, in one durable transaction.

        Without a row there is one again; without a feed it says that no lease is held.
        """
        sent, number = now(), next(self._numbers)
        with self._granting:
            listens, committed = self._hears, self._committed
        values = {
            "node": self.node,
            "beats": number,
            "listens": listens,
            "channel": self._own,
            "payload": f"beat {number}",
        }
        with self._connections.begun(_BEAT) as connection:
            ((server, _),), _ = execute(connection.cursor(), "beat", values)
            commit(connection)
        if server != self._vouched[0]:
            self._forget(None)  # read from tables that a restored backup has replaced since
            if self._vouched[0]:
                self._moved()
        self._vouched = (server, self._lease.runs_from(sent))
        with self._granting:
            if not listens or committed is not self._committed:
                return  # the list may say since that no lease is held
            if number in self._returned:
                self._returned.discard(number)
                self._grant(sent)
            else:
                committed[number] = sent

    def _take_beat(self, number: int) -> None:
        self._heard_at = now()
        with self._granting:
            if number in self._committed:
                self._grant(self._committed.pop(number))
            else:
                self._returned.add(number)

    def _grant(self, sent: float) -> None:
        self.lag = now() - sent
        if self._hears:
            if not self._lease.holds():
                self._forget(())  # what was being read meanwhile is not kept
            self._lease.until = max(self._lease.until, self._lease.runs_from(sent))

    def _lose(self) -> None:
        """Without the feed nothing is known to be fresh, from this moment on."""
        with self._granting:
            self._hears = False
            self._lease.until = 0.0
            self._committed, self._returned = {}, set()
        self._forget(None)


def _heard(connection: Connection) -> Iterator[str]:
    """What has come since; `notifies()` of psycopg takes five times as long to look."""
    connection.pgconn.consume_input()
    while (heard := connection.pgconn.notifies()) is not None:
        yield heard.extra.decode(connection.info.encoding)
