"""The JSON API for administrators: policies, and what a change of one would do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from signedin.core import effect
from signedin.core.errors import EffectChangedError, InvalidPolicyError
from signedin.core.policy import LONGEST, Policy, WhenFull
from signedin.web.admin import bodies as admin
from signedin.web.admin import guard
from signedin.web.admin import told as admin_told
from signedin.web.admin.reason import required_reason
from signedin.web.admin.rows import still_live
from signedin.web.admin.scopes import any_scope, shared_scopes
from signedin.web.operations import Answer
from signedin.web.problems import EFFECT_CHANGED, INVALID_POLICY, Refused
from signedin.web.visit import Visit

_ROOT = "/api/v1/admin/policies"
_ONE = f"{_ROOT}/{{scope}}"
_NOW = "now"


def list_policies(visit: Visit) -> Answer[admin.PolicyList]:
    service, scopes = visit.parts.sessions.policies, shared_scopes(visit)
    policies = [admin_told.policy(scope, service.standing(scope)) for scope in scopes]
    return Answer(admin.PolicyList(policies))


def get_policy(visit: Visit) -> Answer[admin.Policy]:
    return _told(visit, any_scope(visit))


def set_policy(visit: Visit, body: admin.NewPolicy) -> Answer[admin.Policy]:
    scope, reason = any_scope(visit), required_reason(visit, body.reason)
    end_earlier = body.not_before == _NOW
    try:
        policy = _policy(body)
        visit.parts.sessions.policies.set(
            scope,
            policy,
            by=guard.administrator(visit),
            reason=reason,
            end_earlier=end_earlier,
            expected_ends_now=body.expected_ends_now,
        )
    except InvalidPolicyError as error:
        raise _invalid(error) from None
    except EffectChangedError as error:
        now = _effect(visit, scope, policy, error.effect, end_earlier=end_earlier)
        raise Refused(replace(EFFECT_CHANGED, detail=str(error), more=now)) from None
    return _told(visit, scope)


def check_policy(visit: Visit, body: admin.Limits) -> Answer[admin.Effect]:
    scope, end_earlier = any_scope(visit), body.not_before == _NOW
    try:
        policy = _policy(body)
        found = visit.parts.sessions.policies.dry_run(scope, policy, end_earlier=end_earlier)
    except InvalidPolicyError as error:
        raise _invalid(error) from None
    return Answer(_effect(visit, scope, policy, found, end_earlier=end_earlier))


def _told(visit: Visit, scope: str) -> Answer[admin.Policy]:
    return Answer(admin_told.policy(scope, visit.parts.sessions.policies.standing(scope)))


def _effect(
    visit: Visit, scope: str, policy: Policy, found: effect.Effect, *, end_earlier: bool
) -> admin.Effect:
    if found.ending:
        guard.note_view(visit, scope=scope)
    own = visit.session.id
    fate = visit.parts.sessions.policies.fate(scope, policy, own, end_earlier=end_earlier)
    return admin_told.effect(visit, found, fate, policy, still_live(visit, found.ending))


def _policy(body: admin.Limits) -> Policy:
    return Policy(
        idle_timeout=_length(body.idle_timeout_seconds),
        lifetime=_length(body.lifetime_seconds),
        max_sessions=body.max_sessions,
        when_full=body.when_full or WhenFull.ASK,
        not_before=_not_before(body.not_before),
        settle_time=_length(body.settle_seconds),
        confirm_within=_length(body.confirm_seconds),
    )


def _length(seconds: int | None) -> timedelta | None:
    if seconds is None:
        return None
    beyond = int(LONGEST.total_seconds()) + 1  # what is more could be more than Python can hold
    return timedelta(seconds=max(-beyond, min(seconds, beyond)))


def _not_before(text: str | None) -> datetime | None:
    if text is None or text == _NOW:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidPolicyError("not_before is neither a time nor now") from None


def _invalid(error: InvalidPolicyError) -> Refused:
    return Refused(replace(INVALID_POLICY, detail=str(error)))


OPERATIONS = (
    guard.operation(
        list_policies,
        method="GET",
        path=_ROOT,
        summary="List the policies",
        description="That of everybody, then those of the organizations by name.",
    ),
    guard.operation(
        get_policy,
        method="GET",
        path=_ONE,
        summary="Look at a policy",
    ),
    guard.operation(
        set_policy,
        acts=True,
        method="PUT",
        path=_ONE,
        summary="Save a policy",
        description="When this has answered, every process goes by it. Sessions past a new limit "
        "end at once, others end earlier; a looser policy revives none. Where more would end "
        "than `expected_ends_now` and a twentieth, nothing is changed and the answer says what "
        "would happen now.",
        refusals=(INVALID_POLICY, EFFECT_CHANGED),
    ),
    guard.operation(
        check_policy,
        method="POST",
        path=f"{_ONE}/dry-run",
        summary="See what a policy would do",
        description="Counts, and changes nothing: the same limits saved at this moment would end "
        "just these sessions. Looks at every live session.",
        refusals=(INVALID_POLICY,),
    ),
)
