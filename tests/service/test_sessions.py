"""Sessions start, are checked, listed, renamed and ended; what has ended stays ended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.core.errors import (
    InvalidNameError,
    SessionNotFoundError,
)
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import EndedReason, Refusal, Started
from signedin.core.token import new_token
from signedin.service.sessions import SessionService
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX, client, held
from tests.clock import FixedClock
from tests.databases import Open
from tests.waiting import wait_until

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def start(sessions: SessionService, user_id: str = "42", agent: str = CHROME) -> Started:
    return sessions.start(user_id, client(agent), methods=["pwd"])


def reason(sessions: SessionService, started: Started) -> str | None:
    return sessions.check(started.token, client()).reason


def test_a_token_opens_the_session_it_was_made_for(sessions: SessionService) -> None:
    started = start(sessions)

    decision = sessions.check(started.token, client())

    assert decision.session is not None
    assert decision.session.id == started.session.id
    assert decision.session.user_id == "42"
    assert decision.cookie == "keep"


def test_a_second_check_is_answered_from_memory(sessions: Sessions) -> None:
    started = start(sessions)
    assert held(sessions, started.token) is None

    sessions.check(started.token, client())
    wait_until(sessions.store.is_fresh)
    sessions.check(started.token, client())

    assert held(sessions, started.token) is not None


def test_a_token_known_to_nobody_clears_the_cookie(sessions: SessionService) -> None:
    decision = sessions.check(new_token(bytes(32)), client())

    assert (decision.session, decision.reason, decision.cookie) == (None, Refusal.UNKNOWN, "clear")


@pytest.mark.parametrize("text", ["", "x", "si_" + "A" * 49, "ä" * 52, "si_" + "\ud800" * 49])
def test_nonsense_is_refused_and_the_cookie_left_alone(sessions: SessionService, text: str) -> None:
    decision = sessions.check(text, client())

    assert (decision.reason, decision.cookie) == (Refusal.MALFORMED, "keep")


def test_without_remembered_browsers_there_is_no_device_token(open_sessions: Open) -> None:
    sessions = open_sessions(remember_browsers=False)

    assert start(sessions).device_token is None


def test_an_idle_session_ends_at_its_exact_instant(open_sessions: Open, clock: FixedClock) -> None:
    sessions = open_sessions(policy=Policy(idle_timeout=HOUR))
    started = start(sessions)
    clock.advance(HOUR - timedelta.resolution)
    assert reason(sessions, started) is None

    clock.advance(HOUR)

    assert reason(sessions, started) == EndedReason.IDLE


def test_what_a_limit_refused_stays_refused_when_the_clock_jumps_back(
    open_sessions: Open, clock: FixedClock
) -> None:
    sessions = open_sessions(policy=Policy(idle_timeout=HOUR))
    started = start(sessions)
    clock.advance(2 * HOUR)
    assert reason(sessions, started) == EndedReason.IDLE

    clock.advance(-2 * HOUR)

    assert reason(sessions, started) == EndedReason.IDLE


def test_a_busy_session_still_ends_at_its_lifetime(open_sessions: Open, clock: FixedClock) -> None:
    sessions = open_sessions(policy=Policy(idle_timeout=HOUR, lifetime=3 * HOUR))
    started = start(sessions)
    for _ in range(5):
        clock.advance(HOUR / 2)
        assert reason(sessions, started) is None

    clock.advance(HOUR / 2)

    assert reason(sessions, started) == EndedReason.LIFETIME


def test_an_end_of_its_own_is_kept(sessions: SessionService, clock: FixedClock) -> None:
    started = sessions.start("42", client(), methods=["pwd"], ends_by=clock.now() + DAY)
    clock.advance(DAY)

    assert reason(sessions, started) == EndedReason.LIFETIME


def test_the_list_holds_what_is_live_the_one_used_last_first(
    sessions: SessionService, clock: FixedClock
) -> None:
    first, second = start(sessions), start(sessions, agent=FIREFOX)
    clock.advance(HOUR)
    sessions.check(first.token, client())

    assert [s.id for s in sessions.list("42")] == [first.session.id, second.session.id]
    assert sessions.list("42")[0].last_used_at == clock.now()


def test_a_session_past_its_limit_is_history_before_any_sweep_ran(
    open_sessions: Open, clock: FixedClock
) -> None:
    sessions = open_sessions(policy=Policy(idle_timeout=HOUR))
    started = start(sessions)
    clock.advance(DAY)

    assert sessions.list("42") == []
    ended = sessions.history("42")[0].ended
    assert ended is not None
    assert ended.reason == EndedReason.IDLE
    assert ended.at == started.session.created_at + HOUR
    with pytest.raises(SessionNotFoundError):
        sessions.get(started.session.id, user_id="42")


def test_terminating_what_a_limit_had_ended_says_so(open_sessions: Open, clock: FixedClock) -> None:
    sessions = open_sessions(policy=Policy(idle_timeout=HOUR))
    old = start(sessions)
    clock.advance(DAY)
    mine = start(sessions, agent=FIREFOX)

    receipt = sessions.terminate(old.session.id, user_id="42", by=Actor.user(mine.session.id))

    assert (receipt.ended, receipt.already_ended) == (0, 1)
    assert [s.ended.reason for s in sessions.history("42") if s.ended] == [EndedReason.IDLE]


def test_a_name_is_the_persons_own_and_bounded(sessions: SessionService) -> None:
    started = start(sessions)
    by = Actor.user(started.session.id)

    named = sessions.rename(started.session.id, "  Büro 机 ", user_id="42", by=by)
    assert named.name == "Büro 机"
    decision = sessions.check(started.token, client())
    assert decision.session is not None
    assert decision.session.name == "Büro 机"

    for bad in ("x" * 61, "a\u202eb", "a\nb", "a\x00b", "a\u200bb"):
        with pytest.raises(InvalidNameError):
            sessions.rename(started.session.id, bad, user_id="42", by=by)
    assert sessions.rename(started.session.id, " ", user_id="42", by=by).name is None


def test_what_a_client_sends_is_kept_bounded(sessions: SessionService) -> None:
    started = start(sessions, agent="x" * 5000)

    assert len(sessions.list("42")[0].user_agent) == 512
    assert reason(sessions, started) is None


def test_a_secret_does_not_print_itself(sessions: SessionService) -> None:
    started = start(sessions)

    for text in (repr(started), repr(client(device=started.device_token))):
        assert started.token not in text
        assert str(started.device_token) not in text
