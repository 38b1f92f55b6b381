"""What pages say about sessions: from the session to the words in its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from babel import Locale

from signedin.core.deadline import Outlook
from signedin.core.device import Device, DeviceKind
from signedin.core.permission import ActorKind
from signedin.core.place import label, label_parts
from signedin.core.session import End, EndedReason, Session, Sighting
from signedin.web import times
from signedin.web.times import Time

Say = Callable[..., str]
Describe = Callable[[Session], Device]


def marked(text: str) -> str:
    """Marks a text for translation; it is translated where it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Altered:
    """What a policy did to a session's end: when it is now, ``None`` for never."""

    ends: Time | None


@dataclass(frozen=True, slots=True)
class Row:
    """One live session in the list."""

    id: str
    device: str
    kind: str
    kind_text: str | None
    name: str | None
    is_current: bool
    place: str
    place_note: str | None
    updated: Time
    altered: Altered | None  # by a policy, if that is news
    is_updated_by_policy: bool
    used: Time  # for a sentence; "Active now" is not for those
    menu_label: str
    spoken: str


@dataclass(frozen=True, slots=True)
class EndedRow:
    """One ended session in the history."""

    device: str
    place: str
    ended: Time
    why: str


class Words:
    """Turns sessions into words in one language, at one moment."""

    def __init__(self, *, describe: Describe, locale: Locale, say: Say, now: datetime) -> None:
        self._describe = describe
        self._locale = locale
        self._say = say
        self._now = now

    def rows(
        self, sessions: Sequence[Session], outlooks: Mapping[str, Outlook], *, current: str
    ) -> list[Row]:
        """The list as it is shown: the current session first, then as given (ui.md 3.4)."""
        ordered = sorted(sessions, key=lambda session: session.id != current)
        spoken = self.unique_labels(ordered)
        return [self._row(s, outlooks[s.id], current, spoken[s.id]) for s in ordered]

    def history(self, ended: Sequence[Session], live: Sequence[Session]) -> list[EndedRow]:
        """Ended sessions, and why: in words that blame nobody."""
        devices = {s.id: self.device(s) for s in (*live, *ended)}
        return [
            EndedRow(
                devices[session.id],
                self.place(session),
                times.ago(session.ended.at, self._now, self._locale, self._say("Just now")),
                self._why(session, devices),
            )
            for session in ended
            if session.ended is not None
        ]

    def device(self, session: Session) -> str:
        return self._say(self._describe(session).label)

    def place(self, session: Session) -> str:
        """Where it was last seen."""
        return self.place_of(session.last_seen_from)

    def place_of(self, seen: Sighting) -> str:
        """Where somebody was seen; the country in the reader's language."""
        return label(seen.place, self.country, self._say)

    def country(self, code: str) -> str:
        return str(self._locale.territories.get(code, code))

    def _row(self, session: Session, outlook: Outlook, current: str, spoken: str) -> Row:
        device, named = self._describe(session), self.device(session)
        place, note = label_parts(session.last_seen_from.place, self.country, self._say)
        return Row(
            id=session.id,
            device=named,
            kind=device.kind.value,
            kind_text=self._say("Command line") if device.kind is DeviceKind.TERMINAL else None,
            name=session.name,
            is_current=session.id == current,
            place=place,
            place_note=note,
            updated=self._updated(session, outlook),
            altered=self._altered(session, outlook),
            is_updated_by_policy=is_newer_than_use(session, outlook),
            used=self._past(session.last_used_at, marked("just now")),
            menu_label=self._say("Options for %(device)s", device=spoken),
            spoken=f"{named} · {place}",
        )

    def _updated(self, session: Session, outlook: Outlook) -> Time:
        """The later of the last use and the change of a policy that moved this session's end."""
        if outlook.altered is not None and is_newer_than_use(session, outlook):
            return self._past(outlook.altered.at, marked("Just now"))
        active = self._say("Active now")
        return times.ago(session.last_used_at, self._now, self._locale, active)

    def _past(self, at: datetime, just_now: str) -> Time:
        """What happened: never "Active now", which is for use alone."""
        return times.ago(at, self._now, self._locale, self._say(just_now))

    def _altered(self, session: Session, outlook: Outlook) -> Altered | None:
        """What a policy did to the end, while it is news (ui.md 3.5)."""
        altered = outlook.altered
        if altered is None:
            return None
        if self._now - altered.at >= times.RELATIVE and not is_newer_than_use(session, outlook):
            return None
        end = outlook.expires_at
        return Altered(None if end is None else times.ahead(end, self._now, self._locale))

    def unique_labels(self, sessions: Sequence[Session]) -> dict[str, str]:
        """Labels that tell rows apart by ear: place, then day of login, where needed."""
        labels = {s.id: self.device(s) for s in sessions}
        details: tuple[Callable[[Session], str | None], ...] = (
            self.place,
            self._logged_in,
            lambda s: s.name,
            lambda s: s.id[-4:],
            lambda s: s.id,
        )
        for detail in details:
            seen = Counter(labels.values())
            for session in sessions:
                if seen[labels[session.id]] > 1 and (told := detail(session)):
                    labels[session.id] += f", {told}"
        return labels

    def _logged_in(self, session: Session) -> str:
        day = times.day(session.created_at, self._now, self._locale)
        return self._say("logged in %(day)s", day=day)

    def _why(self, session: Session, devices: dict[str, str]) -> str:
        end = session.ended
        if end is None:
            return ""
        elsewhere = None if end.by.id == session.id else devices.get(end.by.id or "")
        what = self._in_short(end, elsewhere)
        return self._say("%(what)s: %(why)s", what=what, why=end.note) if end.note else what

    def _in_short(self, end: End, device: str | None) -> str:
        if end.reason is EndedReason.TERMINATED and end.by.kind is ActorKind.ADMIN:
            return self._say("Ended by an administrator")
        if end.reason is EndedReason.TERMINATED:
            if device is None:
                return self._say("Terminated by you")
            return self._say("Terminated by you, from %(device)s", device=device)
        return self._say(REASONS[end.reason])


def is_newer_than_use(session: Session, outlook: Outlook) -> bool:
    """Whether "Updated" is the change of a policy rather than the last use."""
    return outlook.altered is not None and outlook.altered.at > session.last_used_at


REASONS = {
    EndedReason.LOGGED_OUT: marked("Logged out there"),
    EndedReason.REPLACED: marked("Replaced by a new login in the same browser"),
    EndedReason.REPORTED: marked("Reported as not you"),
    EndedReason.PASSWORD_CHANGED: marked("Password changed"),
    EndedReason.ACCOUNT_DISABLED: marked("Ended by an administrator"),
    EndedReason.IDLE: marked("Unused too long"),
    EndedReason.LIFETIME: marked("Expired"),
    EndedReason.CAP: marked("Session limit"),
    EndedReason.POLICY: marked("Ended by policy"),
    EndedReason.TOKEN_REUSED: marked("An old token was used again"),
    EndedReason.RESTORED_BACKUP: marked("Ended when a backup was restored"),
}
