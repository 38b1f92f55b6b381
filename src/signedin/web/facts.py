"""What is told about one session in full: its details page, and the banner after an act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from babel import Locale
from babel.dates import format_time

from signedin.core.deadline import Limit, Outlook
from signedin.core.session import Session
from signedin.core.user_agent import visible
from signedin.web import times
from signedin.web.notices import Notice
from signedin.web.times import Time
from signedin.web.views import Say, Words
from signedin.web.visit import Visit

Fact = tuple[str, Time | str, str | None]  # what, its value, a note on it

_METHODS = {"pwd": "password", "otp": "one-time code", "hwk": "passkey"}


def facts(
    session: Session, words: Words, *, outlook: Outlook, locale: Locale, say: Say, now: datetime
) -> list[Fact]:
    """Everything the person may know about a session, in the order of the page."""
    end = outlook.end
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
        (say("IP address"), session.last_seen_from.ip_address or say("Unknown"), None),
    ]
    if end is not None:
        by_disuse = end.limit is Limit.IDLE
        note = say("If it is not used again") if by_disuse else say("Even if it is used until then")
        told.append((say("Ends"), times.exactly(end.at, locale), note))
    sent = visible(session.user_agent)
    told.append((say("What the browser sent"), sent or say("Nothing"), None))
    return told


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
    if notice.kind == "terminated":
        return visit.say("Session terminated: %(device)s", device=notice.device)
    logged_out = visit.count(
        "%(n)s session was logged out.", "%(n)s sessions were logged out.", notice.count
    )
    if notice.kind == "others":
        return logged_out
    changed = visit.say("Your password was changed.")
    return f"{changed} {logged_out}" if notice.count else changed


def _rounded_up(seconds: float) -> datetime:
    """To the next second: a receipt never names a time before it was true."""
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=-(-seconds // 1))
