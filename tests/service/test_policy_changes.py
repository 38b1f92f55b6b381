"""A change of policy holds from the moment it returns, whatever the clock does; people see why."""

from __future__ import annotations

import pytest

from signedin.core.errors import InvalidPolicyError
from signedin.core.policy import Policy, WhenFull
from signedin.core.session import EndedReason, Started
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import MONDAY, FixedClock
from tests.policies import DAY, HOUR, MINUTE, SECOND, TICK, change

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

LOCKS_OUT = Policy(idle_timeout=SECOND)


def start(sessions: Sessions, *organizations: str, user_id: str = "42") -> Started:
    return sessions.start(user_id, client(), methods=["pwd"], organizations=organizations)


def is_live(sessions: Sessions, started: Started) -> bool:
    return sessions.check(started.token, client()).session is not None


# The clock was wrong when a policy was changed.


def test_a_moment_set_while_the_clock_was_ahead_is_taken_back_once_it_is_right(
    sessions: Sessions, clock: FixedClock
) -> None:
    clock.advance(365 * DAY)
    change(sessions, Policy(not_before=clock.now()))
    clock.advance(-365 * DAY)
    change(sessions, Policy())

    started = start(sessions)

    assert [session.id for session in sessions.list("42")] == [started.session.id]
    assert is_live(sessions, started)


def test_a_policy_made_while_the_clock_was_ahead_is_repaired_as_soon_as_it_is_right(
    sessions: Sessions, clock: FixedClock
) -> None:
    clock.advance(365 * DAY)
    change(sessions, LOCKS_OUT)
    clock.advance(-365 * DAY)
    change(sessions, Policy(idle_timeout=DAY))
    started = start(sessions)
    clock.advance(HOUR)

    assert is_live(sessions, started)


def test_a_stricter_policy_ends_sessions_at_once_after_one_that_was_dated_ahead(
    sessions: Sessions, clock: FixedClock
) -> None:
    started = start(sessions)
    clock.advance(2 * HOUR)
    change(sessions, Policy(idle_timeout=DAY))
    clock.advance(-HOUR)

    change(sessions, Policy(idle_timeout=HOUR / 2))

    assert not is_live(sessions, started)
    (ended,) = sessions.history("42")
    assert ended.ended is not None
    assert (ended.ended.at, ended.ended.reason) == (clock.now(), EndedReason.POLICY)


def test_a_stricter_policy_dated_ahead_holds_also_after_the_clock_was_put_right(
    sessions: Sessions, clock: FixedClock
) -> None:
    started = start(sessions)
    clock.advance(2 * DAY)
    change(sessions, Policy(idle_timeout=HOUR))
    clock.advance(-DAY)

    assert not is_live(sessions, started)
    assert sessions.list("42") == []


def test_what_held_before_a_policy_dated_ahead_ends_nothing_after_both_were_replaced(
    sessions: Sessions, clock: FixedClock
) -> None:
    change(sessions, Policy(idle_timeout=HOUR))
    clock.advance(DAY)
    change(sessions, Policy(idle_timeout=2 * HOUR))
    clock.advance(-DAY)
    clock.advance(MINUTE)
    change(sessions, Policy())
    started = start(sessions)
    clock.advance(DAY / 2)

    assert is_live(sessions, started)


def test_a_policy_dated_ahead_has_ended_what_was_past_it_when_it_is_replaced(
    sessions: Sessions, clock: FixedClock
) -> None:
    started = start(sessions)
    clock.advance(2 * HOUR)
    change(sessions, Policy(idle_timeout=HOUR))
    clock.advance(-MINUTE)

    change(sessions, Policy())

    assert not is_live(sessions, started)


# Changes in one and the same instant.


def test_of_two_limits_that_pass_at_once_the_one_that_use_cannot_move_is_named(
    sessions: Sessions, clock: FixedClock
) -> None:
    change(sessions, Policy(idle_timeout=HOUR))
    change(sessions, Policy(lifetime=HOUR), "organization:acme")
    start(sessions, "acme")
    clock.advance(HOUR)

    (session,) = sessions.history("42")
    assert session.ended is not None
    assert session.ended.reason is EndedReason.LIFETIME


def test_of_several_changes_at_once_the_one_that_shortens_the_session_is_told(
    sessions: Sessions, clock: FixedClock
) -> None:
    session = start(sessions, "acme", "bee").session
    clock.advance(HOUR)
    change(sessions, Policy(lifetime=5 * DAY), "organization:acme", "strict")
    change(sessions, Policy(lifetime=9 * DAY), "organization:bee", "mild")
    change(sessions, Policy(idle_timeout=14 * DAY), "default", "unrelated")

    altered = sessions.outlooks([session])[session.id].altered
    assert altered is not None
    assert (altered.change.reason, altered.now) == ("strict", MONDAY + 5 * DAY)


def test_a_policy_that_was_replaced_in_the_instant_it_was_made_is_not_told(
    sessions: Sessions, clock: FixedClock
) -> None:
    session = start(sessions).session
    clock.advance(HOUR)
    change(sessions, Policy(lifetime=5 * DAY), reason="a slip")
    change(sessions, Policy(lifetime=9 * DAY), reason="meant")

    altered = sessions.outlooks([session])[session.id].altered
    assert altered is not None
    assert (altered.change.reason, altered.now) == ("meant", MONDAY + 9 * DAY)


# Names of organizations.


@pytest.mark.parametrize("name", ["Acme, Inc.", "a:b", " ", ""])
def test_a_session_of_an_organization_that_no_policy_could_name_is_not_started(
    sessions: Sessions, name: str
) -> None:
    with pytest.raises(InvalidPolicyError, match="An organization's name has"):
        start(sessions, name)

    assert sessions.list("42") == []


# What makes no sense.


def test_a_moment_that_is_still_to_come_is_refused(sessions: Sessions, clock: FixedClock) -> None:
    with pytest.raises(InvalidPolicyError, match="may not lie in the future"):
        change(sessions, Policy(not_before=clock.now() + TICK))
    change(sessions, Policy(not_before=clock.now()))


@pytest.mark.parametrize(
    "policy",
    [
        LOCKS_OUT,
        Policy(lifetime=SECOND),
        Policy(max_sessions=1, when_full=WhenFull.REFUSE),
        Policy(not_before=MONDAY),
        Policy(settle_time=36_500 * DAY, confirm_within=SECOND),
    ],
)
@pytest.mark.parametrize("scope", ["default", "organization:acme"])
def test_a_policy_that_locks_everybody_out_is_repaired_without_a_session(
    sessions: Sessions, clock: FixedClock, policy: Policy, scope: str
) -> None:
    change(sessions, policy, scope)
    clock.advance(MINUTE)
    start(sessions, "acme")
    clock.advance(MINUTE)

    change(sessions, Policy(), scope)

    first, second = start(sessions, "acme", user_id="43"), start(sessions, "acme", user_id="43")
    clock.advance(HOUR)
    assert is_live(sessions, first)
    assert is_live(sessions, second)
