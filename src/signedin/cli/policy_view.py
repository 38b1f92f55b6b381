"""How policies and effects are printed: in the words of the options, or those of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from signedin.cli.durations import NONE, format_duration
from signedin.cli.output import moment, print_json, print_table, say, timestamp
from signedin.cli.people import actor_data, actor_words
from signedin.core.errors import SessionNotFoundError
from signedin.core.policy import Policy, person_of, scopes_of, strictest

if TYPE_CHECKING:
    from signedin.cli.parts import Parts
    from signedin.core.deadline import PolicyChange
    from signedin.core.effect import Effect
    from signedin.core.standing import Standing
    from signedin.service.policies import Saved

FIELDS: Mapping[str, str] = {  # of a policy, and their names in the API
    "idle_timeout": "idle_timeout_seconds",
    "lifetime": "lifetime_seconds",
    "max_sessions": "max_sessions",
    "when_full": "when_full",
    "not_before": "not_before",
    "settle_time": "settle_seconds",
    "confirm_within": "confirm_seconds",
}


@dataclass(frozen=True, slots=True)
class _Effective:
    """What holds of one field, all scopes taken together, and where that is from."""

    value: Any
    scope: str | None  # None: no scope has a limit
    source: str | None


def print_policy(parts: Parts, scope: str, *, history: bool) -> None:
    """Print one scope's policy for people."""
    shown = parts.sessions.policies.standing(scope)
    say(f"{_named(parts, scope)}: {_origin(shown)}")
    own = shown.policy or Policy()
    heads = ("SETTING", "VALUE", "IN EFFECT", "FROM")
    rows = [
        (_option(field), _words(getattr(own, field)), _words(held.value), _from(parts, held))
        for field, held in _effective(parts, scope).items()
    ]
    print_table(heads, rows)
    if history and shown.history:
        print_table(
            ("CHANGED", "BY", "WHAT", "REASON"),
            [(moment(c.at), actor_words(c.by), change_words(c), c.reason) for c in shown.history],
        )


def policy_data(parts: Parts, scope: str, *, history: bool) -> dict[str, Any]:
    """One scope's policy as JSON."""
    shown = parts.sessions.policies.standing(scope)
    newest = shown.newest
    data: dict[str, Any] = {
        "scope": scope,
        "policy": None if shown.policy is None else _values(shown.policy),
        "source": shown.source,
        "changed_at": None if newest is None else timestamp(newest.at),
        "by": None if newest is None else actor_data(newest.by),
        "reason": None if newest is None else newest.reason,
        "effective": {
            FIELDS[field]: {"value": _value(h.value), "scope": h.scope, "source": h.source}
            for field, h in _effective(parts, scope).items()
        },
    }
    if history:
        data["history"] = [_change_data(change) for change in shown.history]
    return data


def print_saved(saved: Saved, parts: Parts, *, as_json: bool) -> None:
    """Print a change that holds."""
    change = saved.change
    if as_json:
        print_json(_change_data(change))
        return
    since = saved.receipt.effective_at.strftime("%H:%M:%S UTC")
    say(f"{_named(parts, change.scope)}: {change_words(change)}.")
    say(f"Every server goes by it since {since}.")


def print_effect(effect: Effect, parts: Parts, *, as_json: bool) -> None:
    """Print what a change would do, and to which sessions."""
    people = {user.id: user.email for user in parts.accounts.list()}
    which = [(i, "ends at once") for i in effect.ending]
    which += [(i, "ends earlier") for i in effect.shortening]
    sessions = []
    for session_id, fate in which:
        try:
            sessions.append((parts.sessions.find(session_id), fate))
        except SessionNotFoundError:
            continue  # deleted since it was looked at
    if as_json:
        print_json(
            {
                "checked_at": timestamp(effect.checked_at),
                "ends_now": effect.ends_now,
                "people": effect.people,
                "shortened": effect.shortened,
                "people_shortened": effect.people_shortened,
                "sessions": [
                    {
                        "id": session.id,
                        "user_id": session.user_id,
                        "user": people.get(session.user_id or ""),
                        "effect": fate.replace(" ", "_"),
                    }
                    for session, fate in sessions
                ],
            }
        )
        return
    say(
        f"{_sessions(effect.ends_now, effect.people)} at once, "
        f"{_sessions(effect.shortened, effect.people_shortened)} earlier."
    )
    if sessions:
        rows = [
            (
                session.id,
                people.get(session.user_id or "", session.user_id or "(visitor)"),
                session.name or parts.sessions.describe(session).label,
                moment(session.last_used_at),
                fate,
            )
            for session, fate in sessions
        ]
        print_table(("ID", "USER", "DEVICE", "LAST USED", "EFFECT"), rows)
    unnamed = effect.ends_now + effect.shortened - len(which)
    if unnamed:
        say(f"And {unnamed:,} more.")
    instead = f"--expect {effect.ends_now} instead of --dry-run"
    say(f"Nothing was changed. To change it: the same with {instead}.")


