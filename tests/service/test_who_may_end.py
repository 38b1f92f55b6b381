"""Who may end which sessions, and who must prove first who they are; one act after the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from signedin.core.errors import ActorEndedError, ConfirmationNeededError
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import Started
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.policies import HOUR, MINUTE, TICK, change

Act = Callable[[Sessions, Started, Started, Actor], object]

ENDS: dict[str, Act] = {
    "one": lambda s, there, here, by: s.terminate(there.session.id, user_id="42", by=by),
    "a selection": lambda s, there, here, by: s.terminate_selected(
        [there.session.id], user_id="42", by=by
    ),
    "all others": lambda s, there, here, by: s.terminate_all("42", keep=here.session.id, by=by),
}
ADMINISTRATOR_ENDS = ENDS | {
    "all": lambda s, there, here, by: s.terminate_all("42", by=by),
    "a change of policy": lambda s, there, here, by: s.policies.set(
        "default", Policy(idle_timeout=TICK * 10**6), by=by, reason=""
    ),
}


def log_in(sessions: Sessions, user_id: str = "42") -> Started:
    return sessions.start(user_id, client(), methods=["pwd"])


def is_live(sessions: Sessions, started: Started) -> bool:
    return sessions.check(started.token, client()).session is not None


@pytest.mark.parametrize("act", ADMINISTRATOR_ENDS.values(), ids=ADMINISTRATOR_ENDS)
def test_an_administrator_must_have_logged_in_of_late(
    sessions: Sessions, clock: FixedClock, act: Act
) -> None:
    there, here, admin = log_in(sessions), log_in(sessions), log_in(sessions, "1")
    clock.advance(15 * MINUTE + TICK)
    with pytest.raises(ConfirmationNeededError):
        act(sessions, there, here, Actor.admin("ada", admin.session.id))

    assert is_live(sessions, there)


@pytest.mark.parametrize("act", ENDS.values(), ids=ENDS)
def test_a_person_must_have_proved_it_of_late_where_the_policy_says_so(
    sessions: Sessions, clock: FixedClock, act: Act
) -> None:
    change(sessions, Policy(confirm_within=15 * MINUTE))
    there, here = log_in(sessions), log_in(sessions)
    clock.advance(15 * MINUTE + TICK)
    with pytest.raises(ConfirmationNeededError):
        act(sessions, there, here, Actor.user(here.session.id))

    assert is_live(sessions, there)


def test_everywhere_is_an_emergency_exit_that_opens(sessions: Sessions, clock: FixedClock) -> None:
    change(sessions, Policy(confirm_within=15 * MINUTE))
    there, here = log_in(sessions), log_in(sessions)
    clock.advance(HOUR)
    sessions.terminate_all("42", by=Actor.user(here.session.id))

    assert not is_live(sessions, there)
    assert not is_live(sessions, here)


def test_what_has_ended_already_needs_no_proof(sessions: Sessions, clock: FixedClock) -> None:
    change(sessions, Policy(confirm_within=15 * MINUTE))
    there, here = log_in(sessions), log_in(sessions)
    sessions.log_out(there.token)
    clock.advance(HOUR)
    receipt = sessions.terminate(there.session.id, user_id="42", by=Actor.user(here.session.id))

    assert (receipt.ended, receipt.already_ended) == (0, 1)


@pytest.mark.parametrize("act", ENDS.values(), ids=ENDS)
def test_who_is_past_a_limit_ends_nothing_though_nobody_has_written_that(
    sessions: Sessions, clock: FixedClock, act: Act
) -> None:
    change(sessions, Policy(idle_timeout=HOUR))
    here = log_in(sessions)
    clock.advance(30 * MINUTE)
    there = log_in(sessions)
    clock.advance(30 * MINUTE)
    with pytest.raises(ActorEndedError):
        act(sessions, there, here, Actor.user(here.session.id))

    assert is_live(sessions, there)
