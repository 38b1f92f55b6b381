"""What "Check effect" says is what then happens."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from signedin.core.deadline import Outlook
from signedin.core.errors import EffectChangedError
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import Session
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.databases import Open

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

ROOT = Actor.admin("root")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = ("ada", "bob", "eve")
ORGANIZATIONS = ("acme", "bee")
CASES = 25  # of one history
SCOPES = ("default", "organization:acme", "organization:bee", "user:ada")


class World:
    """A few people whose sessions begin, are used and grow old; everything from one seed."""

    def __init__(self, sessions: Sessions, clock: FixedClock, seed: int) -> None:
        self.sessions = sessions
        self._clock = clock
        self._chance = random.Random(seed)
        self._tokens: list[str] = []

    def live_on(self) -> None:
        """Some hours in which people log in, come back, or don't."""
        for _ in range(self._chance.randint(1, 5)):
            if self._chance.random() < 0.8:
                self._log_in()
            if self._tokens:
                self.sessions.check(self._chance.choice(self._tokens), client())
            self._clock.advance(self._chance.random() * 30 * HOUR)

    def _log_in(self) -> None:
        joined = [name for name in ORGANIZATIONS if self._chance.random() < 0.4]
        ends_by = self._clock.now() + 3 * DAY if self._chance.random() < 0.2 else None
        person = self._chance.choice(PEOPLE)
        started = self.sessions.start(
            person, client(), methods=["pwd"], organizations=joined, ends_by=ends_by
        )
        self._tokens.append(started.token)

    def draw(self) -> tuple[str, Policy, bool]:
        """A change of policy: its scope, what it is to be, and whether it ends what is earlier."""
        scope, length = self._chance.choice(SCOPES), self._length
        earlier = self._clock.now() - self._chance.random() * 5 * DAY
        not_before = earlier if self._chance.random() < 0.2 else None
        if scope.startswith("user:"):
            policy = Policy(idle_timeout=length(), not_before=not_before)
        else:
            policy = Policy(idle_timeout=length(), lifetime=length(), not_before=not_before)
        return scope, policy, self._chance.random() < 0.1

    def _length(self) -> timedelta | None:
        return None if self._chance.random() < 0.3 else self._chance.randint(1, 200) * HOUR

    def look(self) -> tuple[Mapping[str, Session], Mapping[str, Outlook]]:
        live = {session.id: session for session in self.sessions.everybodys()}
        return live, self.sessions.outlooks(list(live.values()))


def compare(world: World) -> tuple[int, int]:
    """Check an effect, make the change, and compare; how many ended and how many were shortened."""
    world.live_on()
    scope, policy, end_earlier = world.draw()
    live, before = world.look()
    said = world.sessions.policies.dry_run(scope, policy, end_earlier=end_earlier)

    world.sessions.policies.set(
        scope,
        policy,
        by=ROOT,
        reason="",
        end_earlier=end_earlier,
        expected_ends_now=said.ends_now,
    )

    left, after = world.look()
    ended = live.keys() - left.keys()
    shortened = {i for i in left if is_earlier(after[i].expires_at, before[i].expires_at)}
    assert (said.ends_now, set(said.ending)) == (len(ended), ended)
    assert (said.shortened, set(said.shortening)) == (len(shortened), shortened)
    assert said.people == len({live[session_id].user_id for session_id in ended})
    assert said.people_shortened == len({live[session_id].user_id for session_id in shortened})
    return len(ended), len(shortened)


def is_earlier(end: datetime | None, than: datetime | None) -> bool:
    return end is not None and (than is None or end < than)


def run(open_sessions: Open, clock: FixedClock, seed: int) -> None:
    sessions = open_sessions(policy=Policy(idle_timeout=14 * DAY, lifetime=30 * DAY))
    world, ended, shortened = World(sessions, clock, seed), 0, 0
    for _ in range(CASES):
        some, others = compare(world)
        ended, shortened = ended + some, shortened + others
    assert ended or shortened


@pytest.mark.parametrize("seed", range(8))
def test_the_numbers_are_those_of_the_real_effect_in_200_cases(
    open_sessions: Open, clock: FixedClock, seed: int
) -> None:
    run(open_sessions, clock, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(8, 208))
def test_the_same_in_5000_cases(open_sessions: Open, clock: FixedClock, seed: int) -> None:
    run(open_sessions, clock, seed)


def test_more_than_a_twentieth_more_is_refused_and_changes_nothing(
    sessions: Sessions, clock: FixedClock
) -> None:
    for number in range(22):
        sessions.start(str(number), client(), methods=["pwd"])
    clock.advance(2 * HOUR)
    strict = Policy(lifetime=HOUR)

    with pytest.raises(EffectChangedError) as refused:
        sessions.policies.set("default", strict, by=ROOT, reason="", expected_ends_now=20)

    assert refused.value.effect.ends_now == 22
    assert len(sessions.everybodys()) == 22
    sessions.policies.set("default", strict, by=ROOT, reason="", expected_ends_now=21)
    assert sessions.everybodys() == []
