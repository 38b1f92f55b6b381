"""Policies: what holds for whom, what a change would do, and the change itself."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from signedin.core.effect import Effect
from signedin.core.errors import EffectChangedError, InvalidPolicyError
from signedin.core.policy import PRESETS, Policy, oddities
from signedin.core.standing import Standing
from signedin.web import times
from signedin.web.admin import guard, policy_words
from signedin.web.admin.bodies import REASON_LENGTH
from signedin.web.admin.notice import banner, go_on
from signedin.web.admin.policy_form import LENGTHS, UNITS, FieldError, Filled
from signedin.web.admin.policy_words import Limit, limits, scope_name
from signedin.web.admin.reason import NoReasonError, reason_of
from signedin.web.admin.rows import AdminRow, live_rows, still_live
from signedin.web.admin.scopes import shared_scope, shared_scopes
from signedin.web.notices import Notice
from signedin.web.times import Time
from signedin.web.views import marked as _
from signedin.web.visit import Visit

HOME = "/admin/policies"
TYPED_ABOVE = 20  # sessions that end at once without the number being typed
_BASE = "base"  # the field that says which policy the form was drawn from


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope in the list: whom it is for, what it allows, and where that comes from."""

    name: str
    address: str
    limits: list[Limit]
    since: Time | None  # None: nothing was ever saved for it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What saving would do, as the page shows it."""

    effect: Effect
    checked_at: Time
    own: str
    oddities: list[str]
    rows: list[AdminRow]
    seal: str


def list_page(visit: Visit) -> Response:
    service = visit.parts.sessions.policies
    return visit.page(
        "admin/policies.html",
        scopes=[_scope(visit, scope, service.standing(scope)) for scope in shared_scopes(visit)],
    )


def policy_page(visit: Visit) -> Response:
    scope = shared_scope(visit)
    preset = PRESETS.get(visit.request.query_params.get("preset", ""))
    return _draw(visit, scope, Filled.with_policy(preset or _current(visit, scope)))


def check_or_save(visit: Visit) -> Response:
    """Save what was checked just so; anything else is checked, and shown.

    Not over what was saved since the form was drawn: who filled it in has not seen that.
    """
    scope, filled = shared_scope(visit), Filled.by_person(visit.form)
    if visit.form.get(_BASE) not in (None, _base(visit.parts.sessions.policies.standing(scope))):
        text = _("This policy was changed after you opened this page. Compare with what holds now.")
        return _draw(visit, scope, filled, code=409, error=text)
    try:
        policy, seal = filled.policy(), filled.seal()
        if visit.form.get("act") != "save" or visit.form.get("checked") != seal:
            return _draw_checked(visit, scope, filled)
        return _save(visit, scope, filled, policy)
    except FieldError as error:
        return _draw(visit, scope, filled, code=422, error=str(error), wrong=error.field)
    except InvalidPolicyError as error:
        return _draw(visit, scope, filled, code=422, error=str(error))


def address(scope: str) -> str:
    """Where a scope's policy is."""
    return f"{HOME}/{quote(scope)}"


def _save(visit: Visit, scope: str, filled: Filled, policy: Policy) -> Response:
    try:
        reason = reason_of(visit.form.get("reason", ""))
    except NoReasonError as error:
        return _draw_checked(visit, scope, filled, code=422, error=str(error))
    number = visit.number("expected")
    if number > TYPED_ABOVE and visit.form.get("typed", "").strip() != str(number):
        text = visit.say("Type the number of sessions to confirm. Nothing was changed.")
        return _draw_checked(visit, scope, filled, code=422, error=text)
    try:
        saved = visit.parts.sessions.policies.set(
            scope,
            policy,
            by=guard.administrator(visit),
            reason=reason,
            end_earlier=filled.end_earlier,
            expected_ends_now=number,
        )
    except EffectChangedError:
        text = visit.say("The numbers changed since you checked. Look again before saving.")
        return _draw_checked(visit, scope, filled, code=409, error=text)
    effective_at = saved.receipt.effective_at.timestamp()
    return go_on(visit, address(scope), Notice("policy-saved", effective_at=effective_at))


def _draw_checked(
    visit: Visit, scope: str, filled: Filled, *, code: int = 200, error: str | None = None
) -> Response:
    """The form, with what it would do now."""
    service, policy = visit.parts.sessions, filled.policy()
    effect = service.policies.dry_run(scope, policy, end_earlier=filled.end_earlier)
    if effect.ending:
        guard.note_view(visit, scope=scope)
    locale = visit.parts.renderer.locale
    outcome = Outcome(
        effect,
        times.exactly(effect.checked_at, locale),
        _own_fate(visit, scope, policy, end_earlier=filled.end_earlier),
        [visit.say(sentence) for sentence in oddities(policy)],
        live_rows(visit, still_live(visit, effect.ending), named=True),
        filled.seal(),
    )
    return _draw(visit, scope, filled, code=code, outcome=outcome, refused=error)


def _draw(
    visit: Visit,
    scope: str,
    filled: Filled,
    *,
    code: int = 200,
    error: str | None = None,
    wrong: str = "",
    outcome: Outcome | None = None,
    refused: str | None = None,
) -> Response:
    standing = visit.parts.sessions.policies.standing(scope)
    return visit.page(
        "admin/policy.html",
        code,
        scope=_scope(visit, scope, standing),
        filled=filled,
        base=(_BASE, _base(standing)),
        lengths=LENGTHS,
        units=[(name, visit.say(word)) for name, (word, __) in UNITS.items()],
        current={limit.name: limit for limit in limits(visit, standing.policy or Policy())},
        when_full=[(w.value, visit.say(text)) for w, text in policy_words.WHEN_FULL.items()],
        presets=PRESETS,
        history=[policy_words.changed(visit, change) for change in standing.history],
        notice=banner(visit),
        error=None if error is None else visit.say(error),
        wrong=wrong,
        outcome=outcome,
        refused=refused,
        must_type=outcome is not None and outcome.effect.ends_now > TYPED_ABOVE,
        reason=visit.form.get("reason", ""),
        longest=REASON_LENGTH,
    )


def _base(standing: Standing) -> str:
    """What a form was filled in from: the change that made it hold."""
    return "" if standing.newest is None else standing.newest.at.isoformat()


def _scope(visit: Visit, scope: str, standing: Standing) -> Scope:
    now, locale = visit.parts.sessions.clock.now(), visit.parts.renderer.locale
    policy, change = standing.policy or Policy(), standing.newest
    return Scope(
        name=scope_name(visit, scope),
        address=visit.url(address(scope)),
        limits=[limit for limit in limits(visit, policy) if limit.is_set],
        since=None if change is None else times.on_day(change.at, now, locale),
    )


def _current(visit: Visit, scope: str) -> Policy:
    version = visit.parts.sessions.policies.get(scope)
    return Policy() if version is None else version.policy


def _own_fate(visit: Visit, scope: str, policy: Policy, *, end_earlier: bool) -> str:
    """What the change does to the session that makes it."""
    service, say, locale = visit.parts.sessions, visit.say, visit.parts.renderer.locale
    fate = service.policies.fate(scope, policy, visit.session.id, end_earlier=end_earlier)
    if fate.ends_now:
        return say("You: your own session ends at once, and you will be logged out.")
    if fate.after is None:
        return say("You: your own session stays.")
    after = times.full(fate.after, locale)
    if fate.before == fate.after or fate.before is None:
        return say("You: your own session stays (ends %(after)s).", after=after)
    before = times.full(fate.before, locale)
    return say(
        "You: your own session stays (ends %(after)s instead of %(before)s).",
        after=after,
        before=before,
    )
