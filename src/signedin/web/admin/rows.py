"""Sessions as administrators see them: device and place, but no IP address."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from signedin.core.deadline import Limit, LimitPassed
from signedin.core.errors import SessionNotFoundError
from signedin.core.permission import ActorKind
from signedin.core.session import End, EndedReason, Session
from signedin.web import times
from signedin.web.facts import how
from signedin.web.server import server
from signedin.web.times import Time
from signedin.web.views import REASONS, EndedRow
from signedin.web.visit import Visit


@dataclass(frozen=True, slots=True)
class AdminRow:
    """One live session; ``label`` is no other row's, ``email`` whose it is where that varies."""

    id: str
    label: str
    device: str
    kind: str
    is_current: bool
    place: str
    used: Time
    logged_in: Time
    how: str
    ends: Time | None
    ends_note: str | None
    user_id: str | None
    email: str | None


def live_rows(visit: Visit, sessions: Sequence[Session], *, named: bool = False) -> list[AdminRow]:
    """Live sessions in the order given; ``named``: each with its person's e-mail address."""
    service, words, say = visit.parts.sessions, visit.words(), visit.say
    now, locale = service.clock.now(), visit.parts.renderer.locale
    outlooks, labels = service.outlooks(sessions), words.unique_labels(sessions)
    people = emails(visit, sessions) if named else {}
    rows = []
    for session in sessions:
        end = outlooks[session.id].end
        rows.append(
            AdminRow(
                id=session.id,
                label=labels[session.id],
                device=words.device(session),
                kind=service.describe(session).kind.value,
                is_current=session.id == visit.session.id,
                place=words.place(session),
                used=times.ago(session.last_used_at, now, locale, say("Active now")),
                logged_in=times.on_day(session.created_at, now, locale),
                how=how(session, say),
                ends=None if end is None else times.ahead(end.at, now, locale),
                ends_note=_ends_note(visit, end),
                user_id=session.user_id,
                email=people.get(session.user_id or ""),
            )
        )
    return rows


def ended_rows(visit: Visit, sessions: Sequence[Session]) -> list[EndedRow]:
    """Ended sessions, and who ended them why."""
    words, say = visit.words(), visit.say
    now, locale = visit.parts.sessions.clock.now(), visit.parts.renderer.locale
    return [
        EndedRow(
            words.device(session),
            words.place(session),
            times.ago(session.ended.at, now, locale, say("Just now")),
            why(visit, session.ended),
        )
        for session in sessions
        if session.ended is not None
    ]


def still_live(visit: Visit, ids: Sequence[str]) -> list[Session]:
    """The sessions with these ids, without those that have ended in the meantime."""
    found = []
    for session_id in ids:
        with suppress(SessionNotFoundError):
            found.append(visit.parts.sessions.get(session_id, user_id=None))
    return found


def emails(visit: Visit, sessions: Sequence[Session]) -> dict[str, str]:
    """The e-mail addresses of the people of these sessions, by their ids."""
    users = [server(visit).accounts.get(i) for i in {s.user_id for s in sessions} if i is not None]
    return {user.id: user.email for user in users if user is not None}


def why(visit: Visit, end: End) -> str:
    """Why a session ended, told to an administrator."""
    say, by = visit.say, end.by
    if end.reason is EndedReason.TERMINATED and by.kind is ActorKind.USER:
        what = say("Terminated by the person")
    elif by.kind is ActorKind.ADMIN and end.reason is EndedReason.ACCOUNT_DISABLED:
        what = say("Account disabled by %(admin)s", admin=by.id)
    elif by.kind is ActorKind.ADMIN:
        what = say("Terminated by %(admin)s", admin=by.id)
    else:
        what = say(REASONS[end.reason])
    return say("%(what)s: %(why)s", what=what, why=end.note) if end.note else what


def _ends_note(visit: Visit, end: LimitPassed | None) -> str | None:
    if end is None or end.limit is not Limit.IDLE:
        return None
    return visit.say("If it is not used again")