def change_words(change: PolicyChange) -> str:
    """What a change altered, in the words of the options."""
    before = change.before or Policy()
    altered = [
        f"{_option(f)} {_words(getattr(before, f))} -> {_words(getattr(change.after, f))}"
        for f in FIELDS
        if getattr(before, f) != getattr(change.after, f)
    ]
    if change.ended_earlier:
        altered.append("ended what began before")
    return ", ".join(altered) or "as it was"


def _effective(parts: Parts, scope: str) -> dict[str, _Effective]:
    """What holds for those whom a scope is about, by field."""
    user_id = person_of(scope)
    if user_id is not None:
        scopes = scopes_of(user_id, parts.organizations.of(user_id))
    else:
        scopes = list(dict.fromkeys(["default", scope]))
    found = {name: parts.sessions.policies.standing(name) for name in scopes}
    held = {name: shown.policy for name, shown in found.items() if shown.policy is not None}
    together = strictest(*held.values())

    def origin(field: str) -> _Effective:
        value = getattr(together, field)
        decisive = ("max_sessions", "when_full") if field == "when_full" else (field,)
        values = [getattr(together, name) for name in decisive]
        if values[0] is None:
            return _Effective(value, None, None)
        of = next(n for n, p in held.items() if [getattr(p, f) for f in decisive] == values)
        return _Effective(value, of, found[of].source)

    return {field: origin(field) for field in FIELDS}


def _from(parts: Parts, held: _Effective) -> str:
    if held.scope is None:
        return ""
    return "the settings" if held.source == "settings" else _named(parts, held.scope)


def _origin(shown: Standing) -> str:
    if shown.source == "settings":
        return "from the settings"
    if shown.source == "none":
        return "has no policy of its own"
    newest = shown.history[0]
    why = f": {newest.reason}" if newest.reason else ""
    return f"stored {moment(newest.at)} by {actor_words(newest.by)}{why}"


def _named(parts: Parts, scope: str) -> str:
    """A scope for people, who know a person by the address."""
    user_id = person_of(scope)
    user = None if user_id is None else parts.accounts.get(user_id)
    return scope if user is None else f"user:{user.email}"


def _sessions(number: int, people: int) -> str:
    sessions = "1 session" if number == 1 else f"{number:,} sessions"
    persons = "1 person" if people == 1 else f"{people:,} people"
    return f"{sessions} of {persons} {'ends' if number == 1 else 'end'}"


def _option(field: str) -> str:
    return field.replace("_", "-")


def _words(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, timedelta):
        return format_duration(value)
    return moment(value) if isinstance(value, datetime) else str(value)


def _value(value: Any) -> Any:
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    return timestamp(value) if isinstance(value, datetime) else value


def _values(policy: Policy) -> dict[str, Any]:
    return {name: _value(getattr(policy, field)) for field, name in FIELDS.items()}


def _change_data(change: PolicyChange) -> dict[str, Any]:
    return {
        "scope": change.scope,
        "changed_at": timestamp(change.at),
        "by": actor_data(change.by),
        "reason": change.reason,
        "before": None if change.before is None else _values(change.before),
        "after": _values(change.after),
        "ended_earlier": change.ended_earlier,
    }
