"""A session ends at the first limit it passes, and neither time nor a policy brings it back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from signedin.core.deadline import (
    Limit,
    LimitPassed,
    PolicyChange,
    Version,
    altered_end,
    current,
    deadline,
    fixed_end,
    in_sequence,
    judge,
)
from signedin.core.permission import Actor
from signedin.core.policy import SHORTEST, Policy

FRIDAY = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
HOUR, TICK = timedelta(hours=1), timedelta.resolution
OFFICE = Policy(idle_timeout=HOUR, lifetime=8 * HOUR)
IDLE_END = LimitPassed(FRIDAY + HOUR, Limit.IDLE)
OLD_END = LimitPassed(FRIDAY + 8 * HOUR, Limit.LIFETIME)

lengths = st.timedeltas(min_value=SHORTEST, max_value=timedelta(days=400))
policies = st.builds(Policy, idle_timeout=lengths | st.none(), lifetime=lengths | st.none())


@dataclass(frozen=True)
class Life:
    """A session that began on FRIDAY."""

    last_used_at: datetime = FRIDAY
    ends_by: datetime | None = None
    created_at: datetime = FRIDAY
    authenticated_at: datetime = FRIDAY
    generation: int = 1


def after(
    policy: Policy,
    age: timedelta,
    *,
    used: timedelta = timedelta(0),
    own: timedelta | None = None,
) -> LimitPassed | None:
    """Judge a session that was last used ``used`` after it began, at ``age``."""
    life = Life(FRIDAY + used, None if own is None else FRIDAY + own)
    return judge([Version(policy)], life, FRIDAY + age)


def changed_to(policy: Policy, at: timedelta, *, generation: int = 0) -> Version:
    when = FRIDAY + at
    change = PolicyChange("default", when, Actor.admin("root"), "audit", None, policy)
    return Version(policy, since=when, generation=generation, change=change)


def until(version: Version, at: timedelta) -> Version:
    return Version(
        version.policy,
        version.scope,
        version.since,
        FRIDAY + at,
        version.generation,
        version.change,
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
    assert fixed_end(OFFICE, Life(ends_by=FRIDAY + 9 * HOUR)) == OLD_END.at


def test_without_limits_a_session_never_ends_by_itself() -> None:
    assert after(Policy(), timedelta(days=4000)) is None
    assert deadline([Version(Policy())], Life()) is None


def test_where_two_limits_meet_the_one_that_use_cannot_move_is_named() -> None:
    both = Policy(idle_timeout=HOUR, lifetime=HOUR)

    assert after(both, HOUR) == LimitPassed(FRIDAY + HOUR, Limit.LIFETIME)


def test_a_change_that_puts_a_session_past_its_limit_ends_it_at_the_change() -> None:
    before, change = (
        until(Version(OFFICE), HOUR / 2),
        changed_to(Policy(idle_timeout=HOUR / 4), HOUR / 2),
    )

    end = deadline([before, change], Life())

    assert end == LimitPassed(FRIDAY + HOUR / 2, Limit.POLICY)
    assert end is not None
    assert end.change == change.change


def test_a_change_that_leaves_a_session_some_time_shortens_it() -> None:
    before, change = (
        until(Version(OFFICE), HOUR / 4),
        changed_to(Policy(idle_timeout=HOUR / 2), HOUR / 4),
    )

    assert deadline([before, change], Life()) == LimitPassed(FRIDAY + HOUR / 2, Limit.IDLE)


def test_loosening_revives_nothing() -> None:
    before, change = until(Version(OFFICE), 2 * HOUR), changed_to(Policy(), 2 * HOUR)

    assert deadline([before, change], Life()) == IDLE_END


def test_loosening_in_time_lets_a_session_go_on() -> None:
    before, change = until(Version(OFFICE), HOUR - TICK), changed_to(Policy(), HOUR - TICK)

    assert deadline([before, change], Life()) is None


def test_loosening_at_the_very_instant_of_a_limit_comes_too_late() -> None:
    before, change = until(Version(OFFICE), HOUR), changed_to(Policy(), HOUR)

    assert deadline([before, change], Life()) == IDLE_END


def test_a_policy_that_was_replaced_before_the_last_use_no_longer_counts() -> None:
    before, change = until(Version(OFFICE), HOUR / 2), changed_to(Policy(), HOUR / 2)

    assert deadline([before, change], Life(FRIDAY + HOUR / 2)) is None


def test_who_was_let_in_after_a_policy_was_replaced_had_not_ended_under_it() -> None:
    """Two clocks that disagree: a random log-out is as bad as a leak."""
    slip = until(changed_to(Policy(lifetime=HOUR), 2 * HOUR), 3 * HOUR)
    versions = [until(Version(Policy()), 2 * HOUR), slip, changed_to(Policy(), 3 * HOUR)]

    assert deadline(versions, Life(FRIDAY + 3 * HOUR + TICK)) is None
    assert deadline(versions, Life(FRIDAY + 3 * HOUR)) is not None


def test_a_policy_replaced_in_the_instant_it_was_made_has_ended_what_was_past_it() -> None:
    before = until(Version(Policy()), 2 * HOUR)
    slip = until(changed_to(OFFICE, 2 * HOUR), 2 * HOUR)

    end = deadline([before, slip, changed_to(Policy(), 2 * HOUR)], Life())

    assert end == LimitPassed(FRIDAY + 2 * HOUR, Limit.POLICY)


def test_changes_dated_ahead_are_taken_to_be_made_when_the_next_one_was() -> None:
    settings = until(Version(OFFICE), 9 * HOUR)
    ahead = until(changed_to(Policy(), 9 * HOUR), 2 * HOUR)
    newest = changed_to(OFFICE, 2 * HOUR)

    first, second, third = in_sequence([settings, ahead, newest], FRIDAY + 3 * HOUR)

    assert (first.since, first.until) == (settings.since, FRIDAY + 2 * HOUR)
    assert (second.since, second.until) == (FRIDAY + 2 * HOUR, FRIDAY + 2 * HOUR)
    assert third == newest


def test_a_change_that_the_clock_says_is_still_to_come_holds_from_now_on() -> None:
    ahead = changed_to(Policy(), 9 * HOUR)

    first, second = in_sequence([until(Version(OFFICE), 9 * HOUR), ahead], FRIDAY + 3 * HOUR)

    assert first.until == second.since == FRIDAY + 3 * HOUR
    assert second.until is None


def test_not_before_ends_what_was_authenticated_earlier_and_nothing_else() -> None:
    change = changed_to(Policy(not_before=FRIDAY + HOUR), 2 * HOUR)

    assert deadline([change], Life()) == LimitPassed(FRIDAY + 2 * HOUR, Limit.POLICY)
    assert deadline([change], Life(authenticated_at=FRIDAY + HOUR)) is None


def test_the_generation_ends_a_session_whatever_the_clocks_say() -> None:
    change = changed_to(Policy(not_before=FRIDAY), HOUR, generation=2)
    from_the_future = FRIDAY + 24 * HOUR

    assert deadline([change], Life(authenticated_at=from_the_future)) is not None
    assert deadline([change], Life(authenticated_at=from_the_future, generation=2)) is None


def test_a_generation_counts_also_when_its_policy_was_replaced_long_ago() -> None:
    change = until(changed_to(Policy(not_before=FRIDAY), HOUR, generation=2), 2 * HOUR)

    assert deadline([change], Life(FRIDAY + 3 * HOUR)) is not None


def test_the_alteration_that_is_told_is_the_latest_that_moved_the_end() -> None:
    first = until(Version(Policy(lifetime=90 * HOUR)), HOUR)
    shorter = until(changed_to(Policy(lifetime=30 * HOUR), HOUR), 2 * HOUR)
    same = changed_to(Policy(lifetime=30 * HOUR, max_sessions=5), 2 * HOUR)

    altered = altered_end([first, shorter, same], Life())

    assert altered is not None
    assert altered.change == shorter.change
    assert (altered.previous, altered.now) == (FRIDAY + 90 * HOUR, FRIDAY + 30 * HOUR)


def test_thousands_of_changes_that_moved_nothing_are_looked_through_in_no_time() -> None:
    """Anybody can make so many of their own limit."""
    many = [
        until(changed_to(Policy(idle_timeout=(50 + n % 2) * HOUR), n * TICK), (n + 1) * TICK)
        for n in range(5000)
    ]
    began = time.monotonic()

    assert altered_end(many, Life(ends_by=FRIDAY + HOUR)) is None
    assert time.monotonic() - began < 5  # a square of them takes minutes


def test_a_change_before_the_login_is_not_told() -> None:
    change = changed_to(Policy(lifetime=30 * HOUR), -HOUR)

    assert altered_end([until(Version(OFFICE), -HOUR), change], Life()) is None


@given(policies, lengths, lengths, lengths | st.none())
def test_time_alone_never_brings_a_session_back(
    p: Policy, age: timedelta, more: timedelta, own: timedelta | None
) -> None:
    ended = after(p, age, own=own)

    assert ended is None or after(p, age + more, own=own) == ended


@given(policies, lengths, lengths)
def test_use_never_shortens_a_session(p: Policy, age: timedelta, used: timedelta) -> None:
    assert after(p, age) is not None or after(p, age, used=used) is None


@given(policies, policies, lengths, lengths)
def test_no_change_brings_a_session_back(
    first: Policy, then: Policy, changed: timedelta, more: timedelta
) -> None:
    old, new = until(Version(first), changed), changed_to(then, changed)

    ended = judge([Version(first)], Life(), FRIDAY + changed - TICK)

    assert ended is None or judge([old, new], Life(), FRIDAY + changed + more) == ended


@given(policies, policies)
def test_what_holds_now_is_the_strictest_of_what_was_not_replaced(a: Policy, b: Policy) -> None:
    held = current([Version(a), Version(b, "organization:acme"), until(Version(OFFICE), HOUR)])

    for name in ("idle_timeout", "lifetime"):
        given = [v for v in (getattr(a, name), getattr(b, name)) if v is not None]
        assert getattr(held, name) == min(given, default=None)
