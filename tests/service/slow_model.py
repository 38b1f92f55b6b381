"""When sessions end, worked out slowly: the whole history is replayed at every question.

Independent of ``signedin.core.deadline``: it goes forward through time, from one event to the
next, and asks at each instant what the policies in force then say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from signedin.core.policy import Policy

_NAMED_FIRST = ("lifetime", "policy", "idle")  # of those that fall on one instant


@dataclass(frozen=True)
class Change:
    """A policy that was set: when, as the how-manieth event, and whether it ended all earlier."""

    number: int
    at: datetime
    scope: str
    policy: Policy
    reason: str
    end_earlier: bool


@dataclass(frozen=True)
class Ended:
    """An end; ``notes`` are the reasons that may be told for it."""

    at: datetime
    reason: str
    notes: frozenset[str | None]


@dataclass(frozen=True)
class Alteration:
    """Changes of one instant that moved a deadline, and from where to where."""

    at: datetime
    reasons: frozenset[str]
    previous: datetime | None
    now: datetime | None


@dataclass
class Life:
    """All that is known of one session."""

    number: int
    id: str
    person: str
    began: datetime
    ends_by: datetime | None
    joined: dict[str, tuple[int, datetime]]
    uses: list[tuple[int, datetime]]
    final: Ended | None = None  # written down, so that nothing can alter it

    @property
    def last_use(self) -> datetime:
        return self.uses[-1][1]


@dataclass
class SlowModel:
    """The history of an installation; it is told in the order in which things happen."""

    settings: Policy
    lives: dict[str, Life] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    _events: int = 0

    def start(
        self,
        session_id: str,
        person: str,
        at: datetime,
        organizations: Iterable[str],
        ends_by: datetime | None,
    ) -> None:
        number = self._next()
        joined = {name: (number, at) for name in organizations}
        life = Life(number, session_id, person, at, ends_by, joined, [(number, at)])
        self.lives[session_id] = life

    def set(
        self, scope: str, policy: Policy, at: datetime, reason: str, *, end_earlier: bool
    ) -> None:
        self.changes.append(Change(self._next(), at, scope, policy, reason, end_earlier))

    def check(self, session_id: str, at: datetime) -> str | None:
        """Use a session; why it is refused, if it is, and from then on is."""
        life = self.lives[session_id]
        self._write_down(life, at)
        if life.final is not None:
            return life.final.reason
        life.uses.append((self._next(), at))
        return None

    def terminate(self, session_id: str, at: datetime) -> None:
        life = self.lives[session_id]
        self._write_down(life, at)
        if life.final is None:
            life.final = Ended(at, "terminated", frozenset({None}))

    def set_organizations(self, person: str, organizations: Iterable[str], at: datetime) -> None:
        number = self._next()
        for life in self.lives.values():
            if life.person != person:
                continue
            self._write_down(life, at)
            if life.final is None:
                before = life.joined
                life.joined = {name: before.get(name, (number, at)) for name in organizations}
                self._write_down(life, at)

    def ended(self, life: Life, now: datetime) -> Ended | None:
        """How a session has ended by ``now``, if it has."""
        return life.final or self._replay(life, now)

    def expires_at(self, life: Life) -> datetime | None:
        """When a live session ends if nothing happens any more."""
        return min((at for at, _ in _limits(life, self._in_force(life))), default=None)

    def alteration(self, life: Life) -> Alteration | None:
        """The latest instant since the last use whose changes moved a live session's deadline."""
        for at in sorted({moment for _, moment in self._moments(life)}, reverse=True):
            if at <= life.began or at < life.last_use:
                return None
            earlier = max((n for n, moment in self._moments(life) if moment < at), default=0)
            later = max(n for n, moment in self._moments(life) if moment <= at)
            before = self._in_force(life, max(earlier, life.number))
            after = self._in_force(life, later)
            previous, now = _earliest(life, before), _earliest(life, after)
            if previous != now:
                return Alteration(at, self._reasons(life, at), previous, now)
        return None

    def _next(self) -> int:
        self._events += 1
        return self._events

    def _write_down(self, life: Life, at: datetime) -> None:
        life.final = self.ended(life, at)

    def _moments(self, life: Life) -> list[tuple[int, datetime]]:
        """The events that may bring other policies into force for a session, in their order."""
        found = {change.number: change.at for change in self.changes if change.number > life.number}
        found |= dict(life.joined.values())
        return sorted(found.items())

    def _replay(self, life: Life, now: datetime) -> Ended | None:
        """Go through all that happened; the first instant at which a limit is passed counts."""
        moments = dict(self._moments(life)) | dict(life.uses)
        numbers = sorted(moments)
        passed: list[tuple[datetime, str]] = []
        for position, number in enumerate(numbers):
            is_last = position + 1 == len(numbers)
            here, until = moments[number], now if is_last else moments[numbers[position + 1]]
            if passed and passed[0][0] < here:
                break
            past = Life(**{**vars(life), "uses": [u for u in life.uses if u[0] <= number]})
            in_force = self._in_force(past, number)
            for at, limit in _limits(past, in_force):
                if at < here:
                    passed.append((here, "policy"))
                elif at <= until:
                    passed.append((at, limit))
            if self._is_excluded(past, in_force, number):
                passed.append((here, "policy"))
            passed.sort(key=lambda end: (end[0], _NAMED_FIRST.index(end[1])))
        if not passed or passed[0][0] > now:
            return None
        at, reason = passed[0]
        notes = self._reasons(life, at) if reason == "policy" else {None}
        return Ended(at, reason, frozenset(notes))

    def _in_force(self, life: Life, number: int | None = None) -> Mapping[str, Policy]:
        """The policies that held for a session just after an event, by scope."""
        number = self._events if number is None else number
        held = {"default": self.settings}
        joined = [name for name, (since, _) in life.joined.items() if since <= number]
        scopes = {"default", f"user:{life.person}", *(f"organization:{n}" for n in joined)}
        for change in self.changes:
            if change.number <= number and change.scope in scopes:
                held[change.scope] = change.policy
        return held

    def _is_excluded(self, life: Life, in_force: Mapping[str, Policy], number: int) -> bool:
        """Whether what a scope in force says of earlier sessions is about this one."""
        times = [p.not_before for p in in_force.values() if p.not_before is not None]
        return any(life.began < time for time in times) or any(
            change.end_earlier and change.scope in in_force and life.number < change.number
            for change in self.changes
            if change.number <= number
        )

    def _reasons(self, life: Life, at: datetime) -> frozenset[str]:
        """Of the changes that came into force at an instant."""
        found = {c.reason for c in self.changes if c.at == at}
        for name, (_, joined) in life.joined.items():
            of_it = [c for c in self.changes if c.scope == f"organization:{name}" and c.at <= at]
            if joined == at and of_it:
                found.add(of_it[-1].reason)
        return frozenset(found)


def _limits(life: Life, in_force: Mapping[str, Policy]) -> list[tuple[datetime, str]]:
    found = [] if life.ends_by is None else [(life.ends_by, "lifetime")]
    for policy in in_force.values():
        if policy.lifetime is not None:
            found.append((life.began + policy.lifetime, "lifetime"))
        if policy.idle_timeout is not None:
            found.append((life.last_use + policy.idle_timeout, "idle"))
    return found


def _earliest(life: Life, in_force: Mapping[str, Policy]) -> datetime | None:
    return min((at for at, _ in _limits(life, in_force)), default=None)
