"""Ended is final, effective before it returns, and nobody ends what is not theirs (I1, I2, I9)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.core.errors import (
    ActorEndedError,
    LoginOvertakenError,
    NotPermittedError,
    SessionNotFoundError,
)
from signedin.core.permission import Actor
from signedin.core.session import EndedReason
from signedin.service.sessions import SessionService
from signedin.testing.clients import CHROME
from signedin.testing.clock import FixedClock
from signedin.testing.conformance.base import (
    FIREFOX,
    SAFARI,
    Open,
    StoreTests,
    client,
    held,
    reason,
    start,
)

HOUR = timedelta(hours=1)


class Ends(StoreTests):
    """How sessions end: one, several, all, by whom, and by a login in their place."""

    def test_a_terminated_session_opens_nothing(self, sessions: SessionService) -> None:
        mine, other = start(sessions), start(sessions, agent=FIREFOX)
        sessions.check(other.token, client())

        receipt = sessions.terminate(other.session.id, user_id="42", by=Actor.user(mine.session.id))

        assert (receipt.ended, receipt.already_ended) == (1, 0)
        assert held(sessions, other.token) is None
        decision = sessions.check(other.token, client())
        assert (decision.reason, decision.cookie) == (EndedReason.TERMINATED, "clear")
        assert reason(sessions, mine) is None

    def test_terminating_twice_is_no_error_and_keeps_the_first_end(
        self, sessions: SessionService, clock: FixedClock
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
        self,
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

    def test_who_has_been_ended_can_no_longer_end(self, sessions: SessionService) -> None:
        thief, owner, third = (start(sessions, agent=a) for a in (CHROME, FIREFOX, SAFARI))
        sessions.terminate(thief.session.id, user_id="42", by=Actor.user(owner.session.id))

        for session_id in (owner.session.id, third.session.id, thief.session.id):
            with pytest.raises(ActorEndedError):
                sessions.terminate(session_id, user_id="42", by=Actor.user(thief.session.id))
        with pytest.raises(ActorEndedError):
            sessions.terminate_all("42", by=Actor.user(thief.session.id))
        assert reason(sessions, owner) is None

    def test_a_person_cannot_act_for_another(self, sessions: SessionService) -> None:
        mine, foreign = start(sessions), start(sessions, user_id="43")

        with pytest.raises(ActorEndedError):
            sessions.terminate_all("43", by=Actor.user(mine.session.id))
        with pytest.raises(NotPermittedError):
            sessions.terminate(foreign.session.id, user_id=None, by=Actor.user(mine.session.id))
        assert reason(sessions, foreign) is None

    def test_an_administrator_ends_anybodys(self, sessions: SessionService) -> None:
        started = start(sessions)

        sessions.terminate(started.session.id, user_id=None, by=Actor.admin("root"))

        ended = sessions.history("42")[0].ended
        assert ended is not None
        assert (ended.reason, ended.by) == (EndedReason.TERMINATED, Actor.admin("root"))

    def test_all_others_end_and_the_one_kept_stays(self, sessions: SessionService) -> None:
        mine, *others = (start(sessions, agent=a) for a in (CHROME, FIREFOX, SAFARI))
        foreign = start(sessions, user_id="43")

        receipt = sessions.terminate_all("42", keep=mine.session.id, by=Actor.user(mine.session.id))

        assert receipt.ended == 2
        assert [s.id for s in sessions.list("42")] == [mine.session.id]
        assert {reason(sessions, other) for other in others} == {EndedReason.TERMINATED}
        assert reason(sessions, foreign) is None

    def test_everywhere_includes_the_one_in_use(self, sessions: SessionService) -> None:
        mine, other = start(sessions), start(sessions, agent=FIREFOX)

        receipt = sessions.terminate_all("42", by=Actor.user(mine.session.id))

        assert receipt.ended == 2
        assert sessions.list("42") == []
        assert reason(sessions, other) == EndedReason.TERMINATED

    def test_selected_ids_of_others_are_ignored_and_not_counted(
        self, sessions: SessionService
    ) -> None:
        mine, other = start(sessions), start(sessions, agent=FIREFOX)
        foreign = start(sessions, user_id="43")

        receipt = sessions.terminate_selected(
            [other.session.id, foreign.session.id, "nonsense"],
            user_id="42",
            by=Actor.user(mine.session.id),
        )

        assert (receipt.ended, receipt.already_ended) == (1, 0)
        assert reason(sessions, foreign) is None

    def test_log_out_ends_the_session_of_the_token(self, sessions: SessionService) -> None:
        started = start(sessions)

        assert sessions.log_out(started.token).ended == 1
        assert reason(sessions, started) == EndedReason.LOGGED_OUT
        assert sessions.log_out(started.token).ended == 0
        assert sessions.log_out("nonsense").ended == 0

    def test_a_login_that_everywhere_overtook_does_not_survive(
        self, sessions: SessionService
    ) -> None:
        login = sessions.begin_login("42")
        sessions.terminate_all("42", by=Actor.admin("root"))

        with pytest.raises(LoginOvertakenError):
            sessions.start("42", client(), methods=["pwd"], login=login)

        assert sessions.list("42") == []
        assert start(sessions).session.user_id == "42"

    def test_when_all_of_a_persons_sessions_were_ended_is_kept(
        self, sessions: SessionService, clock: FixedClock
    ) -> None:
        """Whatever was issued by then, in whatever form, opens nothing any more."""
        for _ in range(2):
            at = clock.now()
            sessions.terminate_all("42", by=Actor.admin("root"))
            with sessions.work() as work:
                ended_before = work.transaction.ended_before
                assert [ended_before("user:42", when) for when in (at, at + HOUR)] == [True, False]
                assert not ended_before("user:43", at)
            clock.advance(HOUR)

    def test_a_login_in_the_same_browser_replaces_its_row_and_keeps_its_name(
        self,
        sessions: SessionService,
    ) -> None:
        first = start(sessions)
        sessions.rename(first.session.id, "Office", user_id="42", by=Actor.user(first.session.id))

        again = sessions.start(
            "42", client(device=first.device_token), methods=["pwd"], replaces=None
        )

        assert again.ended == (first.session.id,)
        assert again.device_token == first.device_token
        assert [(s.id, s.name) for s in sessions.list("42")] == [(again.session.id, "Office")]
        assert reason(sessions, first) == EndedReason.REPLACED

    def test_a_login_ends_the_session_whose_cookie_it_presents_whoevers_it_is(
        self,
        sessions: SessionService,
    ) -> None:
        planted = start(sessions, user_id="attacker")

        sessions.start("42", client(), methods=["pwd"], replaces=planted.token)

        assert reason(sessions, planted) == EndedReason.REPLACED
        assert len(sessions.list("42")) == 1

    def test_another_persons_session_in_the_same_browser_is_left_alone(
        self,
        sessions: SessionService,
    ) -> None:
        first = start(sessions)

        sessions.start("43", client(device=first.device_token), methods=["pwd"])

        assert reason(sessions, first) is None

    def test_a_visitor_is_in_nobodys_list_and_the_data_moves_to_the_login(
        self,
        sessions: SessionService,
    ) -> None:
        visitor = sessions.start(None, client(), methods=[], data='{"cart": 3}')
        assert reason(sessions, visitor) is None

        started = sessions.start("42", client(), methods=["pwd"], replaces=visitor.token)

        assert started.ended == (visitor.session.id,)
        with sessions.work() as work:
            assert work.transaction.data_of(started.session.id) == '{"cart": 3}'

    def test_an_end_holds_in_every_process_before_it_returns(self, open_sessions: Open) -> None:
        here, there = open_sessions(), open_sessions()
        started = start(here)
        for sessions in (here, there):
            sessions.check(started.token, client())
            sessions.check(started.token, client())

        here.terminate(started.session.id, user_id="42", by=Actor.admin("root"))

        assert held(there, started.token) is None
        assert reason(there, started) == EndedReason.TERMINATED
