"""What all of these tests stand on: services on the store under test, and who uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

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

Open = Callable[..., SessionService]


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

        def open_another(**settings: Any) -> SessionService:
            opened.append(SessionService(open_store(), clock=clock, places=NoPlaces(), **settings))
            return opened[-1]

        yield open_another
        for sessions in opened:
            sessions.close()

    @pytest.fixture
    def sessions(self, open_sessions: Open) -> SessionService:
        return open_sessions()


def client(agent: str = CHROME, device: str | None = None) -> Client:
    """Where a request comes from."""
    return Client("203.0.113.7", agent, {}, device)


def start(sessions: SessionService, user_id: str = "42", agent: str = CHROME) -> Started:
    """Somebody logs in."""
    return sessions.start(user_id, client(agent), methods=["pwd"])


def reason(sessions: SessionService, started: Started) -> str | None:
    """Why a session opens nothing any more; ``None`` if it does."""
    return sessions.check(started.token, client()).reason


def is_live(sessions: SessionService, token: str) -> bool:
    """Whether a token opens a session."""
    return sessions.check(token, client()).session is not None


def held(sessions: SessionService, token: str) -> Decision | None:
    """What memory alone answers."""
    sent = client()
    return sessions.check_held(token.encode(), sent.ip_address, sent.user_agent.encode())
