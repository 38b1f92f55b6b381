"""A login that would be one too many: what ends, who chooses, and who is refused."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from signedin.core.errors import CapReachedError
from signedin.core.policy import Policy, WhenFull
from signedin.core.session import EndedReason, Session, Started
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.databases import Open
from tests.policies import HOUR, MINUTE

MOST = 2


def capped(when_full: WhenFull) -> Policy:
    return Policy(idle_timeout=HOUR, max_sessions=MOST, when_full=when_full)


def log_in(sessions: Sessions, end: Collection[str] = ()) -> Started:
    return sessions.start("42", client(), methods=["pwd"], end=end)


def full(sessions: Sessions, clock: FixedClock) -> list[Session]:
    """As many sessions as are allowed, the one used longest ago first."""
    found = []
    for _ in range(MOST):
        found.append(log_in(sessions).session)
        clock.advance(MINUTE)
    return found


def live(sessions: Sessions) -> set[str]:
    return {session.id for session in sessions.list("42")}


def test_the_one_used_longest_ago_makes_room(open_sessions: Open, clock: FixedClock) -> None:
    sessions = open_sessions(policy=capped(WhenFull.END_OLDEST))
    oldest, newer = full(sessions, clock)
    new = log_in(sessions)

    assert new.ended == (oldest.id,)
    assert live(sessions) == {newer.id, new.session.id}
    assert [session.ended.reason for session in sessions.history("42") if session.ended] == [
        EndedReason.CAP
    ]


def test_what_has_ended_takes_no_place_though_nobody_has_written_it(
    open_sessions: Open, clock: FixedClock
) -> None:
    sessions = open_sessions(policy=capped(WhenFull.REFUSE))
    full(sessions, clock)
    clock.advance(HOUR)

    assert live(sessions) == set()
    assert log_in(sessions).ended == ()


def test_the_person_s_choice_ends_and_nothing_else(open_sessions: Open, clock: FixedClock) -> None:
    sessions = open_sessions(policy=capped(WhenFull.ASK))
    oldest, newer = full(sessions, clock)
    new = log_in(sessions, end=[newer.id])

    assert new.ended == (newer.id,)
    assert live(sessions) == {oldest.id, new.session.id}


@pytest.mark.parametrize("when_full", [WhenFull.ASK, WhenFull.REFUSE])
def test_who_has_chosen_nothing_is_not_logged_in(
    open_sessions: Open, clock: FixedClock, when_full: WhenFull
) -> None:
    sessions = open_sessions(policy=capped(when_full))
    before = full(sessions, clock)
    with pytest.raises(CapReachedError):
        log_in(sessions)

    assert live(sessions) == {session.id for session in before}


def test_where_the_policy_refuses_a_choice_is_none(open_sessions: Open, clock: FixedClock) -> None:
    sessions = open_sessions(policy=capped(WhenFull.REFUSE))
    before = full(sessions, clock)
    with pytest.raises(CapReachedError):
        log_in(sessions, end=[before[0].id])

    assert live(sessions) == {session.id for session in before}
