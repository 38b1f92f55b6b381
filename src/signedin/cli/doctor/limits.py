"""Checks of what administrators allow: stored policies, and people above the cap."""

from __future__ import annotations

from datetime import datetime

from signedin.cli.doctor.verdict import Verdict, counted, ok, warn
from signedin.cli.settings import Settings
from signedin.core.policy import DEFAULT_POLICY, DEFAULT_SCOPE, Policy, oddities
from signedin.service.policy_reader import PolicyReader
from signedin.stores.sqlite.diagnosis import Diagnosis

_LOOKED_AT = 1000  # people with many sessions; more than these say nothing new


def policies(database: Diagnosis, settings: Settings) -> Verdict:
    """Whether the limits that hold are those that somebody may think hold."""
    stored = database.current_versions()
    default = next((v for v in stored if v.scope == DEFAULT_SCOPE), None)
    limits = settings.policy if default is None else default.policy
    odd = oddities(limits)
    if odd:
        return warn(odd[0].rstrip("."), "signedin policy show; then: signedin policy set")
    if default is not None and settings.policy not in (DEFAULT_POLICY, limits):
        return warn(
            "the settings `idle_timeout` and `lifetime` count no more: a policy is stored",
            "take them out of the settings; signedin policy show says what holds",
        )
    organizations = sum(version.scope.startswith("organization:") for version in stored)
    people = sum(version.scope.startswith("user:") for version in stored)
    everybodys = "the settings hold" if default is None else "a stored one holds for everybody"
    of = f"{counted(organizations, 'organization')} and {counted(people, 'account')}"
    return ok(f"{everybodys}; {of} with one of their own")


def caps(database: Diagnosis, settings: Policy, now: datetime) -> Verdict:
    """Whether somebody has more sessions than are allowed, since the cap was lowered later."""
    allowed = [v.policy.max_sessions for v in database.current_versions() if v.policy.max_sessions]
    if not allowed:
        return ok("no policy says how many sessions a person may have")
    reader, over = PolicyReader(database, settings, now), 0
    rows = database.rows("people_with_more_than", most=min(allowed), limit=_LOOKED_AT)
    for (user_id,) in rows:
        live = [
            session
            for session in database.live_of(user_id)
            if session.passed_limit(reader.of(session), now) is None
        ]
        organizations = {name for session in live for name in session.organizations}
        most = reader.now_for(user_id, organizations).max_sessions
        over += most is not None and len(live) > most
    if over:
        least = "at least " if len(rows) == _LOOKED_AT else ""
        return warn(
            f"{least}{counted(over, 'account')} with more sessions than the cap allows: it came "
            "after their log-ins",
            "nothing: their next log-in makes room, or is refused; to end some now: signedin "
            "sessions end --user EMAIL",
        )
    return ok("nobody has more sessions than the cap allows")
