"""When somebody must prove again who they are before they end sessions: each rule at its edge."""

from __future__ import annotations

from datetime import datetime, timedelta

from signedin.core.confirmation import Confirmation, confirmation_needed
from signedin.core.policy import Policy
from signedin.core.session import Session, Sighting
from tests.clock import MONDAY
from tests.policies import HOUR, MINUTE, TICK

CONFIRM = Policy(confirm_within=15 * MINUTE)
SETTLE = Policy(settle_time=HOUR)
OLDER = -timedelta(days=1)


def session(
    name: str, created: timedelta = timedelta(0), proved: datetime | None = None
) -> Session:
    at = MONDAY + created
    seen = Sighting(None)
    return Session(
        id=name,
        user_id="42",
        organizations={},
        generation=1,
        created_at=at,
        authenticated_at=proved or at,
        last_used_at=at,
        persistent=False,
        ends_by=None,
        methods=("pwd",),
        user_agent="",
        client_hints={},
        first_seen_from=seen,
        last_seen_from=seen,
    )


HERE = session("here")
THERE = session("there", OLDER)


def test_one_s_own_session_ends_without_a_proof() -> None:
    late = MONDAY + HOUR

    assert confirmation_needed(CONFIRM, HERE, [HERE], late) is None
    assert confirmation_needed(SETTLE, HERE, [HERE], MONDAY) is None
    assert confirmation_needed(CONFIRM, HERE, [HERE, THERE], late) == Confirmation(None)


def test_a_proof_lasts_as_long_as_the_policy_says_and_to_its_exact_instant() -> None:
    last = MONDAY + 15 * MINUTE

    assert confirmation_needed(CONFIRM, HERE, [THERE], last) is None
    assert confirmation_needed(CONFIRM, HERE, [THERE], last + TICK) == Confirmation(None)


def test_a_new_session_ends_older_ones_only_when_it_has_settled() -> None:
    settled = MONDAY + HOUR

    assert confirmation_needed(SETTLE, HERE, [THERE], settled - TICK) == Confirmation(settled)
    assert confirmation_needed(SETTLE, HERE, [THERE], settled) is None


def test_sessions_that_are_not_older_need_not_be_waited_for() -> None:
    younger, of_its_age = session("younger", TICK), session("of its age")

    assert confirmation_needed(SETTLE, HERE, [younger, of_its_age], MONDAY + MINUTE) is None
    assert confirmation_needed(SETTLE, HERE, [younger, THERE], MONDAY + MINUTE) is not None


def test_who_has_proved_it_again_after_the_login_counts_as_settled() -> None:
    stepped_up = session("here", proved=MONDAY + TICK)

    assert confirmation_needed(SETTLE, stepped_up, [THERE], MONDAY + MINUTE) is None


def test_where_no_policy_asks_nobody_is_asked() -> None:
    assert confirmation_needed(Policy(), HERE, [THERE], MONDAY + timedelta(days=400)) is None
