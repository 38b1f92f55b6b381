"""Deadlines are worked out of the policies that were in force, in every process (I6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from signedin.core.deadline import ALWAYS
from signedin.core.errors import EffectChangedError, LoginOvertakenError
from signedin.core.policy import Policy, WhenFull
from signedin.core.session import EndedReason, Started
from signedin.service.ports import Reads, Store
from signedin.service.sessions import SessionService
from signedin.testing.clock import MONDAY, FixedClock
from signedin.testing.conformance.base import (
    DAY,
    HOUR,
    MINUTE,
    ROOT,
    SECOND,
    Open,
    StoreTests,
    Substitute,
    client,
    is_live,
    set_policy,
    start,
)

LOCKS_OUT = Policy(idle_timeout=SECOND)
SCOPES = ["default", "organization:acme", "user:42"]
CENTURY = 36_500 * DAY


def start_in(sessions: SessionService, *organizations: str) -> Started:
    """A member of these organizations logs in."""
    return sessions.start("42", client(), methods=["pwd"], organizations=organizations)


class KeepsPolicies(StoreTests):
    """What is in force, what was, and what they make of a session."""

    def test_a_use_that_waits_is_written_before_another_process_goes_by_the_policy(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        here, there = open_sessions(), open_sessions()
        started = start(here)
        assert is_live(here, started.token)
        clock.advance(9 * MINUTE)
        assert is_live(here, started.token)

        set_policy(here, Policy(idle_timeout=5 * MINUTE))

        assert is_live(there, started.token)

    @pytest.mark.parametrize(
        ("scope", "ended"),
        [*((scope, True) for scope in SCOPES), ("organization:bee", False), ("user:43", False)],
    )
    def test_a_session_is_held_to_the_policies_of_its_own_scopes_and_no_others(
        self, sessions: SessionService, clock: FixedClock, scope: str, ended: bool
    ) -> None:
        started = start_in(sessions, "acme")
        set_policy(sessions, Policy(idle_timeout=HOUR), scope)

        clock.advance(HOUR)

        assert is_live(sessions, started.token) is not ended
        assert [session.id for session in sessions.list("42")] == (
            [] if ended else [started.session.id]
        )

    def test_a_policy_that_was_replaced_has_ended_what_was_past_it_while_it_held(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        """Though nobody looked, and nothing was swept."""
        sessions = open_sessions()
        old = start(sessions)
        set_policy(sessions, Policy(idle_timeout=HOUR))
        clock.advance(HOUR - SECOND)
        young = start(sessions)
        clock.advance(MINUTE)
        set_policy(sessions, Policy(idle_timeout=DAY))
        clock.advance(HOUR)

        for one in (sessions, open_sessions()):
            assert [is_live(one, started.token) for started in (old, young)] == [False, True]
        (ended,) = sessions.history("42")
        assert ended.ended is not None
        assert (ended.ended.at, ended.ended.reason) == (MONDAY + HOUR, EndedReason.IDLE)

    @pytest.mark.parametrize(
        "strict",
        [Policy(idle_timeout=HOUR), Policy(lifetime=HOUR), Policy(not_before=MONDAY + DAY)],
    )
    def test_loosening_in_the_instant_of_tightening_revives_nothing(
        self, sessions: SessionService, clock: FixedClock, strict: Policy
    ) -> None:
        started = start(sessions)
        clock.advance(DAY)
        set_policy(sessions, strict)
        assert sessions.list("42") == []

        set_policy(sessions, Policy())

        assert sessions.list("42") == []
        assert not is_live(sessions, started.token)

    def test_loosening_in_the_instant_of_a_limit_revives_nothing(
        self, sessions: SessionService, clock: FixedClock
    ) -> None:
        start(sessions)
        clock.advance(14 * DAY)
        assert sessions.list("42") == []

        set_policy(sessions, Policy())

        assert sessions.list("42") == []

    @pytest.mark.parametrize("scope", SCOPES)
    def test_a_login_under_way_is_overtaken_by_an_end_of_all(
        self, sessions: SessionService, scope: str
    ) -> None:
        login = sessions.begin_login("42")

        set_policy(sessions, Policy(), scope, end_earlier=True)

        with pytest.raises(LoginOvertakenError):
            sessions.start("42", client(), methods=["pwd"], organizations=["acme"], login=login)

    @pytest.mark.parametrize("scope", ["organization:bee", "user:43"])
    def test_a_login_under_way_is_not_overtaken_by_an_end_of_all_of_others(
        self, sessions: SessionService, scope: str
    ) -> None:
        login = sessions.begin_login("42")

        set_policy(sessions, Policy(), scope, end_earlier=True)

        sessions.start("42", client(), methods=["pwd"], organizations=["acme"], login=login)
        assert len(sessions.list("42")) == 1

    def test_an_end_of_all_is_told_as_the_time_before_which_sessions_have_ended(
        self, sessions: SessionService, clock: FixedClock
    ) -> None:
        set_policy(sessions, Policy(not_before=MONDAY - DAY), end_earlier=True)
        clock.advance(DAY)
        set_policy(sessions, Policy(lifetime=HOUR))

        standing = sessions.policies.standing("default").policy
        assert standing == Policy(lifetime=HOUR, not_before=MONDAY)

    @pytest.mark.parametrize("scope", SCOPES)
    def test_what_an_end_of_all_has_ended_stays_ended_also_if_it_began_by_a_clock_that_was_ahead(
        self, sessions: SessionService, clock: FixedClock, scope: str
    ) -> None:
        clock.advance(DAY)
        started = start_in(sessions, "acme")
        clock.advance(-DAY)
        set_policy(sessions, Policy(), scope, end_earlier=True)

        set_policy(sessions, Policy(idle_timeout=90 * DAY), scope)

        assert sessions.list("42") == []
        assert not is_live(sessions, started.token)

    def test_the_history_keeps_the_order_of_the_changes_and_what_the_clock_said(
        self, sessions: SessionService, clock: FixedClock
    ) -> None:
        sessions.policies.set("default", Policy(), by=ROOT, reason="first")
        clock.advance(-DAY)
        sessions.policies.set("default", LOCKS_OUT, by=ROOT, reason="second")

        second, first = sessions.policies.history("default")
        assert (first.reason, first.at) == ("first", MONDAY)
        assert (second.reason, second.at) == ("second", MONDAY - DAY)
        assert (second.before, second.after) == (first.after, LOCKS_OUT)

    @pytest.mark.parametrize(
        "policy",
        [
            Policy(idle_timeout=SECOND, lifetime=SECOND),
            Policy(settle_time=CENTURY, confirm_within=CENTURY, idle_timeout=CENTURY),
            Policy(max_sessions=1, when_full=WhenFull.REFUSE, not_before=MONDAY),
            Policy(not_before=ALWAYS),
            Policy(max_sessions=100_000, when_full=WhenFull.END_OLDEST),
        ],
    )
    def test_every_policy_that_there_can_be_is_kept_as_it_is(
        self, sessions: SessionService, policy: Policy
    ) -> None:
        set_policy(sessions, policy)

        version = sessions.policies.get("default")
        assert version is not None
        assert version.policy == policy

    @pytest.mark.parametrize(
        ("policy", "end_earlier", "ending"),
        [
            (Policy(idle_timeout=HOUR), False, {"unused"}),
            (Policy(lifetime=HOUR), False, {"unused", "used"}),
            (Policy(not_before=MONDAY + HOUR), False, {"unused", "used"}),
            (Policy(), True, {"unused", "used", "young"}),
        ],
    )
    def test_what_a_policy_would_end_is_found_among_all_sessions(
        self,
        sessions: SessionService,
        clock: FixedClock,
        policy: Policy,
        ending: set[str],
        *,
        end_earlier: bool,
    ) -> None:
        start(sessions, "unused")
        used = start(sessions, "used")
        clock.advance(HOUR)
        assert is_live(sessions, used.token)
        start(sessions, "young")
        sessions.flush_if_possible()

        effect = sessions.policies.dry_run("default", policy, end_earlier=end_earlier)
        with pytest.raises(EffectChangedError) as refused:
            sessions.policies.set(
                "default", policy, by=ROOT, reason="", end_earlier=end_earlier, expected_ends_now=0
            )
        set_policy(sessions, policy, end_earlier=end_earlier)

        left = {session.user_id for session in sessions.everybodys()}
        assert {"unused", "used", "young"} - left == ending
        for said in (effect, refused.value.effect):
            assert (said.ends_now, said.people) == (len(ending), len(ending))

    def test_others_can_log_in_while_the_effect_is_counted_once_more(
        self, open_store: Callable[[], Store], open_sessions: Open
    ) -> None:
        there = open_sessions()
        here = open_sessions(on=WhileScanning(open_store(), lambda: start(there)))

        here.policies.set("default", Policy(lifetime=DAY), by=ROOT, reason="", expected_ends_now=0)

        assert len(here.list("42")) == 1


class WhileScanning(Substitute):
    """A store in which something happens while all sessions are gone through."""

    def __init__(self, store: Store, meanwhile: Callable[[], object]) -> None:
        super().__init__(store)
        self._meanwhile = meanwhile

    @contextmanager
    def scanning(self) -> Iterator[Reads]:
        """One snapshot, with the other act before anything is read of it."""
        with self.store.scanning() as reads:
            self._meanwhile()
            yield reads
