"""What a policy says, in words: its limits, and how two policies differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from signedin.core.deadline import PolicyChange
from signedin.core.permission import Actor, ActorKind
from signedin.core.policy import DEFAULT_SCOPE, Policy, WhenFull, person_of
from signedin.web import times
from signedin.web.server import server
from signedin.web.times import Time
from signedin.web.views import marked as _
from signedin.web.visit import Visit

LABELS = {
    "lifetime": _("Longest session"),
    "idle_timeout": _("Unused for at most"),
    "max_sessions": _("Sessions per person, at most"),
    "settle_time": _("New sessions may end older ones after"),
    "confirm_within": _("To end others, the password is asked again after"),
    "not_before": _("Ended, if begun before"),
}
_WITHOUT = {  # where a limit is not set; of most: "no limit"
    "settle_time": _("at once"),
    "confirm_within": _("never"),
    "not_before": _("none"),
}

WHEN_FULL = {
    WhenFull.ASK: _("ask which to end"),
    WhenFull.END_OLDEST: _("end the one used longest ago"),
    WhenFull.REFUSE: _("refuse the login"),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a policy: its name, what it is called, and what it says."""

    name: str
    label: str
    value: str
    is_set: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One limit that a change altered."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of a policy, in the history."""

    at: Time
    by: str
    reason: str
    differences: Sequence[Difference]


def limits(visit: Visit, policy: Policy) -> list[Limit]:
    """Each limit that a policy can have."""
    say, locale = visit.say, visit.parts.renderer.locale

    def length(of: timedelta | None) -> str | None:
        return None if of is None else times.length(of, locale)

    most = None
    if policy.max_sessions is not None:
        when_full = say(WHEN_FULL[policy.when_full])
        most = say("%(most)s, then %(what)s", most=policy.max_sessions, what=when_full)
    set_to = {
        "lifetime": length(policy.lifetime),
        "idle_timeout": length(policy.idle_timeout),
        "max_sessions": most,
        "settle_time": length(policy.settle_time),
        "confirm_within": length(policy.confirm_within),
        "not_before": None if policy.not_before is None else times.full(policy.not_before, locale),
    }
    return [
        Limit(
            name,
            say(LABELS[name]),
            say(_WITHOUT.get(name, _("no limit"))) if value is None else value,
            is_set=value is not None,
        )
        for name, value in set_to.items()
    ]


def changed(visit: Visit, change: PolicyChange) -> Changed:
    """A change: when, by whom, why, and what it altered."""
    now, locale = visit.parts.sessions.clock.now(), visit.parts.renderer.locale
    before, after = limits(visit, change.before or Policy()), limits(visit, _told(change))
    return Changed(
        times.on_day(change.at, now, locale),
        who(visit, change.by),
        change.reason,
        [
            Difference(new.label, old.value, new.value)
            for old, new in zip(before, after, strict=True)
            if old.value != new.value
        ],
    )


def _told(change: PolicyChange) -> Policy:
    """What it was changed to, with the end of all that had begun before."""
    not_before = change.at if change.ended_earlier else change.after.not_before
    return replace(change.after, not_before=not_before)


def who(visit: Visit, actor: Actor) -> str:
    """Who acted: an administrator by name; people by what they are to the reader."""
    match actor.kind:
        case ActorKind.ADMIN:
            return actor.id or visit.say("An administrator")
        case ActorKind.USER:
            return visit.say("The person")
        case ActorKind.POLICY:
            return visit.say("A limit")
        case ActorKind.SYSTEM:
            return visit.say("The server")


def scope_name(visit: Visit, scope: str) -> str:
    """Whom a scope is for."""
    if scope == DEFAULT_SCOPE:
        return visit.say("Everybody")
    user_id = person_of(scope)
    if user_id is None:
        return scope.partition(":")[2]
    user = server(visit).accounts.get(user_id)
    return visit.say("A former account") if user is None else user.email
