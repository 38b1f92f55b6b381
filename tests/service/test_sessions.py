"""Sessions start, are checked, listed, renamed and ended; what has ended stays ended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.core.errors import (
    ActorEndedError,
    InvalidNameError,
    LoginOvertakenError,
    NotPermittedError,
    SessionNotFoundError,
)
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import EndedReason, Refusal, Started
from signedin.core.token import new_token
from signedin.service.sessions import SessionService
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX, SAFARI, client, held
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


def test_a_terminated_session_opens_nothing(sessions: SessionService) -> None:
    mine, other = start(sessions), start(sessions, agent=FIREFOX)
    sessions.check(other.token, client())

    receipt = sessions.terminate(other.session.id, user_id="42", by=Actor.user(mine.session.id))

    assert (receipt.ended, receipt.already_ended) == (1, 0)
    assert held(sessions, other.token) is None
    decision = sessions.check(other.token, client())
    assert (decision.reason, decision.cookie) == (EndedReason.TERMINATED, "clear")
    assert reason(sessions, mine) is None


def test_terminating_twice_is_no_error_and_keeps_the_first_end(
    sessions: SessionService, clock: FixedClock
) -> None:
    mine, other = start(sessions), start(sessions, agent=FIREFOX)
    by = Actor.user(mine.session.id)
    sessions.terminate(other.session.id, user_id="42", by=by)
    first = sessions.history("42")[0].ended
    clock.advance(HOUR)

    receipt = sessions.terminate(other.session.id, user_id="42", by=by)

    assert (receipt.ended, receipt.already_ended) == (0, 1)
    assert sessions.history("42")[0].ended == first


def test_somebody_elses_session_is_told_like_one_that_does_not_exist(
    sessions: SessionService,
) -> None:
    mine, foreign = start(sessions), start(sessions, user_id="43")
    by = Actor.user(mine.session.id)

    for session_id in (foreign.session.id, "0199a0b0-0000-7000-8000-000000000000", "nonsense"):
        with pytest.raises(SessionNotFoundError):
            sessions.terminate(session_id, user_id="42", by=by)
        with pytest.raises(SessionNotFoundError):
            sessions.rename(session_id, "Mine", user_id="42", by=by)
        with pytest.raises(SessionNotFoundError):
            sessions.get(session_id, user_id="42")
    assert reason(sessions, foreign) is None


def test_who_has_been_ended_can_no_longer_end(sessions: SessionService) -> None:
    thief, owner, third = (start(sessions, agent=a) for a in (CHROME, FIREFOX, SAFARI))
    sessions.terminate(thief.session.id, user_id="42", by=Actor.user(owner.session.id))

    for session_id in (owner.session.id, third.session.id, thief.session.id):
        with pytest.raises(ActorEndedError):
            sessions.terminate(session_id, user_id="42", by=Actor.user(thief.session.id))
    with pytest.raises(ActorEndedError):
        sessions.terminate_all("42", by=Actor.user(thief.session.id))
    assert reason(sessions, owner) is None


def test_a_person_cannot_act_for_another(sessions: SessionService) -> None:
    mine, foreign = start(sessions), start(sessions, user_id="43")

    with pytest.raises(ActorEndedError):
        sessions.terminate_all("43", by=Actor.user(mine.session.id))
    with pytest.raises(NotPermittedError):
        sessions.terminate(foreign.session.id, user_id=None, by=Actor.user(mine.session.id))
    assert reason(sessions, foreign) is None


def test_an_administrator_ends_anybodys(sessions: SessionService) -> None:
    started = start(sessions)

    sessions.terminate(started.session.id, user_id=None, by=Actor.admin("root"))

    ended = sessions.history("42")[0].ended
    assert ended is not None
    assert (ended.reason, ended.by) == (EndedReason.TERMINATED, Actor.admin("root"))


def test_all_others_end_and_the_one_kept_stays(sessions: SessionService) -> None:
    mine, *others = (start(sessions, agent=a) for a in (CHROME, FIREFOX, SAFARI))
    foreign = start(sessions, user_id="43")

    receipt = sessions.terminate_all("42", keep=mine.session.id, by=Actor.user(mine.session.id))

    assert receipt.ended == 2
    assert [s.id for s in sessions.list("42")] == [mine.session.id]
    assert {reason(sessions, other) for other in others} == {EndedReason.TERMINATED}
    assert reason(sessions, foreign) is None


def test_everywhere_includes_the_one_in_use(sessions: SessionService) -> None:
    mine, other = start(sessions), start(sessions, agent=FIREFOX)

    receipt = sessions.terminate_all("42", by=Actor.user(mine.session.id))

    assert receipt.ended == 2
    assert sessions.list("42") == []
    assert reason(sessions, other) == EndedReason.TERMINATED


def test_selected_ids_of_others_are_ignored_and_not_counted(sessions: SessionService) -> None:
    mine, other = start(sessions), start(sessions, agent=FIREFOX)
    foreign = start(sessions, user_id="43")

    receipt = sessions.terminate_selected(
        [other.session.id, foreign.session.id, "nonsense"],
        user_id="42",
        by=Actor.user(mine.session.id),
    )

    assert (receipt.ended, receipt.already_ended) == (1, 0)
    assert reason(sessions, foreign) is None


def test_log_out_ends_the_session_of_the_token(sessions: SessionService) -> None:
    started = start(sessions)

    assert sessions.log_out(started.token).ended == 1
    assert reason(sessions, started) == EndedReason.LOGGED_OUT
    assert sessions.log_out(started.token).ended == 0
    assert sessions.log_out("nonsense").ended == 0


def test_a_login_that_everywhere_overtook_does_not_survive(sessions: SessionService) -> None:
    login = sessions.begin_login("42")
    sessions.terminate_all("42", by=Actor.admin("root"))

    with pytest.raises(LoginOvertakenError):
        sessions.start("42", client(), methods=["pwd"], login=login)

    assert sessions.list("42") == []
    assert start(sessions).session.user_id == "42"


def test_a_login_in_the_same_browser_replaces_its_row_and_keeps_its_name(
    sessions: SessionService,
) -> None:
    first = start(sessions)
    sessions.rename(first.session.id, "Office", user_id="42", by=Actor.user(first.session.id))

    again = sessions.start("42", client(device=first.device_token), methods=["pwd"], replaces=None)

    assert again.ended == (first.session.id,)
    assert again.device_token == first.device_token
    assert [(s.id, s.name) for s in sessions.list("42")] == [(again.session.id, "Office")]
    assert reason(sessions, first) == EndedReason.REPLACED


def test_a_login_ends_the_session_whose_cookie_it_presents_whoevers_it_is(
    sessions: SessionService,
) -> None:
    planted = start(sessions, user_id="attacker")

    sessions.start("42", client(), methods=["pwd"], replaces=planted.token)

    assert reason(sessions, planted) == EndedReason.REPLACED
    assert len(sessions.list("42")) == 1


def test_another_persons_session_in_the_same_browser_is_left_alone(
    sessions: SessionService,
) -> None:
    first = start(sessions)

    sessions.start("43", client(device=first.device_token), methods=["pwd"])

    assert reason(sessions, first) is None


def test_without_remembered_browsers_there_is_no_device_token(open_sessions: Open) -> None:
    sessions = open_sessions(remember_browsers=False)

    assert start(sessions).device_token is None


def test_a_visitor_is_in_nobodys_list_and_the_data_moves_to_the_login(
    sessions: SessionService,
) -> None:
    visitor = sessions.start(None, client(), methods=[], data='{"cart": 3}')
    assert reason(sessions, visitor) is None

    started = sessions.start("42", client(), methods=["pwd"], replaces=visitor.token)

    assert started.ended == (visitor.session.id,)
    with sessions.work() as work:
        assert work.transaction.data_of(started.session.id) == '{"cart": 3}'


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


def test_a_use_in_another_process_keeps_a_session_from_being_idle_here(
    open_sessions: Open, clock: FixedClock
) -> None:
    here, there = (open_sessions(policy=Policy(idle_timeout=HOUR)) for _ in range(2))
    started = start(here)
    assert reason(here, started) is None
    clock.advance(HOUR - timedelta(seconds=1))
    assert reason(there, started) is None

    clock.advance(HOUR / 2)

    assert reason(here, started) is None


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


def test_a_changed_address_and_browser_are_shown_where_it_was_used_last(
    sessions: SessionService,
) -> None:
    started = start(sessions)

    sessions.check(started.token, client(FIREFOX, "198.51.100.9"))

    (session,) = sessions.list("42")
    assert session.first_seen_from.ip_address == "203.0.113.7"
    assert session.last_seen_from.ip_address == "198.51.100.9"
    assert session.user_agent == FIREFOX


def test_an_older_use_that_is_written_later_moves_nobody_back(
    open_sessions: Open, clock: FixedClock
) -> None:
    here, there = open_sessions(), open_sessions()
    started = start(here)
    here.check(started.token, client(FIREFOX, "198.51.100.9"))
    clock.advance(timedelta(seconds=1))
    there.check(started.token, client(address="198.51.100.10"))
    there._flush()

    here._flush()

    (session,) = here.list("42")
    assert session.last_used_at == clock.now()
    assert session.last_seen_from.ip_address == "198.51.100.10"
    assert session.user_agent != FIREFOX


def test_who_comes_back_to_an_address_through_another_process_is_shown_there(
    open_sessions: Open, clock: FixedClock
) -> None:
    here, there = open_sessions(), open_sessions()
    started = start(here)
    there.check(started.token, client())
    there._flush()
    clock.advance(HOUR)
    here.check(started.token, client(address="198.51.100.9"))
    here._flush()
    clock.advance(HOUR)

    there.check(started.token, client())

    (session,) = there.list("42")
    assert session.last_used_at == clock.now()
    assert session.last_seen_from == started.session.first_seen_from


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
