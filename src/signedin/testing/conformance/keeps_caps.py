"""A login that would be one too many: what ends, who chooses, and who is refused (I7)."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import pytest

from signedin.core.errors import CapReachedError
from signedin.core.policy import Policy, WhenFull
from signedin.core.session import EndedReason, Session, Started
from signedin.service.sessions import SessionService
from signedin.testing.clock import FixedClock
from signedin.testing.conformance.base import HOUR, MINUTE, Open, StoreTests, client

MOST = 2


class KeepsCaps(StoreTests):
    """How many sessions a person may have."""

    def test_the_one_used_longest_ago_makes_room(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions(policy=capped(WhenFull.END_OLDEST))
        oldest, newer = full(sessions, clock)
        new = log_in(sessions)

        assert new.ended == (oldest.id,)
        assert live(sessions) == {newer.id, new.session.id}
        assert [session.ended.reason for session in sessions.history("42") if session.ended] == [
            EndedReason.CAP
        ]

    def test_what_has_ended_takes_no_place_though_nobody_has_written_it(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions(policy=capped(WhenFull.REFUSE))
        full(sessions, clock)
        clock.advance(HOUR)

        assert live(sessions) == set()
        assert log_in(sessions).ended == ()

    def test_the_person_s_choice_ends_and_nothing_else(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions(policy=capped(WhenFull.ASK))
        oldest, newer = full(sessions, clock)
        new = log_in(sessions, end=[newer.id])

        assert new.ended == (newer.id,)
        assert live(sessions) == {oldest.id, new.session.id}

    @pytest.mark.parametrize("when_full", [WhenFull.ASK, WhenFull.REFUSE])
    def test_who_has_chosen_nothing_is_not_logged_in(
        self, open_sessions: Open, clock: FixedClock, when_full: WhenFull
    ) -> None:
        sessions = open_sessions(policy=capped(when_full))
        before = full(sessions, clock)
        with pytest.raises(CapReachedError):
            log_in(sessions)

        assert live(sessions) == {session.id for session in before}

    def test_where_the_policy_refuses_a_choice_is_none(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions(policy=capped(WhenFull.REFUSE))
        before = full(sessions, clock)
        with pytest.raises(CapReachedError):
            log_in(sessions, end=[before[0].id])

        assert live(sessions) == {session.id for session in before}

    def test_of_many_logins_at_once_no_more_come_in_than_there_is_room_for(
        self, open_sessions: Open
    ) -> None:
        several = [open_sessions(policy=capped(WhenFull.REFUSE)) for _ in range(2)]

        def comes_in(number: int) -> bool:
            try:
                log_in(several[number % 2])
            except CapReachedError:
                return False
            return True

        with ThreadPoolExecutor(4) as threads:
            came_in = list(threads.map(comes_in, range(12)))

        assert came_in.count(True) == MOST
        assert len(live(several[0])) == MOST


def capped(when_full: WhenFull) -> Policy:
    """A policy that allows so many sessions of a person."""
    return Policy(idle_timeout=HOUR, max_sessions=MOST, when_full=when_full)


def log_in(sessions: SessionService, end: Collection[str] = ()) -> Started:
    """The person logs in, and has chosen what ends."""
    return sessions.start("42", client(), methods=["pwd"], end=end)


def full(sessions: SessionService, clock: FixedClock) -> list[Session]:
    """As many sessions as are allowed, the one used longest ago first."""
    found = []
    for _ in range(MOST):
        found.append(log_in(sessions).session)
        clock.advance(MINUTE)
    return found


def live(sessions: SessionService) -> set[str]:
    """The person's live sessions, by id."""
    return {session.id for session in sessions.list("42")}
