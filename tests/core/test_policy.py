"""A session ends at the first limit it passes, and time alone never brings it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.core.errors import InvalidPolicyError
from signedin.core.policy import Limit, LimitPassed, Policy, deadline, fixed_end, judge

FRIDAY = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
HOUR, TICK = timedelta(hours=1), timedelta.resolution
OFFICE = Policy(idle_timeout=HOUR, lifetime=8 * HOUR)
IDLE_END = LimitPassed(FRIDAY + HOUR, Limit.IDLE)
OLD_END = LimitPassed(FRIDAY + 8 * HOUR, Limit.LIFETIME)

lengths = st.timedeltas(min_value=TICK, max_value=timedelta(days=400))
policies = st.builds(Policy, idle_timeout=lengths | st.none(), lifetime=lengths | st.none())


def after(
    policy: Policy,
    age: timedelta,
    *,
    used: timedelta = timedelta(0),
    own: timedelta | None = None,
) -> LimitPassed | None:
    """Judge a session that began on FRIDAY, was last used ``used`` later, at ``age``."""
    return judge(
        policy,
        authenticated_at=FRIDAY,
        last_used_at=FRIDAY + used,
        ends_by=None if own is None else FRIDAY + own,
        now=FRIDAY + age,
    )


def test_a_limit_takes_effect_at_its_exact_instant() -> None:
    assert after(OFFICE, HOUR - TICK) is None
    assert after(OFFICE, HOUR) == IDLE_END


def test_the_end_is_when_the_limit_passed_not_when_somebody_looked() -> None:
    assert after(OFFICE, 72 * HOUR) == IDLE_END


def test_a_busy_session_still_ends_at_its_lifetime() -> None:
    assert after(OFFICE, 8 * HOUR, used=8 * HOUR - TICK) == OLD_END


def test_an_end_of_its_own_counts_if_it_is_earlier() -> None:
    assert after(OFFICE, 8 * HOUR, used=7 * HOUR, own=7 * HOUR + HOUR / 2) == LimitPassed(
        FRIDAY + 7.5 * HOUR, Limit.LIFETIME
    )
    assert fixed_end(OFFICE, authenticated_at=FRIDAY, ends_by=FRIDAY + 9 * HOUR) == OLD_END.at


def test_without_limits_a_session_never_ends_by_itself() -> None:
    assert after(Policy(), timedelta(days=4000)) is None
    assert deadline(Policy(), authenticated_at=FRIDAY, last_used_at=FRIDAY) is None


def test_where_two_limits_meet_the_one_that_use_cannot_move_is_named() -> None:
    both = Policy(idle_timeout=HOUR, lifetime=HOUR)

    assert after(both, HOUR) == LimitPassed(FRIDAY + HOUR, Limit.LIFETIME)


@given(policies, lengths, lengths, lengths | st.none())
def test_time_alone_never_brings_a_session_back(
    p: Policy, age: timedelta, more: timedelta, own: timedelta | None
) -> None:
    ended = after(p, age, own=own)

    assert ended is None or after(p, age + more, own=own) == ended


@given(policies, lengths, lengths)
def test_use_never_shortens_a_session(p: Policy, age: timedelta, used: timedelta) -> None:
    assert after(p, age) is not None or after(p, age, used=used) is None


@pytest.mark.parametrize("length", [timedelta(0), -HOUR])
def test_a_limit_must_be_above_zero(length: timedelta) -> None:
    with pytest.raises(InvalidPolicyError, match="lifetime must be above zero"):
        Policy(lifetime=length)
