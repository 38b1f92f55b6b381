"""What is told about one session in full: its details page, and the banner after an act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from babel import Locale
from babel.dates import format_time

from signedin.core.deadline import AlteredEnd, Limit, LimitPassed, Outlook
from signedin.core.network import NetworkKind
from signedin.core.permission import ActorKind
from signedin.core.place import Certainty, Place
from signedin.core.session import Session, Sighting
from signedin.core.user_agent import visible
from signedin.web import times
from signedin.web.notices import Notice
from signedin.web.times import Time
from signedin.web.views import Say, Words, marked
from signedin.web.visit import Visit

_METHODS = {
    "pwd": marked("Password"),
    "otp": marked("One-time code"),
    "hwk": marked("Passkey"),
}
_SURE_OF = {
    Certainty.CITY: marked("Approximate, based on IP address: probably this city, or one near it."),
    Certainty.REGION: marked(
        "Approximate, based on IP address: probably this region. The city is not known."
    ),
    Certainty.COUNTRY: marked(
        "Approximate, based on IP address: probably this country. More is not known."
    ),
    Certainty.NONE: marked("Nothing is known about where this IP address is."),
}
_ELSEWHERE = marked("Where the network is. Who uses it may be anywhere.")
_NETWORKS = {
    NetworkKind.PRIVATE: marked(
        "An address inside a home, a company or this server’s own network."
    ),
    NetworkKind.MOBILE: marked("Where the mobile network is, which can be far from the device."),
    NetworkKind.HOSTING: _ELSEWHERE,
    NetworkKind.ANONYMIZING: _ELSEWHERE,
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the details: what it is about, its value, and what to make of it."""

    term: str
    value: Time | str
    note: Time | str | None = None


def facts(
    session: Session,
    words: Words,
    *,
    outlook: Outlook,
    addresses_kept: timedelta,
    locale: Locale,
    say: Say,
    now: datetime,
) -> list[Fact]:
    """Everything the person may know about a session, in the order of the page."""

    def since(term: str, at: datetime, just_now: str) -> Fact:
        return Fact(term, times.ago(at, now, locale, just_now), times.exactly(at, locale))

    def seen(term: str, sighting: Sighting) -> Fact:
        return Fact(term, words.place_of(sighting), say(how_sure(sighting.place)))

    first, last = session.first_seen_from, session.last_seen_from
    address = last.ip_address or say("Unknown")
    if last.ip_address is None and now - session.last_used_at >= addresses_kept:
        kept = times.length(addresses_kept, locale)
        address = say("Removed after %(length)s without use", length=kept)
    told = [
        since(say("Logged in"), session.created_at, say("Just now")),
        Fact(say("Logged in with"), how(session, say)),
        since(say("Last used"), session.last_used_at, say("Active now")),
        seen(say("Location"), last),
        seen(say("At login"), first),
        Fact(say("IP address"), address, _address_then(first, last, say)),
    ]
    if outlook.end is not None:
        note = _why_then(outlook.end, say)
        told.append(Fact(say("Ends"), times.exactly(outlook.end.at, locale), note))
    if outlook.altered is not None:
        told.append(_change(outlook.altered, locale, say))
    sent = visible(session.user_agent) or say("Nothing")
    hint = say("The device’s name is read from this. It is a hint: any client can send anything.")
    told.append(Fact(say("What the browser sent"), sent, hint))
    return told


def how(session: Session, say: Say) -> str:
    """How the person logged in."""
    methods = " + ".join(say(_METHODS.get(method, method)) for method in session.methods)
    return methods or say("Unknown")


def how_sure(place: Place) -> str:
    """How far a place can be trusted, in a sentence that is marked for translation."""
    return _NETWORKS.get(place.network) or _SURE_OF[place.certainty]


def _address_then(first: Sighting, last: Sighting, say: Say) -> str | None:
    """The address at login, where it was another one."""
    if first.ip_address in (None, last.ip_address):
        return None
    return say("At login: %(address)s", address=first.ip_address)


def _why_then(end: LimitPassed, say: Say) -> str:
    by_disuse = end.limit is Limit.IDLE
    return say("If it is not used again") if by_disuse else say("Even if it is used until then")


def _change(altered: AlteredEnd, locale: Locale, say: Say) -> Fact:
    """Which policy moved the end, who set it and why; apart from the last use (ui.md row 33)."""
    change = altered.change
    never = say("never")
    old = never if altered.previous is None else times.full(altered.previous, locale)
    new = never if altered.now is None else times.full(altered.now, locale)
    who = say("by you") if change.by.kind is ActorKind.USER else say("by an administrator")
    said = say("Set %(who)s: the end moved from %(old)s to %(new)s", who=who, old=old, new=new)
    if change.reason:
        said += f" · {change.reason}"
    return Fact(say("Changed by policy"), times.exactly(altered.at, locale), said)


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
        at = since(notice, locale)
        receipt = visit.count(
            "Every server refused it from %(time)s UTC.",
            "Every server refused them from %(time)s UTC.",
            notice.count,
            time=at,
        )
    return Banner(_title(notice, visit), receipt, advice=notice.kind == "terminated")


def since(notice: Notice, locale: Locale) -> str:
    """From when on it holds, rounded up: a receipt never names a time before it was true."""
    seconds = -(-notice.effective_at // 1)
    at = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
    return str(format_time(at, "medium", locale=locale))


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
