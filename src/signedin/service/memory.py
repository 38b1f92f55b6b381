"""The live sessions that this process holds, and the guard on what is put there.

Freshness is not decided here: ``check.py`` asks the store before it looks. What is kept
here is the guarded put (`freshness.md`, rule 3): every change that is applied raises
``changes``, and a put made with an older number is dropped.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Collection

from signedin.core.session import Client, Decision

CAPACITY = 100_000  # sessions a process
EVERYTHING = "*"
_PERSON, _DATA = "user:", "data:"
_EVICTED_SHARE = 16  # one of so many leaves when full, so that finding them is rare


class Entry:
    """A live session in memory. Times are seconds since 1970, for the hot path alone."""

    __slots__ = ("address", "agent", "data", "decision", "fixed_end", "idle_for", "noted", "seen",
                 "session_id", "sure_for", "sure_until", "used", "user_id")  # fmt: skip

    def __init__(
        self,
        decision: Decision,
        *,
        session_id: str,
        user_id: str | None,
        fixed_end: float,
        sure_for: float,
        idle_for: float,
        address: str | None,
        agent: bytes,
    ) -> None:
        self.decision = decision
        self.session_id = session_id
        self.user_id = user_id
        self.sure_until = 0.0  # live for certain before this, with nothing to look up
        self.sure_for = sure_for  # seconds after a use that is written
        self.idle_for = idle_for  # the same, where no use has to be written
        self.fixed_end = fixed_end  # the end that no use can move
        self.used = 0.0
        self.noted = False  # whether a use waits to be written
        self.address = address
        self.agent = agent  # the User-Agent header as it is sent
        self.seen: Client | None = None  # where it is used from now, if that is new
        # The application's with its number; below zero: not held, and read so often the same.
        self.data: tuple[int, str | None] | None = None


class Memory:
    """A bounded map from token hash to entry; readers take no lock."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.entries: dict[bytes, Entry] = {}
        self.changes = 0
        self.capacity = capacity
        self._hashes: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def of_session(self, session_id: str) -> Entry | None:
        """The entry of a session by its public id."""
        token_hash = self._hashes.get(session_id)
        return None if token_hash is None else self.entries.get(token_hash)

    def put(self, token_hash: bytes, entry: Entry, *, noted: int) -> bool:
        """Keep ``entry`` unless a change was applied since ``noted``; whether it was kept."""
        with self._lock:
            if self.changes != noted:
                return False
            if len(self.entries) >= self.capacity:
                self._evict()
            self.entries[token_hash] = entry
            self._hashes[entry.session_id] = token_hash
            return True

    def put_data(self, entry: Entry, number: int, text: str | None, *, noted: int) -> None:
        """Keep an application's data with its session, under the same condition."""
        with self._lock:
            if self.changes == noted:
                entry.data = number, text

    def forget(self, subjects: Collection[str] | None) -> None:
        """Drop what was changed, or everything for ``None``; puts under way are dropped too.

        A subject is a session's id, ``data:ID`` for the application's data in it alone,
        ``user:ID`` for all of a person's, or ``*`` for all.
        """
        with self._lock:
            self.changes += 1
            if subjects is None or EVERYTHING in subjects:
                self.entries.clear()
                self._hashes.clear()
                return
            for subject in subjects:
                if subject.startswith(_PERSON):
                    self._drop_those_of(subject.removeprefix(_PERSON))
                elif subject.startswith(_DATA):
                    self._drop_data(subject.removeprefix(_DATA))
                else:
                    self._drop(subject)

    def _drop(self, session_id: str) -> None:
        token_hash = self._hashes.pop(session_id, None)
        if token_hash is not None:
            self.entries.pop(token_hash, None)

    def _drop_data(self, session_id: str) -> None:
        entry = self.of_session(session_id)
        if entry is not None:
            entry.data = None

    def _drop_those_of(self, user_id: str) -> None:
        theirs = [e.session_id for e in self.entries.values() if e.user_id == user_id]
        for session_id in theirs:
            self._drop(session_id)

    def _evict(self) -> None:
        oldest = heapq.nsmallest(
            max(1, self.capacity // _EVICTED_SHARE),
            self.entries.items(),
            key=lambda item: item[1].used,
        )
        for token_hash, entry in oldest:
            del self.entries[token_hash]
            del self._hashes[entry.session_id]

    def forked(self) -> None:
        """A forked child starts with nothing, under a lock that nobody else can hold."""
        self._lock = threading.Lock()
        self.forget(None)
