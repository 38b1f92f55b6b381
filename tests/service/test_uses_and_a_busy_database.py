"""A database that takes no writes for now makes no page slow: what is read waits for it once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from signedin.core.errors import StoreUnavailableError
from signedin.core.policy import Policy
from signedin.core.session import Started
from signedin.service.activity import FLUSH_INTERVAL
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock


class Busy:
    """Takes no uses, after as long a wait as there is."""

    def __init__(self) -> None:
        self.tries = 0

    def write_uses(self, *_: object) -> None:
        self.tries += 1
        raise StoreUnavailableError("The database is busy.")


@pytest.fixture
def used(sessions: Sessions) -> Started:
    """A session with a use that waits to be written."""
    sessions._upkeep.stop()
    started = sessions.start("42", client(), methods=["pwd"])
    sessions.check(started.token, client())
    return started


@pytest.fixture
def busy(used: Started, sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> Busy:
    found = Busy()
    monkeypatch.setattr(sessions.store, "write_uses", found.write_uses)
    return found


def test_a_page_that_looks_often_waits_once(sessions: Sessions, used: Started, busy: Busy) -> None:
    for _ in range(3):
        assert [session.id for session in sessions.list("42")] == [used.session.id]
        sessions.history("42")
        sessions.find(used.session.id)
        sessions.latest(limit=1)

    assert busy.tries == 1


def test_after_an_interval_it_is_tried_again(
    sessions: Sessions, busy: Busy, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions.list("42")
    later = clock.elapsed() + FLUSH_INTERVAL
    monkeypatch.setattr(clock, "elapsed", lambda: later)
    sessions.list("42")

    assert busy.tries == 2


@pytest.mark.parametrize(
    "decide",
    [
        lambda sessions: sessions.start("42", client(), methods=["pwd"]),
        lambda sessions: sessions.policies.dry_run("default", Policy()),
    ],
    ids=["a login, which may end the one used longest ago", "the effect of a policy"],
)
def test_what_decides_by_last_uses_tries_each_time(
    sessions: Sessions, busy: Busy, decide: Callable[[Sessions], object]
) -> None:
    sessions.list("42")
    before = busy.tries
    decide(sessions)

    assert busy.tries > before
