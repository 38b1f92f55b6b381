"""A flush ends, however busy the server is; and a busy database makes no page slow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from signedin.core.errors import StoreUnavailableError
from signedin.core.place import Place
from signedin.core.policy import Policy
from signedin.core.session import Started
from signedin.service.activity import FLUSH_INTERVAL
from signedin.service.ports import Use
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


def test_a_flush_writes_what_was_noted_before_it_and_leaves_the_rest_to_the_next(
    sessions: Sessions, used: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under load each session is used again while its last use is being written."""
    write, batches = sessions.store.write_uses, list[int]()

    def write_and_be_used(uses: Sequence[Use], find_place: Callable[[str | None], Place]) -> None:
        batches.append(len(uses))
        assert len(batches) < 10, "it never ends"
        write(uses, find_place)
        sessions.check(used.token, client())

    monkeypatch.setattr(sessions.store, "write_uses", write_and_be_used)
    sessions.flush_if_possible()
    assert batches == [1]

    sessions.flush_if_possible()
    assert batches == [1, 1]
