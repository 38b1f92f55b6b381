"""What is told about one session in full: its details page, and the banner after an act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from babel import Locale
from babel.dates import format_time

from signedin.core.deadline import AlteredEnd, Limit, LimitPassed
from signedin.core.permission import ActorKind
from signedin.core.session import Session
from signedin.core.user_agent import visible
from signedin.web import times
from signedin.web.notices import Notice
from signedin.web.times import Time
from signedin.web.views import Say
from signedin.web.visit import Visit

Fact = tuple[str, Time | str, str | None]  # what, its value, a note on it

_METHODS = {"pwd": "password", "otp": "one-time code", "hwk": "passkey"}


def facts(session: Session, visit: Visit) -> list[Fact]:
    """Everything the person may know about a session, in the order of the page."""
    say, words, locale = visit.say, visit.words(), visit.parts.renderer.locale
    service = visit.parts.sessions
    now, outlook = service.clock.now(), service.outlooks([session])[session.id]
    methods = ", ".join(say(_METHODS.get(method, method)) for method in session.methods)
    told: list[Fact] = [
        (say("Logged in"), times.exactly(session.created_at, locale), methods),
        (
            say("Last used"),
            times.last_used(session.last_used_at, now, locale, say("Active now")),
            times.full(session.last_used_at, locale),
        ),
        (say("Location"), words.place(session), say("Approximate, based on IP address")),
        (say("At login"), words.place_of(session.first_seen_from), None),
        (say("IP address"), *_address(session, visit, now)),
    ]
    if outlook.end is not None:
        note = _why_then(outlook.end, say)
        told.append((say("Ends"), times.exactly(outlook.end.at, locale), note))
    if outlook.altered is not None:
        told.append(_change(outlook.altered, visit))
    sent = visible(session.user_agent)
    told.append((say("What the browser sent"), sent or say("Nothing"), None))
    return told


def _address(session: Session, visit: Visit, now: datetime) -> tuple[str, None]:
    address = session.last_seen_from.ip_address
    if address is not None:
        return address, None
    kept = visit.parts.sessions.retention.addresses
    if now - session.last_used_at < kept:
        return visit.say("Unknown"), None
    length = times.length(kept, visit.parts.renderer.locale)
    return visit.say("Removed after %(length)s without use", length=length), None


def _why_then(end: LimitPassed, say: Say) -> str:
    by_disuse = end.limit is Limit.IDLE
    return say("If it is not used again") if by_disuse else say("Even if it is used until then")


def _change(altered: AlteredEnd, visit: Visit) -> Fact:
    """Which policy moved the end, who set it and why; apart from the last use (ui.md row 33)."""
    say, locale = visit.say, visit.parts.renderer.locale
    change = altered.change
    never = say("never")
    old = never if altered.previous is None else times.full(altered.previous, locale)
    new = never if altered.now is None else times.full(altered.now, locale)
    who = say("by you") if change.by.kind is ActorKind.USER else say("by an administrator")
    said = say("Set %(who)s: the end moved from %(old)s to %(new)s", who=who, old=old, new=new)
    if change.reason:
        said += f" · {change.reason}"
    return say("Changed by policy"), times.exactly(altered.at, locale), said


@dataclass(frozen=True, slots=True)
class Banner:
    """What the page shows after an act."""

    title: str
    receipt: str | None
    advice: bool


def banner(notice: Notice, visit: Visit, locale: Locale) -> Banner:
    """The words for what happened."""
    receipt = None
    if notice.count and not notice.already:
        at = format_time(_rounded_up(notice.effective_at), "medium", locale=locale)
        receipt = visit.say("Every server refused it from %(time)s UTC.", time=at)
    return Banner(_title(notice, visit), receipt, advice=notice.kind == "terminated")


def _title(notice: Notice, visit: Visit) -> str:
    if notice.already:
        return visit.say("That session had already ended.")
    if notice.kind == "limit":
        saved = visit.say("Saved.")
        return f"{saved} {_ended(notice, visit)}" if notice.count else saved
    if notice.kind == "terminated":
        return visit.say("Session terminated: %(device)s", device=notice.device)
    logged_out = _ended(notice, visit)
    if notice.kind == "others":
        return logged_out
    changed = visit.say("Your password was changed.")
    return f"{changed} {logged_out}" if notice.count else changed


def _ended(notice: Notice, visit: Visit) -> str:
    return visit.count(
        "%(n)s session was logged out.", "%(n)s sessions were logged out.", notice.count
    )


def _rounded_up(seconds: float) -> datetime:
    """To the next second: a receipt never names a time before it was true."""
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=-(-seconds // 1))
