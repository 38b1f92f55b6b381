"""Nodes on PostgreSQL: each ``Sessions`` is like another process, with its own feed and lease."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from signedin.core.permission import Actor
from signedin.core.session import Receipt, Rotated, Started
from signedin.service.ports import Heard
from signedin.stores.postgres.confirmations import Confirmations
from signedin.stores.postgres.feed import Feed
from signedin.stores.postgres.store import PostgresStore
from signedin.wiring import Sessions
from tests.clients import client, held
from tests.waiting import wait_until

ROOT = Actor.admin("root")
LEASE = 2.0  # seconds


def store_of(sessions: Sessions) -> PostgresStore:
    assert isinstance(sessions.store, PostgresStore)
    return sessions.store


def feed_of(sessions: Sessions) -> Feed:
    return store_of(sessions)._feed


def start(sessions: Sessions, user_id: str = "42") -> Started:
    return sessions.start(user_id, client(), methods=["pwd"])


def hold_in_memory(sessions: Sessions, started: Started | Rotated) -> None:
    """Check until the answer comes from memory."""

    def is_held() -> bool:
        assert sessions.check(started.token, client()).session is not None
        return held(sessions, started.token) is not None

    wait_until(is_held)


@contextmanager
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """For which changes somebody waits, in the block."""
    waited: list[int] = []
    wait = Confirmations.wait

    def noted(confirmations: Confirmations, number: int, server: str) -> Heard:
        waited.append(number)
        return wait(confirmations, number, server)

    with monkeypatch.context() as patch:
        patch.setattr(Confirmations, "wait", noted)
        yield waited


def is_live(sessions: Sessions, started: Started) -> bool:
    return sessions.check(started.token, client()).session is not None


def terminate(sessions: Sessions, started: Started) -> Receipt:
    return sessions.terminate(started.session.id, user_id=None, by=ROOT)


def seconds(receipt: Receipt) -> float:
    return receipt.took.total_seconds()
