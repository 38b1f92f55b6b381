"""What time has ended is written down, and what is kept no longer goes, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signedin.core.errors import SessionNotFoundError
from signedin.core.event import Event, EventKind
from signedin.core.policy import Policy
from signedin.core.session import EndedReason
from signedin.service.sessions import SessionService
from signedin.service.sweep import (
    DEFAULT_RETENTION,
    FORMER_TOKENS_KEPT,
    SWEEP_MARGIN,
    Retention,
)
from signedin.testing.clock import FixedClock
from signedin.testing.conformance.base import (
    DAY,
    HOUR,
    MINUTE,
    ROOT,
    SECOND,
    Open,
    StoreTests,
    client,
    is_live,
    reason,
    start,
    terminate,
)


class Purges(StoreTests):
    """What a sweep writes and a purge deletes, by a process whose clock has not jumped."""

    def test_an_end_that_a_limit_brought_is_written_for_good(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions(policy=Policy(idle_timeout=HOUR))
        started = start(sessions)
        clock.advance(HOUR + SWEEP_MARGIN)
        young = start(sessions)

        open_sessions(policy=Policy(idle_timeout=HOUR)).sweeper.sweep_all()

        with sessions.work() as work:
            rows = work.transaction.live_of("42"), work.transaction.ended_of("42")
        assert [[session.id for session in kind] for kind in rows] == [
            [young.session.id],
            [started.session.id],
        ]
        clock.advance(-HOUR)
        assert reason(sessions, started) == EndedReason.IDLE

    def test_ended_sessions_are_history_for_so_long_and_then_gone(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions()
        first, second, live = (start(sessions, who) for who in ("1", "2", "3"))
        terminate(sessions, first)
        clock.advance(MINUTE)
        terminate(sessions, second)
        clock.advance(DEFAULT_RETENTION.history - MINUTE + SECOND)

        purging = open_sessions(policy=Policy())
        purging.sweeper.purge()

        with pytest.raises(SessionNotFoundError):
            purging.find(first.session.id)
        assert purging.find(second.session.id).ended is not None
        assert purging.find(live.session.id).ended is None

    def test_a_visitor_is_gone_a_day_after_the_last_use_and_nobody_else(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions()
        gone, back = (sessions.start(None, client(), methods=[], data="{}") for _ in range(2))
        person = start(sessions)
        clock.advance(DEFAULT_RETENTION.visitors - SECOND)
        assert is_live(sessions, back.token)
        sessions.flush_if_possible()
        clock.advance(2 * SECOND)

        open_sessions().sweeper.purge()

        assert [is_live(sessions, each.token) for each in (gone, back, person)] == [
            False,
            True,
            True,
        ]

    def test_a_former_token_is_kept_until_it_is_nonsense(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions()
        started = start(sessions)
        rotated = sessions.rotate(started.token, methods=["pwd"])
        assert is_live(sessions, rotated.token)
        clock.advance(FORMER_TOKENS_KEPT - SECOND)
        open_sessions().sweeper.purge()
        other = start(sessions)
        other_rotated = sessions.rotate(other.token, methods=["pwd"])
        assert is_live(sessions, other_rotated.token)
        assert reason(sessions, started) == EndedReason.TOKEN_REUSED
        clock.advance(FORMER_TOKENS_KEPT + SECOND)

        open_sessions().sweeper.purge()

        assert not is_live(sessions, other.token)
        assert is_live(sessions, other_rotated.token)

    def test_an_address_goes_and_its_place_and_the_session_stay(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        keeping = {"policy": Policy(), "retention": Retention(history=90 * DAY)}
        sessions = open_sessions(**keeping)
        live, ended = start(sessions), start(sessions, "43")
        terminate(sessions, ended)
        clock.advance(20 * DAY)
        sessions.check(live.token, client(address="198.51.100.9"))
        sessions.flush_if_possible()
        clock.advance(DEFAULT_RETENTION.addresses - 20 * DAY + SECOND)

        cleaning = open_sessions(**keeping)
        cleaning.sweeper.sweep_all()
        cleaning.sweeper.purge()

        (session,), (history,) = sessions.list("42"), sessions.history("43")
        assert session.first_seen_from.ip_address is None
        assert session.first_seen_from.place == live.session.first_seen_from.place
        assert session.last_seen_from.ip_address == "198.51.100.9"
        assert history.last_seen_from.ip_address is None
        assert is_live(sessions, live.token)

    def test_an_address_in_an_event_is_dropped_as_early_and_the_event_stays(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions()
        for address in ("203.0.113.1", "203.0.113.2"):
            with sessions.work() as work:
                work.transaction.record(refused(address, clock))
            clock.advance(20 * DAY)
        assert told(sessions)[0] == {"address": "203.0.113.1"}

        open_sessions().sweeper.purge()

        assert told(sessions) == [{}, {"address": "203.0.113.2"}]

    def test_events_are_deleted_when_they_are_kept_no_longer(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions()
        start(sessions, "1")
        clock.advance(200 * DAY)
        start(sessions, "2")
        clock.advance(DEFAULT_RETENTION.events - 200 * DAY + SECOND)

        open_sessions().sweeper.purge()

        assert [event.user_id for _, event in sessions.events.after(0, 10)] == ["2"]

    def test_a_cookie_that_was_spent_is_known_as_long_as_it_must_be(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        sessions = open_sessions()
        digest = bytes(32)
        with sessions.work() as work:
            assert work.transaction.spend_cookie(digest, until=clock.now() + HOUR)
        clock.advance(HOUR - SECOND)
        open_sessions().sweeper.purge()
        with sessions.work() as work:
            assert work.transaction.is_spent(digest)
            assert not work.transaction.spend_cookie(digest, until=clock.now() + DAY)
        clock.advance(timedelta(seconds=2))

        open_sessions().sweeper.purge()

        with sessions.work() as work:
            assert not work.transaction.is_spent(digest)

    def test_a_date_that_is_wrong_for_a_while_erases_nothing(
        self, sessions: SessionService, clock: FixedClock
    ) -> None:
        started = start(sessions)
        visitor = sessions.start(None, client(), methods=[], data="{}")
        clock.advance(40 * DAY)
        sessions.sweeper.sweep()
        sessions.sweeper.purge()
        clock.advance(-40 * DAY)

        assert is_live(sessions, started.token)
        assert is_live(sessions, visitor.token)


def refused(address: str, clock: FixedClock) -> Event:
    """A login that was refused."""
    return Event(
        kind=EventKind.LOGIN_FAILED,
        at=clock.now(),
        actor=ROOT,
        user_id="42",
        details={"address": address},
    )


def told(sessions: SessionService) -> list[dict[str, object]]:
    """What the log tells of everything."""
    return [dict(event.details) for _, event in sessions.events.after(0, 1000)]
