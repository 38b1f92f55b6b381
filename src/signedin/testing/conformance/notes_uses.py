"""When and from where a session was last used: it moves forward only, and revives nothing (I5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from signedin.core.policy import Policy
from signedin.core.session import EndedReason
from signedin.service.ports import Store, Use
from signedin.service.sessions import SessionService
from signedin.testing.clock import FixedClock
from signedin.testing.conformance.base import (
    FIREFOX,
    HOUR,
    MINUTE,
    SECOND,
    Open,
    StoreTests,
    client,
    is_live,
    reason,
    start,
    terminate,
)

ELSEWHERE = "198.51.100.9"


class NotesUses(StoreTests):
    """What becomes of a use between its request and the list."""

    def test_a_changed_address_and_browser_are_shown_where_it_was_used_last(
        self, sessions: SessionService
    ) -> None:
        started = start(sessions)

        sessions.check(started.token, client(FIREFOX, address=ELSEWHERE))

        (session,) = sessions.list("42")
        assert session.first_seen_from.ip_address == "203.0.113.7"
        assert session.last_seen_from.ip_address == ELSEWHERE
        assert session.user_agent == FIREFOX

    def test_an_older_use_that_is_written_later_moves_nobody_back(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        here, there = open_sessions(), open_sessions()
        started = start(here)
        here.check(started.token, client(FIREFOX, address=ELSEWHERE))
        clock.advance(SECOND)
        there.check(started.token, client(address="198.51.100.10"))
        there.flush_if_possible()

        here.flush_if_possible()

        (session,) = here.list("42")
        assert session.last_used_at == clock.now()
        assert session.last_seen_from.ip_address == "198.51.100.10"
        assert session.user_agent != FIREFOX

    def test_who_comes_back_to_an_address_through_another_process_is_shown_there(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        here, there = open_sessions(), open_sessions()
        started = start(here)
        there.check(started.token, client())
        there.flush_if_possible()
        clock.advance(HOUR)
        here.check(started.token, client(address=ELSEWHERE))
        here.flush_if_possible()
        clock.advance(HOUR)

        there.check(started.token, client())

        (session,) = there.list("42")
        assert session.last_used_at == clock.now()
        assert session.last_seen_from == started.session.first_seen_from

    def test_a_use_in_another_process_keeps_a_session_from_being_idle_here(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        here, there = (open_sessions(policy=Policy(idle_timeout=HOUR)) for _ in range(2))
        started = start(here)
        assert reason(here, started) is None
        clock.advance(HOUR - SECOND)
        assert reason(there, started) is None

        clock.advance(HOUR / 2)

        assert reason(here, started) is None

    def test_a_use_that_is_written_after_the_end_changes_nothing(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        here, there = open_sessions(), open_sessions()
        started = start(here)
        assert is_live(there, started.token)
        there.flush_if_possible()
        clock.advance(SECOND)
        assert is_live(there, started.token)
        terminate(here, started)
        (ended,) = here.history("42")

        there.flush_if_possible()

        assert here.history("42") == [ended]
        assert reason(there, started) == EndedReason.TERMINATED

    def test_uses_of_many_sessions_are_written_together_whatever_becomes_of_some(
        self, open_store: Callable[[], Store], sessions: SessionService, clock: FixedClock
    ) -> None:
        store, before = open_store(), clock.now()
        used, ended, left, late = (start(sessions, who) for who in ("1", "2", "3", "4"))
        terminate(sessions, ended)
        clock.advance(HOUR)
        assert is_live(sessions, late.token)
        sessions.flush_if_possible()
        never = "0199a0b0-0000-7000-8000-000000000000"

        store.write_uses(
            [
                Use(used.session.id, clock.now(), ELSEWHERE),
                Use(ended.session.id, clock.now(), ELSEWHERE),
                Use(late.session.id, before + MINUTE, ELSEWHERE),
                Use(never, clock.now(), ELSEWHERE),
            ],
            sessions.places.find,
        )
        store.close()

        listed = sessions.everybodys()
        assert {s.user_id: (s.last_used_at, s.last_seen_from.ip_address) for s in listed} == {
            "1": (clock.now(), ELSEWHERE),
            "3": (before, left.session.last_seen_from.ip_address),
            "4": (clock.now(), late.session.last_seen_from.ip_address),
        }
        assert sessions.history("2")[0].last_used_at == before

    @pytest.mark.parametrize("words", ["wild \udc80", "nul \0", "x" * 5000])
    def test_no_words_of_a_client_about_itself_spoil_the_uses_of_others(
        self, sessions: SessionService, clock: FixedClock, words: str
    ) -> None:
        wild, other = start(sessions, "1", agent=words), start(sessions, "2")
        clock.advance(SECOND)
        sessions.check(wild.token, client("other " + words))
        sessions.check(other.token, client())

        (listed,) = sessions.list("1")
        assert listed.user_agent.startswith("other ")
        assert [s.last_used_at for s in sessions.everybodys()] == [clock.now(), clock.now()]
