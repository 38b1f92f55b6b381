"""A person's organizations: since when their policies hold for a session, and until when."""

from __future__ import annotations

from signedin.core.policy import Policy
from signedin.core.session import EndedReason
from signedin.service.sessions import SessionService
from signedin.testing.clock import MONDAY, FixedClock
from signedin.testing.conformance.base import (
    DAY,
    HOUR,
    MINUTE,
    ROOT,
    Open,
    StoreTests,
    is_live,
    set_policy,
    start,
)

ACME = "organization:Acme Ltd"


class KeepsOrganizations(StoreTests):
    """Who joins and leaves is held to what holds there, in every process."""

    def test_what_is_past_the_limits_of_a_new_organization_ends_at_once_everywhere(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        here, there = open_sessions(), open_sessions()
        set_policy(here, Policy(lifetime=HOUR), ACME)
        old, others = start(here), start(here, "43")
        clock.advance(2 * HOUR)
        young = start(here)
        for started in (old, young, others):
            assert is_live(there, started.token)

        join(here, "Acme Ltd")

        assert [is_live(there, started.token) for started in (old, young, others)] == [
            False,
            True,
            True,
        ]
        (ended,) = there.history("42")
        assert ended.ended is not None
        assert (ended.ended.at, ended.ended.reason) == (clock.now(), EndedReason.POLICY)

    def test_since_when_is_kept_by_organization_whatever_it_is_called(
        self, sessions: SessionService, clock: FixedClock
    ) -> None:
        names = {'"Quoted" \\ name', "Büro 机", "it's"}
        started = start(sessions)
        join(sessions, *names)
        clock.advance(MINUTE)

        join(sessions, *names, "late")

        expected = dict.fromkeys(names, MONDAY) | {"late": MONDAY + MINUTE}
        assert sessions.find(started.session.id).organizations == expected
        assert sessions.list("42")[0].organizations == expected

    def test_leaving_revives_nothing_even_if_nobody_has_looked(
        self, sessions: SessionService, clock: FixedClock
    ) -> None:
        set_policy(sessions, Policy(idle_timeout=HOUR), ACME)
        old = start(sessions)
        join(sessions, "Acme Ltd")
        clock.advance(2 * HOUR)

        join(sessions)

        assert not is_live(sessions, old.token)
        (ended,) = sessions.history("42")
        assert ended.ended is not None
        assert (ended.ended.reason, ended.ended.at) == (EndedReason.IDLE, MONDAY + HOUR)

    def test_who_has_left_is_held_to_its_policy_no_more(
        self, open_sessions: Open, clock: FixedClock
    ) -> None:
        here, there = open_sessions(), open_sessions()
        set_policy(here, Policy(idle_timeout=HOUR), ACME)
        started = start(here)
        join(here, "Acme Ltd")
        assert is_live(there, started.token)

        join(here)

        clock.advance(13 * DAY)
        assert is_live(there, started.token)
        assert here.list("42")[0].organizations == {}


def join(sessions: SessionService, *organizations: str) -> None:
    """From now on the person is in these organizations, and in no other."""
    with sessions.work() as work:
        work.set_organizations("42", organizations, ROOT)
