"""The form of a policy holds every policy, to the second, and gives back the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from signedin.core.policy import LONGEST, MOST_SESSIONS, Policy, WhenFull
from signedin.web.admin.policy_form import LENGTHS, Filled

lengths = st.none() | st.integers(1, int(LONGEST.total_seconds())).map(
    lambda seconds: timedelta(seconds=seconds)
)
policies = st.builds(
    Policy,
    idle_timeout=lengths,
    lifetime=lengths,
    max_sessions=st.none() | st.integers(1, MOST_SESSIONS),
    when_full=st.sampled_from(WhenFull),
    not_before=st.none()
    | st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    settle_time=lengths,
    confirm_within=lengths,
)


def sent(filled: Filled) -> Mapping[str, str]:
    """What a browser sends of the form."""
    fields = {name: filled.lengths[name].amount for name in LENGTHS}
    fields |= {f"{name}_unit": filled.lengths[name].unit for name in LENGTHS}
    fields |= {"end_earlier": "on"} if filled.end_earlier else {}
    return fields | {
        "max_sessions": filled.max_sessions,
        "when_full": filled.when_full,
        "not_before": filled.not_before,
    }


@given(policies)
def test_what_is_filled_in_comes_back_as_it_was(policy: Policy) -> None:
    filled = Filled.by_person(sent(Filled.with_policy(policy)))

    assert filled.policy() == policy
    assert filled.seal() == Filled.with_policy(policy).seal()


@given(policies, policies)
def test_what_was_checked_is_told_from_everything_else(one: Policy, other: Policy) -> None:
    seals = [Filled.with_policy(policy).seal() for policy in (one, other)]

    assert (seals[0] == seals[1]) == (one == other)


def test_to_end_what_began_before_is_something_else() -> None:
    plain = sent(Filled.with_policy(Policy()))

    assert Filled.by_person(plain).seal() != Filled.by_person({**plain, "end_earlier": "on"}).seal()


def test_a_length_is_told_in_the_largest_unit_that_fits() -> None:
    policy = Policy(
        lifetime=timedelta(days=30),
        idle_timeout=timedelta(hours=36),
        settle_time=timedelta(minutes=90),
        confirm_within=timedelta(seconds=90),
    )
    told = Filled.with_policy(policy).lengths

    assert {name: (told[name].amount, told[name].unit) for name in LENGTHS} == {
        "lifetime": ("30", "days"),
        "idle_timeout": ("36", "hours"),
        "settle_time": ("90", "minutes"),
        "confirm_within": ("90", "seconds"),
    }
