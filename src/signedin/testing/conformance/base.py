"""What all of these tests stand on: services on the store under test, and who uses them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import Client, Decision, Started
from signedin.places.reader import NoPlaces
from signedin.service.ports import Store
from signedin.service.sessions import SessionService
from signedin.testing.clients import CHROME
from signedin.testing.clock import FixedClock

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ROOT = Actor.admin("root")
_PATIENCE = 30.0  # seconds; a machine that is busy is no failure

Open = Callable[..., SessionService]


class Substitute:
    """A store that is another one but for what a subclass overrides."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


class StoreTests:
    """The fixtures; a subclass overrides ``open_store``."""

    @pytest.fixture
    def open_store(self) -> Callable[[], Store]:
        """Opens one more store on a database that is new in each test, like another process."""
        raise NotImplementedError("Override the fixture `open_store`.")

    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock()

    @pytest.fixture
    def open_sessions(self, open_store: Callable[[], Store], clock: FixedClock) -> Iterator[Open]:
        """Opens one more service on the database, like another process."""
        opened: list[SessionService] = []

        def open_another(on: Any = None, **settings: Any) -> SessionService:
            store = open_store() if on is None else on
            opened.append(SessionService(store, clock=clock, places=NoPlaces(), **settings))
            return opened[-1]

        yield open_another
        for sessions in opened:
            sessions.close()

    @pytest.fixture
    def sessions(self, open_sessions: Open) -> SessionService:
        return open_sessions()


def client(
    agent: str = CHROME, device: str | None = None, *, address: str = "203.0.113.7"
) -> Client:
    """Where a request comes from."""
    return Client(address, agent, {}, device)


def start(sessions: SessionService, user_id: str = "42", agent: str = CHROME) -> Started:
    """Somebody logs in."""
    return sessions.start(user_id, client(agent), methods=["pwd"])


def reason(sessions: SessionService, started: Started) -> str | None:
    """Why a session opens nothing any more; ``None`` if it does."""
    return sessions.check(started.token, client()).reason


def is_live(sessions: SessionService, token: str) -> bool:
    """Whether a token opens a session."""
    return sessions.check(token, client()).session is not None


def terminate(sessions: SessionService, started: Started) -> None:
    """An administrator ends a session."""
    sessions.terminate(started.session.id, user_id=None, by=ROOT)


def set_policy(
    sessions: SessionService, policy: Policy, scope: str = "default", *, end_earlier: bool = False
) -> None:
    """An administrator sets a policy."""
    sessions.policies.set(scope, policy, by=ROOT, reason="", end_earlier=end_earlier)


def held(sessions: SessionService, token: str) -> Decision | None:
    """What memory alone answers."""
    sent = client()
    return sessions.check_held(token.encode(), sent.ip_address, sent.user_agent.encode())


def hold(sessions: SessionService, token: str) -> None:
    """Have a session in memory; a process may first have to hear that it can be trusted."""
    limit = time.monotonic() + _PATIENCE
    while held(sessions, token) is None:
        assert is_live(sessions, token)
        assert time.monotonic() < limit, "memory is never fresh"
        time.sleep(0)
