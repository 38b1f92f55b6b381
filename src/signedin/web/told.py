"""From sessions and receipts to what the API tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import asdict

from signedin.core import permission
from signedin.core.deadline import Outlook
from signedin.core.permission import ActorKind
from signedin.core.place import Place
from signedin.core.session import Receipt, Session
from signedin.service.sessions import SessionService
from signedin.web import bodies, times
from signedin.web.views import Words

_MILLISECOND = timedelta(milliseconds=1)
_ENDED = Outlook(None, None)


def live(
    sessions: Sequence[Session], *, current: str | None, service: SessionService, words: Words
) -> list[bodies.Session]:
    """Live sessions in the order given; ``current`` is the one that asks."""
    outlooks = service.outlooks(sessions)
    return [_session(one, outlooks[one.id], current, service, words) for one in sessions]


def ended(
    sessions: Sequence[Session], *, service: SessionService, words: Words
) -> list[bodies.EndedSession]:
    """Ended sessions in the order given, with when, why and by whom."""
    return [
        bodies.EndedSession(
            **asdict(_session(one, _ENDED, None, service, words)),
            ended_at=times.iso(one.ended.at),
            ended_reason=one.ended.reason,
            ended_by=_actor(one.ended.by),
            ended_note=one.ended.note,
        )
        for one in sessions
        if one.ended is not None
    ]


def receipt(of: Receipt) -> bodies.Receipt:
    """What an end brought about."""
    return bodies.Receipt(
        ended=of.ended,
        already_ended=of.already_ended,
        effective_at=_to_the_millisecond(of.effective_at),
        nodes_confirmed=of.nodes_confirmed,
        leases_waited_out=of.leases_waited_out,
        took_seconds=round(of.took.total_seconds(), 6),
    )


def _session(
    session: Session, outlook: Outlook, current: str | None, service: SessionService, words: Words
) -> bodies.Session:
    device, altered = service.describe(session), outlook.altered
    by_policy = altered is not None and altered.at > session.last_used_at
    return bodies.Session(
        id=session.id,
        current=session.id == current,
        device=bodies.Device(
            label=device.label,
            browser=device.browser,
            browser_version=device.browser_version,
            os=device.os,
            kind=device.kind,
            name=session.name,
        ),
        location=_location(words.place(session), session.last_seen_from.place),
        updated_at=times.iso(altered.at if altered and by_policy else session.last_used_at),
        updated_by="policy" if by_policy else "use",
        policy_change=_policy_change(outlook),
        last_used_at=times.iso(session.last_used_at),
        logged_in_at=times.iso(session.created_at),
        expires_at=time(outlook.expires_at),
        persistent=session.persistent,
        methods=list(session.methods),
        ip_address=session.last_seen_from.ip_address,
        login_location=_location(
            words.place_of(session.first_seen_from), session.first_seen_from.place
        ),
    )


def _location(label: str, place: Place) -> bodies.Location:
    return bodies.Location(
        label=label,
        city=place.city,
        region=place.region,
        country_code=place.country_code,
        certainty=place.certainty,
        network=place.network,
    )


def _policy_change(outlook: Outlook) -> bodies.PolicyChange | None:
    altered = outlook.altered
    if altered is None:
        return None
    return bodies.PolicyChange(
        changed_at=times.iso(altered.at),
        by=_actor(altered.change.by),
        reason=altered.change.reason,
        previous_expires_at=time(altered.previous),
        expires_at=time(altered.now),
    )


def _actor(actor: permission.Actor) -> bodies.Actor:
    """People are not told which administrator it was."""
    return bodies.Actor(kind=actor.kind, id=actor.id if actor.kind is ActorKind.USER else None)


def time(at: datetime | None) -> str | None:
    """A time for machines; ``None`` where there is none."""
    return None if at is None else times.iso(at)


def _to_the_millisecond(at: datetime) -> str:
    """Rounded up: a receipt never names a time before it was true."""
    up = at + (-timedelta(microseconds=at.microsecond) % _MILLISECOND)
    return f"{up:%Y-%m-%dT%H:%M:%S}.{up.microsecond // 1000:03}Z"
