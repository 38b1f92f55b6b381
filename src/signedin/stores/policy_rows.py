"""Policies as rows and rows as policies. Lengths and times in rows are microseconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from signedin.core.deadline import PolicyChange, Version
from signedin.core.permission import Actor, ActorKind
from signedin.core.policy import Policy, WhenFull
from signedin.stores.rows import to_json, to_number, to_time

_MICROSECOND = timedelta(microseconds=1)
_LENGTHS = ("idle_timeout", "lifetime", "settle_time", "confirm_within")


def policy_text(policy: Policy) -> str:
    """A policy as it stands in a row: what is no limit is left out."""
    values: dict[str, Any] = {
        name: length // _MICROSECOND for name in _LENGTHS if (length := getattr(policy, name))
    }
    if policy.max_sessions is not None:
        values["max_sessions"] = policy.max_sessions
    values["when_full"] = policy.when_full.value
    if policy.not_before is not None:
        values["not_before"] = to_number(policy.not_before)
    return to_json(values)


def policy_from(text: str) -> Policy:
    """A row's text as a policy."""
    values = json.loads(text)
    not_before = values.get("not_before")
    return Policy(
        **{name: values[name] * _MICROSECOND for name in _LENGTHS if name in values},
        max_sessions=values.get("max_sessions"),
        when_full=WhenFull(values["when_full"]),
        not_before=None if not_before is None else to_time(not_before),
    )


def versions_from(rows: Sequence[Sequence[Any]]) -> list[Version]:
    """The versions of a scope's policy, the oldest first."""
    return [_version(tuple(row)) for row in rows]


def insert_values(change: PolicyChange, *, generation: int) -> dict[str, Any]:
    """The values of a new row."""
    return {
        "scope": change.scope,
        "at": to_number(change.at),
        "before": None if change.before is None else policy_text(change.before),
        "after": policy_text(change.after),
        "generation": generation,
        "actor_kind": change.by.kind.value,
        "actor_id": change.by.id,
        "reason": change.reason,
    }


@lru_cache(1024)
def _version(row: tuple[Any, ...]) -> Version:
    """Remembered: each look-up needs all that a session has seen, and they never change."""
    scope, changed_at, replaced_at, before, after, generation, kind, actor_id, reason = row
    at, policy = to_time(changed_at), policy_from(after)
    change = PolicyChange(
        scope,
        at,
        Actor(ActorKind(kind), actor_id),
        reason,
        None if before is None else policy_from(before),
        policy,
    )
    until = None if replaced_at is None else to_time(replaced_at)
    return Version(policy, scope, at, until, generation, change)
