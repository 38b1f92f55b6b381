"""Rotation never logs out, and a stolen former token never gains by it (I8)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.core.errors import RotationRefusedError
from signedin.core.permission import Actor
from signedin.core.session import EndedReason, Started
from signedin.service.sessions import SessionService
from signedin.testing.clock import FixedClock
from signedin.testing.conformance.base import Open, StoreTests, client, is_live

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


class Rotates(StoreTests):
    """A session gets a new token; the former one has its grace, and no more."""

    @pytest.fixture
    def started(self, sessions: SessionService) -> Started:
        """A session that will be rotated."""
        return sessions.start("42", client(), methods=["pwd"])

    def test_the_new_token_opens_the_same_session_with_the_new_authentication(
        self, sessions: SessionService, started: Started, clock: FixedClock
    ) -> None:
        clock.advance(MINUTE)
        rotated = sessions.rotate(started.token, methods=["pwd", "otp"])

        session = sessions.check(rotated.token, client()).session
        assert session is not None
        assert session.id == started.session.id
        assert session.methods == ("pwd", "otp")
        assert session.authenticated_at == clock.now()
        assert len(sessions.list("42")) == 1

    def test_the_former_token_works_for_what_is_in_flight_without_the_step_up(
        self, sessions: SessionService, started: Started, clock: FixedClock
    ) -> None:
        clock.advance(MINUTE)
        sessions.rotate(started.token, methods=["pwd", "otp"])

        session = sessions.check(started.token, client()).session
        assert session is not None
        assert session.methods == ("pwd",)
        assert session.authenticated_at == started.session.authenticated_at

    def test_the_grace_runs_from_the_first_use_of_the_new_token(
        self, sessions: SessionService, started: Started, clock: FixedClock
    ) -> None:
        rotated = sessions.rotate(started.token, methods=["pwd"])
        clock.advance(5 * MINUTE)
        assert is_live(sessions, started.token)

        assert is_live(sessions, rotated.token)
        clock.advance(29 * SECOND)

        assert is_live(sessions, started.token)

    def test_a_former_token_used_after_its_grace_ends_the_session(
        self, sessions: SessionService, started: Started, clock: FixedClock
    ) -> None:
        rotated = sessions.rotate(started.token, methods=["pwd"])
        assert is_live(sessions, rotated.token)
        clock.advance(30 * SECOND)

        decision = sessions.check(started.token, client())

        assert (decision.reason, decision.cookie) == (EndedReason.TOKEN_REUSED, "clear")
        assert sessions.check(rotated.token, client()).reason == EndedReason.TOKEN_REUSED

    def test_the_grace_is_never_longer_than_ten_minutes(
        self, sessions: SessionService, started: Started, clock: FixedClock
    ) -> None:
        sessions.rotate(started.token, methods=["pwd"])
        clock.advance(10 * MINUTE)

        assert not is_live(sessions, started.token)

    def test_a_former_token_after_a_day_is_nonsense_and_ends_nothing(
        self, sessions: SessionService, started: Started, clock: FixedClock
    ) -> None:
        rotated = sessions.rotate(started.token, methods=["pwd"])
        assert is_live(sessions, rotated.token)
        clock.advance(timedelta(hours=24))

        assert not is_live(sessions, started.token)
        assert is_live(sessions, rotated.token)

    def test_only_the_current_token_can_be_rotated(
        self, sessions: SessionService, started: Started
    ) -> None:
        rotated = sessions.rotate(started.token, methods=["pwd"])

        with pytest.raises(RotationRefusedError):
            sessions.rotate(started.token, methods=["pwd"])
        sessions.terminate(started.session.id, user_id="42", by=Actor.admin("root"))
        with pytest.raises(RotationRefusedError):
            sessions.rotate(rotated.token, methods=["pwd"])

    def test_an_end_takes_all_tokens_of_the_session(
        self, sessions: SessionService, started: Started
    ) -> None:
        rotated = sessions.rotate(started.token, methods=["pwd"])
        assert is_live(sessions, rotated.token)
        assert is_live(sessions, started.token)

        sessions.terminate(started.session.id, user_id="42", by=Actor.admin("root"))

        assert not is_live(sessions, rotated.token)
        assert not is_live(sessions, started.token)

    def test_a_process_that_held_the_former_token_learns_of_the_rotation(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        here, there = open_sessions(), open_sessions()
        started = here.start("42", client(), methods=["pwd"])
        assert is_live(there, started.token)
        rotated = here.rotate(started.token, methods=["pwd"])
        assert is_live(here, rotated.token)
        clock.advance(31 * SECOND)

        assert not is_live(there, started.token)

    def test_an_end_of_its_own_moves_with_the_authentication(
        self, sessions: SessionService, clock: FixedClock
    ) -> None:
        day = timedelta(days=1)
        started = sessions.start("42", client(), methods=["pwd"], ends_by=clock.now() + day)
        clock.advance(day / 2)
        rotated = sessions.rotate(started.token, methods=["pwd"])
        clock.advance(day - MINUTE)

        assert is_live(sessions, rotated.token)
        clock.advance(MINUTE)
        assert not is_live(sessions, rotated.token)
