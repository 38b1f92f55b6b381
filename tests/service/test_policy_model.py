"""What lists, history and checks say equals a slow model, whatever has happened.

Each step is followed by a comparison of all that is shown. The only process that is open
writes the uses it has noted before it looks, so that the lag of last used does not show.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.service.clock import Steadiness
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.policies import DAY, HOUR, MINUTE, OPERATOR, SECOND, TICK, change
from tests.service.slow_model import Life, SlowModel

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

SETTINGS = Policy(idle_timeout=2 * DAY, lifetime=5 * DAY)
PEOPLE = ("ada", "bob")
HISTORY = timedelta(days=30)

lengths = st.sampled_from([None, SECOND, 5 * MINUTE, HOUR, 5 * HOUR, DAY, 3 * DAY, 9 * DAY])
people = st.sampled_from(PEOPLE)
organizations = st.lists(st.sampled_from(["acme", "bee"]), unique=True)
whichever = st.integers(0, 5)
ages = st.sampled_from([None, None, None, timedelta(0), HOUR, 2 * DAY])
policies = st.builds(Policy, idle_timeout=lengths, lifetime=lengths, settle_time=lengths)
scopes = st.sampled_from(["default", "organization:acme", "organization:bee"])
own_policies = st.builds(Policy, idle_timeout=lengths)
flags = st.sampled_from([False, False, False, True])
starts = st.tuples(st.just("start"), people, organizations, lengths)
steps = st.one_of(
    starts,
    st.tuples(st.just("check"), whichever),
    st.tuples(st.just("advance"), st.sampled_from([TICK, SECOND, MINUTE, HOUR, DAY, 4 * DAY])),
    st.tuples(st.just("approach"), whichever, st.sampled_from([-TICK, timedelta(0), TICK])),
    st.tuples(st.just("set"), scopes, policies, ages, flags),
    st.tuples(st.just("waver"), scopes, policies, whichever),
    st.tuples(st.just("set"), people.map("user:{}".format), own_policies, ages, flags),
    st.tuples(st.just("join"), people, organizations),
    st.tuples(st.just("terminate"), whichever),
    st.tuples(st.just("reopen")),
)
upkeep = st.sampled_from([("sweep",), ("flush",)])


@pytest.fixture(autouse=True)
def sweeps_though_the_clock_leaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Steadiness, "is_steady", lambda self: True)


class World:
    """The real thing and the model, led through the same history."""

    def __init__(self, folder: str) -> None:
        self._database = Path(folder) / "sessions.db"
        self.clock = FixedClock()
        self.model = SlowModel(SETTINGS)
        self._tokens: dict[str, str] = {}
        self._sets = 0
        self.sessions = self._open()

    def _open(self) -> Sessions:
        return Sessions(f"sqlite:///{self._database}", clock=self.clock, policy=SETTINGS)

    def start(self, person: str, joined: list[str], own: timedelta | None) -> None:
        now = self.clock.now()
        ends_by = None if own is None else now + own
        started = self.sessions.start(
            person, client(), methods=["pwd"], organizations=joined, ends_by=ends_by
        )
        self._tokens[started.session.id] = started.token
        self.model.start(started.session.id, person, now, joined, ends_by)

    def check(self, which: int) -> None:
        life = self._life(which)
        if life is not None:
            self._check(life)

    def _check(self, life: Life) -> None:
        decision = self.sessions.check(self._tokens[life.id], client())
        assert decision.reason == self.model.check(life.id, self.clock.now())
        assert (decision.session is None) == (decision.reason is not None)

    def advance(self, length: timedelta) -> None:
        self.clock.advance(length)

    def approach(self, which: int, beside: timedelta) -> None:
        """Go to the instant at which a session ends, or a tick beside it."""
        life = self._life(which)
        if life is None or self.model.ended(life, self.clock.now()) is not None:
            return
        end = self.model.expires_at(life)
        if end is not None and end + beside > self.clock.now():
            self.clock.advance(end + beside - self.clock.now())

    def set(self, scope: str, policy: Policy, age: timedelta | None, end_earlier: bool) -> None:
        self._sets += 1
        now, reason = self.clock.now(), f"change {self._sets}"
        policy = Policy(
            idle_timeout=policy.idle_timeout,
            lifetime=policy.lifetime,
            settle_time=policy.settle_time,
            not_before=None if age is None else now - age,
        )
        change(self.sessions, policy, scope, reason, end_earlier=end_earlier)
        self.model.set(scope, policy, now, reason, end_earlier=end_earlier)

    def waver(self, scope: str, policy: Policy, which: int) -> None:
        """Set limits, let them end what is in their way, and take them back."""
        self.set(scope, policy, None, end_earlier=False)
        self.approach(which, timedelta(0))
        self.set(scope, Policy(), None, end_earlier=False)

    def join(self, person: str, joined: list[str]) -> None:
        """Be in these organizations and no other."""
        with self.sessions.work() as work:
            work.set_organizations(person, joined, OPERATOR)
        self.model.set_organizations(person, joined, self.clock.now())

    def terminate(self, which: int) -> None:
        life = self._life(which)
        if life is not None:
            self.sessions.terminate(life.id, user_id=None, by=OPERATOR)
            self.model.terminate(life.id, self.clock.now())

    def sweep(self) -> None:
        self.sessions.sweeper.sweep()

    def flush(self) -> None:
        self.sessions.flush_if_possible()

    def reopen(self) -> None:
        """Go on in another process."""
        self.sessions.close()
        self.sessions = self._open()

    def compare(self) -> None:
        now, model = self.clock.now(), self.model
        ends = {life.id: model.ended(life, now) for life in model.lives.values()}
        live = [life for life in model.lives.values() if ends[life.id] is None]
        shown = self.sessions.everybodys()
        assert {s.id: s.last_used_at for s in shown} == {life.id: life.last_use for life in live}
        outlooks = self.sessions.outlooks(shown)
        for life in live:
            outlook, expected = outlooks[life.id], model.alteration(life)
            assert outlook.expires_at == model.expires_at(life)
            altered = outlook.altered
            if altered is not None and altered.at < life.last_use:
                altered = None  # the row was updated by its use
            assert (altered is None) == (expected is None)
            if altered is not None and expected is not None:
                told = (altered.at, altered.previous, altered.now)
                assert told == (expected.at, expected.previous, expected.now)
                assert altered.change.reason in expected.reasons
        for person in PEOPLE:
            own = {life.id for life in live if life.person == person}
            assert {s.id for s in self.sessions.list(person)} == own
            history = {s.id: s.ended for s in self.sessions.history(person)}
            of_late = {
                session_id: end
                for session_id, end in ends.items()
                if end and model.lives[session_id].person == person and end.at > now - HISTORY
            }
            assert history.keys() == of_late.keys()
            for session_id, end in of_late.items():
                real = history[session_id]
                assert real is not None
                assert (real.at, real.reason) == (end.at, end.reason)
                assert real.note in end.notes
                by = OPERATOR if end.reason == "terminated" else Actor.policy()
                assert real.by == by

    def check_all(self) -> None:
        for life in self.model.lives.values():
            self._check(life)

    def _life(self, which: int) -> Life | None:
        lives = list(self.model.lives.values())
        return lives[which % len(lives)] if lives else None


def run(history: list[tuple[object, ...]]) -> None:
    with TemporaryDirectory() as folder:
        world = World(folder)
        try:
            for name, *arguments in history:
                getattr(world, str(name))(*arguments)
                world.compare()
            world.check_all()
            world.compare()
            for life in world.model.lives.values():
                event("ended: " + (life.final.reason if life.final else "not"))
        finally:
            world.sessions.close()


def histories(
    step: st.SearchStrategy[tuple[object, ...]],
) -> st.SearchStrategy[list[tuple[object, ...]]]:
    later = st.lists(step, min_size=5, max_size=20)
    return st.builds(lambda first, rest: [first, *rest], starts, later)


few = settings(
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
many = settings(few, max_examples=5000, derandomize=False)
unswept, swept = histories(steps), histories(st.one_of(steps, upkeep))


@few
@given(unswept)
def test_what_is_shown_equals_the_slow_model_though_no_sweep_ran(
    history: list[tuple[object, ...]],
) -> None:
    run(history)


@few
@given(swept)
def test_what_is_shown_equals_the_slow_model_with_sweeps_and_flushes_between(
    history: list[tuple[object, ...]],
) -> None:
    run(history)


@pytest.mark.soak
@many
@given(swept)
def test_the_same_in_5000_histories(history: list[tuple[object, ...]]) -> None:
    run(history)
