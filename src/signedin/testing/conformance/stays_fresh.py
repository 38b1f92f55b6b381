"""Memory is used only while it is provably fresh, and nothing stale is put there (I2, I3).

For stores whose memory may be trusted: one that is never fresh has nothing to show here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from signedin.core.policy import Policy
from signedin.core.session import EndedReason
from signedin.service.ports import Reads, Store
from signedin.service.sessions import SessionService
from signedin.testing.clock import FixedClock
from signedin.testing.conformance.base import (
    FIREFOX,
    HOUR,
    MINUTE,
    ROOT,
    SECOND,
    Open,
    StoreTests,
    Substitute,
    client,
    held,
    hold,
    is_live,
    reason,
    set_policy,
    start,
    terminate,
)


class Pausing(Substitute):
    """Lets something happen right after a row was read, before it is put into memory."""

    meanwhile: Callable[[], None] | None = None

    @contextmanager
    def looking_up(self) -> Iterator[Reads]:
        """One snapshot; the other act follows it, once."""
        with self.store.looking_up() as reads:
            yield reads
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()


class StaysFresh(StoreTests):
    """What several processes hold in memory."""

    @pytest.fixture
    def pausing(self, open_store: Callable[[], Store]) -> Pausing:
        return Pausing(open_store())

    @pytest.fixture
    def here(self, open_sessions: Open, pausing: Pausing) -> SessionService:
        """The process in which something may happen between reading and keeping."""
        return open_sessions(on=pausing, policy=Policy(idle_timeout=HOUR))

    @pytest.fixture
    def there(self, open_sessions: Open) -> SessionService:
        """Another one."""
        return open_sessions(policy=Policy(idle_timeout=HOUR))

    def test_a_session_that_was_checked_is_answered_from_memory(self, here: SessionService) -> None:
        started = start(here)
        hold(here, started.token)

        decision = held(here, started.token)

        assert decision is not None
        assert decision.session is not None
        assert decision.session.id == started.session.id

    def test_an_end_anywhere_leaves_the_others_live_and_in_memory_again(
        self, here: SessionService, there: SessionService
    ) -> None:
        ended, other = start(here), start(here, "43")
        hold(there, ended.token)
        hold(there, other.token)

        terminate(here, ended)

        assert held(there, ended.token) is None
        hold(there, other.token)
        assert reason(there, ended) == EndedReason.TERMINATED

    def test_a_writer_does_not_take_its_own_change_for_having_read_those_of_others(
        self, here: SessionService, there: SessionService
    ) -> None:
        other, another = start(here, "43"), start(here)
        hold(here, other.token)
        hold(here, another.token)
        terminate(there, other)

        terminate(here, another)

        assert held(here, other.token) is None
        assert not is_live(here, other.token)

    def test_what_a_session_is_called_elsewhere_it_is_called_here(
        self, here: SessionService, there: SessionService
    ) -> None:
        started = start(here)
        hold(there, started.token)

        here.rename(started.session.id, "Office", user_id="42", by=ROOT)

        decision = there.check(started.token, client())
        assert decision.session is not None
        assert decision.session.name == "Office"

    @pytest.mark.parametrize("scope", ["default", "organization:acme", "user:42"])
    def test_a_policy_that_was_set_elsewhere_holds_here(
        self, here: SessionService, there: SessionService, clock: FixedClock, scope: str
    ) -> None:
        started = here.start("42", client(), methods=["pwd"], organizations=["acme"])
        hold(there, started.token)
        clock.advance(SECOND)

        set_policy(here, Policy(idle_timeout=SECOND), scope)

        assert not is_live(there, started.token)

    def test_who_joins_an_organization_elsewhere_is_held_to_its_policy_here(
        self, here: SessionService, there: SessionService, clock: FixedClock
    ) -> None:
        set_policy(here, Policy(idle_timeout=MINUTE), "organization:acme")
        started = start(here)
        hold(there, started.token)

        with here.work() as work:
            work.set_organizations("42", ["acme"], ROOT)
        clock.advance(MINUTE)

        assert not is_live(there, started.token)

    def test_a_row_read_before_an_end_elsewhere_is_not_put_into_memory_after_it(
        self, here: SessionService, there: SessionService, pausing: Pausing
    ) -> None:
        hold(here, start(here, "43").token)
        started = start(there)

        def end_and_catch_up() -> None:
            terminate(there, started)
            pausing.store.catch_up()

        pausing.meanwhile = end_and_catch_up
        is_live(here, started.token)

        assert pausing.meanwhile is None
        assert held(here, started.token) is None
        assert not is_live(here, started.token)

    def test_a_row_read_before_our_own_end_is_not_put_into_memory_after_it(
        self, here: SessionService, pausing: Pausing
    ) -> None:
        hold(here, start(here, "43").token)
        started = start(here)
        pausing.meanwhile = lambda: terminate(here, started)

        is_live(here, started.token)

        assert pausing.meanwhile is None
        assert held(here, started.token) is None
        assert not is_live(here, started.token)

    def test_a_use_written_while_a_session_was_found_idle_keeps_it(
        self, here: SessionService, there: SessionService, pausing: Pausing, clock: FixedClock
    ) -> None:
        started = start(there)

        def use_it_in_time() -> None:
            clock.advance(-SECOND)
            assert is_live(there, started.token)
            there.flush_if_possible()
            clock.advance(SECOND)

        pausing.meanwhile = use_it_in_time
        clock.advance(HOUR)

        assert is_live(here, started.token)

    def test_what_is_not_committed_is_seen_by_nobody(
        self, here: SessionService, there: SessionService
    ) -> None:
        """Nor by the process whose transaction it is; and after a rollback it never was."""
        started, other = start(here), start(here, agent=FIREFOX)
        assert len(there.list("42")) == 2

        def begin_and_break_off() -> None:
            with here.work() as work:
                work.terminate(started.session.id, user_id="42", by=ROOT)
                inside = work.transaction.by_id(started.session.id)
                assert inside is not None
                assert inside.ended is not None
                assert [is_live(each, started.token) for each in (here, there)] == [True, True]
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            begin_and_break_off()

        for each in (here, there):
            assert {session.id for session in each.list("42")} == {
                started.session.id,
                other.session.id,
            }
            assert is_live(each, started.token)

    def test_nothing_that_was_held_outlives_the_closing_of_a_process(
        self, here: SessionService, there: SessionService
    ) -> None:
        started = start(here)
        hold(there, started.token)
        there.close()
        terminate(here, started)

        assert held(there, started.token) is None
        assert not is_live(there, started.token)
