"""Failing costs nothing at first, then ever more time, and never locks out for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.accounts.attempts import (
    LONGEST_WAIT,
    Failures,
    of_account,
    of_source,
    one_more,
    wait,
)
from tests.clock import MONDAY

ACCOUNT = of_account("ana@example.com")
MINUTE, NOTHING = timedelta(minutes=1), timedelta(0)


def failed(times: int) -> Failures:
    failures = None
    for _ in range(times):
        failures = one_more(failures, ACCOUNT, MONDAY)
    assert failures is not None
    return failures


def test_nine_failures_cost_nothing() -> None:
    assert wait(None, ACCOUNT, MONDAY) == NOTHING
    assert wait(failed(9), ACCOUNT, MONDAY) == NOTHING


@pytest.mark.parametrize(("times", "minutes"), [(10, 1), (11, 2), (12, 4), (13, 8), (14, 15)])
def test_from_the_tenth_on_each_failure_doubles_the_wait(times: int, minutes: int) -> None:
    assert wait(failed(times), ACCOUNT, MONDAY) == minutes * MINUTE


def test_the_wait_is_over_at_its_exact_instant() -> None:
    assert wait(failed(10), ACCOUNT, MONDAY + MINUTE - timedelta.resolution) > NOTHING
    assert wait(failed(10), ACCOUNT, MONDAY + MINUTE) == NOTHING


def test_failures_of_more_than_ten_minutes_ago_are_forgotten() -> None:
    later = MONDAY + 10 * MINUTE

    assert one_more(failed(9), ACCOUNT, later - timedelta.resolution).count == 10
    assert one_more(failed(9), ACCOUNT, later).count == 1


def test_a_wait_that_was_sat_out_is_remembered_for_ten_minutes_more() -> None:
    assert one_more(failed(10), ACCOUNT, MONDAY + 11 * MINUTE - timedelta.resolution).count == 11
    assert one_more(failed(10), ACCOUNT, MONDAY + 11 * MINUTE).count == 1


def test_a_clock_that_was_ahead_for_a_while_locks_nobody_out() -> None:
    before = MONDAY - timedelta(days=365)

    assert wait(failed(20), ACCOUNT, before) == NOTHING
    assert one_more(failed(20), ACCOUNT, before).count == 1


def test_clocks_of_two_machines_that_differ_a_little_buy_no_try() -> None:
    before = MONDAY - 5 * MINUTE

    assert wait(failed(20), ACCOUNT, before) > NOTHING
    assert one_more(failed(20), ACCOUNT, before).count == 21


@given(st.integers(min_value=1, max_value=10**18))
def test_nobody_is_locked_out_for_good(count: int) -> None:
    assert wait(Failures(count, MONDAY, MONDAY), ACCOUNT, MONDAY) <= LONGEST_WAIT


def test_a_source_may_fail_a_hundred_times() -> None:
    office = of_source("203.0.113.7")

    assert wait(Failures(99, MONDAY, MONDAY), office, MONDAY) == NOTHING
    assert wait(Failures(100, MONDAY, MONDAY), office, MONDAY) == MINUTE


def test_all_addresses_of_one_ipv6_customer_are_one_source() -> None:
    assert of_source("2a00:1450:4001:8::1") == of_source("2a00:1450:4001:8:ffff::2")
    assert of_source("2a00:1450:4001:8::1") != of_source("2a00:1450:4001:9::1")


def test_what_people_type_is_not_kept_readably() -> None:
    assert "ana" not in of_account("ana@example.com").key
    assert "nonsense" not in of_source("nonsense").key
