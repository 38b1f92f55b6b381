"""What a change of policy would do to one session is what it then does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.core.errors import InvalidPolicyError, SessionNotFoundError
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import Session
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import MONDAY, FixedClock

DAY = timedelta(days=1)
NOBODY = "0199a000-0000-7000-8000-000000000000"


@pytest.fixture
def session(sessions: Sessions) -> Session:
    return sessions.start("7", client(), methods=["pwd"], organizations=("acme",)).session


def test_a_shorter_limit_is_told_with_the_end_before_and_after(
    sessions: Sessions, session: Session, clock: FixedClock
) -> None:
    clock.advance(2 * DAY)

    fate = sessions.policies.fate("default", Policy(lifetime=5 * DAY), session.id)

    assert (fate.before, fate.after) == (MONDAY + 14 * DAY, MONDAY + 5 * DAY)
    assert not fate.ends_now


def test_a_longer_limit_takes_the_place_of_what_its_scope_had_and_of_no_other(
    sessions: Sessions, session: Session
) -> None:
    longer = Policy(idle_timeout=20 * DAY)

    fate = sessions.policies.fate("default", longer, session.id)
    beside = sessions.policies.fate("organization:acme", longer, session.id)

    assert (fate.before, fate.after) == (MONDAY + 14 * DAY, MONDAY + 20 * DAY)
    assert beside.before == beside.after == MONDAY + 14 * DAY


@pytest.mark.parametrize("scope", ["default", "organization:acme", "user:7"])
def test_one_past_the_new_limit_ends_and_does_so_when_it_is_saved(
    sessions: Sessions, session: Session, clock: FixedClock, scope: str
) -> None:
    clock.advance(2 * DAY)
    policy = Policy(idle_timeout=DAY)

    fate = sessions.policies.fate(scope, policy, session.id)

    assert fate.ends_now
    sessions.policies.set(scope, policy, by=Actor.admin("cli"), reason="")
    assert sessions.find(session.id).ended is not None


def test_all_that_began_before_now_end_even_the_one_of_this_moment(
    sessions: Sessions, session: Session
) -> None:
    assert sessions.policies.fate("default", Policy(), session.id, end_earlier=True).ends_now


@pytest.mark.parametrize("scope", ["organization:other", "user:8"])
def test_the_policy_of_others_changes_nothing(
    sessions: Sessions, session: Session, clock: FixedClock, scope: str
) -> None:
    clock.advance(2 * DAY)

    fate = sessions.policies.fate(
        scope, Policy(idle_timeout=DAY), session.id, end_earlier=scope.startswith("o")
    )

    assert fate.before == fate.after
    assert not fate.ends_now


def test_what_there_is_not_has_no_fate(sessions: Sessions, session: Session) -> None:
    with pytest.raises(SessionNotFoundError):
        sessions.policies.fate("default", Policy(), NOBODY)
    with pytest.raises(InvalidPolicyError):
        sessions.policies.fate("team:x", Policy(), session.id)
