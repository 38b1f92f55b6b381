"""A policy refuses what makes no sense, and several together only ever shorten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from signedin.core.errors import InvalidPolicyError
from signedin.core.policy import (
    DEFAULT_SCOPE,
    PRESETS,
    Policy,
    WhenFull,
    check_scope,
    oddities,
    organization_scope,
    scopes_of,
    strictest,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize("name", ["idle_timeout", "lifetime", "settle_time", "confirm_within"])
@pytest.mark.parametrize("length", [timedelta(0), -HOUR, timedelta(milliseconds=999)])
def test_a_length_is_at_least_a_second(name: str, length: timedelta) -> None:
    with pytest.raises(InvalidPolicyError, match=f"{name} must be at least one second"):
        Policy(**{name: length})  # type: ignore[arg-type]


def test_a_length_of_centuries_is_a_slip() -> None:
    with pytest.raises(InvalidPolicyError, match="at most a hundred years"):
        Policy(lifetime=timedelta(days=400_000))


@pytest.mark.parametrize("most", [0, -1, 10**9])
def test_a_cap_leaves_room_for_one_session(most: int) -> None:
    with pytest.raises(InvalidPolicyError, match="max_sessions must be from 1 to"):
        Policy(max_sessions=most)


def test_a_moment_without_a_time_zone_is_none() -> None:
    with pytest.raises(InvalidPolicyError, match="time zone"):
        Policy(not_before=datetime(2026, 1, 1))


def test_a_moment_that_could_be_kept_and_not_read_is_none() -> None:
    earlier_than_any = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))

    with pytest.raises(InvalidPolicyError, match="no time in UTC"):
        Policy(not_before=earlier_than_any)


def test_each_policy_can_only_shorten_what_the_others_allow() -> None:
    app = Policy(idle_timeout=DAY, lifetime=90 * DAY, max_sessions=10, settle_time=HOUR)
    organization = Policy(idle_timeout=2 * DAY, lifetime=30 * DAY, settle_time=2 * HOUR)

    held = strictest(app, organization)

    assert (held.idle_timeout, held.lifetime) == (DAY, 30 * DAY)
    assert (held.max_sessions, held.settle_time) == (10, 2 * HOUR)


def test_the_latest_end_of_all_and_the_shortest_proof_hold() -> None:
    monday, friday = (datetime(2026, 11, day, tzinfo=UTC) for day in (23, 27))
    one = Policy(not_before=monday, confirm_within=HOUR)
    other = Policy(not_before=friday, confirm_within=2 * HOUR)

    held = strictest(one, other, Policy())

    assert (held.not_before, held.confirm_within) == (friday, HOUR)


def test_the_smallest_cap_says_what_happens_when_it_is_reached() -> None:
    roomy = Policy(max_sessions=10, when_full=WhenFull.REFUSE)
    tight = Policy(max_sessions=3, when_full=WhenFull.END_OLDEST)

    assert strictest(roomy, tight).when_full is WhenFull.END_OLDEST
    assert (
        strictest(tight, Policy(max_sessions=3, when_full=WhenFull.ASK)).when_full is WhenFull.ASK
    )


@pytest.mark.parametrize("name", ["", " x", "a:b", "a,b", "a/b", "x" * 101, "a\u202eb", "a\nb"])
def test_an_organization_has_a_name_that_can_be_read(name: str) -> None:
    with pytest.raises(InvalidPolicyError):
        organization_scope(name)


@pytest.mark.parametrize("scope", ["", "defaults", "user:", "organization:", "group:x", "user"])
def test_there_are_three_kinds_of_scope(scope: str) -> None:
    with pytest.raises(InvalidPolicyError):
        check_scope(scope, Policy())


@pytest.mark.parametrize(
    "forbidden",
    [
        {"lifetime": HOUR},
        {"max_sessions": 1},
        {"settle_time": HOUR},
        {"confirm_within": HOUR},
        {"when_full": WhenFull.REFUSE},
    ],
)
def test_people_set_for_themselves_only_how_long_a_session_may_go_unused(
    forbidden: dict[str, Any],
) -> None:
    check_scope("user:42", Policy(idle_timeout=HOUR))

    with pytest.raises(InvalidPolicyError, match="own policy"):
        check_scope("user:42", Policy(**forbidden))


def test_every_scope_that_applies_is_asked() -> None:
    assert scopes_of("42", ["acme", "bee"]) == [
        DEFAULT_SCOPE,
        "organization:acme",
        "organization:bee",
        "user:42",
    ]
    assert scopes_of(None, []) == [DEFAULT_SCOPE]


def test_the_presets_are_the_figures_of_nist() -> None:
    """P-03; NIST SP 800-63B-4, 2.1.3, 2.2.3, 2.3.3."""
    assert (PRESETS["aal1"].lifetime, PRESETS["aal1"].idle_timeout) == (30 * DAY, None)
    assert (PRESETS["aal2"].lifetime, PRESETS["aal2"].idle_timeout) == (DAY, HOUR)
    assert (PRESETS["aal3"].lifetime, PRESETS["aal3"].idle_timeout) == (12 * HOUR, HOUR / 4)


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (Policy(idle_timeout=DAY, lifetime=HOUR), "The idle timeout never takes effect"),
        (Policy(idle_timeout=timedelta(seconds=5)), "within two minutes"),
        (Policy(lifetime=HOUR, settle_time=DAY), "No session ever gets old enough"),
        (Policy(), "Sessions never end by themselves"),
    ],
)
def test_what_is_allowed_and_hardly_meant_is_said(policy: Policy, sentence: str) -> None:
    assert any(sentence in said for said in oddities(policy))
    assert oddities(Policy(idle_timeout=HOUR, lifetime=DAY)) == []
