"""Nobody is logged out because something could not be written, read or told in time (I4)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from signedin.core.errors import StoreUnavailableError
from signedin.core.place import Place
from signedin.core.policy import Policy
from signedin.core.session import EndedReason, Started
from signedin.service import activity, sweep
from signedin.service.clock import Steadiness
from signedin.service.ports import Store, Use
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.databases import Open, locked

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def minute(open_sessions: Open) -> Sessions:
    """Sessions that end after a minute without use."""
    return open_sessions(policy=Policy(idle_timeout=MINUTE))


def start_and_use(sessions: Sessions, clock: FixedClock) -> Started:
    """A session whose last use, 49 s after the first, waits to be written."""
    started = sessions.start("42", client(), methods=["pwd"])
    assert is_live(sessions, started)
    clock.advance(49 * SECOND)
    assert is_live(sessions, started)
    return started


def is_live(sessions: Sessions, started: Started) -> bool:
    return sessions.check(started.token, client()).session is not None


def test_uses_that_cannot_be_written_log_nobody_out(
    minute: Sessions, clock: FixedClock, url: str
) -> None:
    started = start_and_use(minute, clock)
    clock.advance(12 * SECOND)
    with locked(url, minute):
        for _ in range(3):
            with pytest.raises(StoreUnavailableError):
                minute.check(started.token, client())

    assert is_live(minute, started)


def test_the_sweep_waits_for_the_uses_of_this_process(
    minute: Sessions, clock: FixedClock, url: str
) -> None:
    started = start_and_use(minute, clock)
    clock.advance(12 * SECOND)
    with locked(url, minute), pytest.raises(StoreUnavailableError):
        minute.sweeper.sweep()

    minute.sweeper.sweep()

    assert is_live(minute, started)


def live_rows(sessions: Sessions) -> int:
    """How many rows say of themselves that they are live, whether or not they are over."""
    with sessions.store.reading() as reads:
        return len(reads.live_of("42"))


def test_the_sweep_ends_what_is_over_and_leaves_others_a_minute(
    minute: Sessions, clock: FixedClock
) -> None:
    minute.start("42", client(), methods=["pwd"])
    clock.advance(MINUTE + 59 * SECOND)
    minute.sweeper._steadiness = Steadiness(clock)
    minute.sweeper.sweep()
    assert live_rows(minute) == 1

    clock.advance(SECOND)
    minute.sweeper.sweep()

    assert live_rows(minute) == 0
    (ended,) = minute.history("42")
    assert ended.ended is not None
    assert ended.ended.reason is EndedReason.IDLE


def test_the_sweep_ends_nothing_by_a_date_that_is_wrong_for_a_while(
    minute: Sessions, clock: FixedClock
) -> None:
    started = minute.start("42", client(), methods=["pwd"])
    for wrong in (timedelta(days=40), timedelta(days=-40)):
        clock.advance(wrong)
        minute.sweeper.sweep()
        assert live_rows(minute) == 1

    assert is_live(minute, started)


def test_the_sweep_goes_on_where_it_was_and_begins_anew_after_the_last(
    sessions: Sessions, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "SWEEP_SIZE", 1)
    for ends_by in (None, clock.now() + MINUTE):
        sessions.start("42", client(), methods=["pwd"], ends_by=ends_by)
        clock.advance(SECOND)  # ids are in the order of time
    clock.advance(2 * MINUTE)
    sessions.sweeper._steadiness = Steadiness(clock)
    sessions.sweeper.sweep()
    assert live_rows(sessions) == 2
    sessions.sweeper.sweep()
    assert live_rows(sessions) == 1
    clock.advance(timedelta(days=15))
    sessions.sweeper._steadiness = Steadiness(clock)

    sessions.sweeper.sweep()
    sessions.sweeper.sweep()

    assert live_rows(sessions) == 0


class Flush:
    """Holds every flush in the middle until it is let go."""

    def __init__(self, store: Store) -> None:
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self._write_uses = store.write_uses

    def write_uses(self, uses: Sequence[Use], find_place: Callable[[str | None], Place]) -> None:
        self.entered.set()
        assert self.go_on.wait(30)
        self._write_uses(uses, find_place)


def hold_flushes(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> Flush:
    flush = Flush(sessions.store)
    monkeypatch.setattr(sessions.store, "write_uses", flush.write_uses)
    return flush


def test_a_flush_under_way_is_waited_for_before_anybody_is_idle(
    open_sessions: Open, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = open_sessions(policy=Policy(idle_timeout=MINUTE))
    started = start_and_use(sessions, clock)
    held = hold_flushes(sessions, monkeypatch)
    flush = threading.Thread(target=sessions._flush)
    flush.start()
    assert held.entered.wait(30)
    clock.advance(12 * SECOND)
    answers: list[bool] = []
    check = threading.Thread(target=lambda: answers.append(is_live(sessions, started)))
    check.start()

    held.go_on.set()
    check.join(30)
    flush.join(30)

    assert answers == [True]


def test_who_looks_does_not_queue_behind_a_flush_that_hangs(
    open_sessions: Open, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 28: with the database locked, each page waited for those before it, 5 s a page."""
    monkeypatch.setattr(activity, "PATIENCE", 0.01)
    sessions = open_sessions()
    started = start_and_use(sessions, clock)
    held = hold_flushes(sessions, monkeypatch)
    flush = threading.Thread(target=sessions._flush)
    flush.start()
    assert held.entered.wait(30)

    (listed,) = sessions.list("42")

    assert listed.id == started.session.id
    assert flush.is_alive()
    held.go_on.set()
    flush.join(30)


def test_the_cookie_of_a_replaced_session_is_left_to_its_successor(
    sessions: Sessions, clock: FixedClock
) -> None:
    first = sessions.start("42", client(), methods=["pwd"])
    sessions.start("42", client(), methods=["pwd"], replaces=first.token)

    decision = sessions.check(first.token, client())

    assert (decision.reason, decision.cookie) == (EndedReason.REPLACED, "keep")

    # Where it still is in use after that, no answer with its successor has arrived.
    clock.advance(30 * SECOND)
    decision = sessions.check(first.token, client())
    assert (decision.reason, decision.cookie) == (EndedReason.REPLACED, "clear")


def test_of_two_logins_at_once_in_one_browser_neither_ends_the_other(
    sessions: Sessions, clock: FixedClock
) -> None:
    """Two tabs, a double click: the browser keeps the cookie that arrives last, not the newest."""
    browser = sessions.start("42", client(), methods=["pwd"]).device_token
    one, two = sessions.begin_login("42"), sessions.begin_login("42")
    clock.advance(SECOND)

    started = [
        sessions.start("42", client(device=browser), methods=["pwd"], login=login)
        for login in (two, one)
    ]

    assert [is_live(sessions, each) for each in started] == [True, True]
    clock.advance(SECOND)
    login = sessions.begin_login("42")
    sessions.start("42", client(device=browser), methods=["pwd"], login=login)
    assert len(sessions.list("42")) == 1
