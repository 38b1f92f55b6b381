"""The JSON API for a person's own sessions (design.md section 7)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import msgspec
from starlette.responses import JSONResponse, Response

from signedin.core.errors import InvalidNameError
from signedin.core.place import Place
from signedin.core.session import Receipt, Session
from signedin.web import times
from signedin.web.confirm import confirm
from signedin.web.login import authenticate, clear_site_data, start
from signedin.web.problems import BROKEN_JSON, NOT_FOUND, NOT_JSON, Refused, invalid
from signedin.web.visit import Visit

_LARGEST_PAGE = 200
_PAGE = 100
_FAR = 2**62
_Body = TypeVar("_Body", bound=msgspec.Struct)


class LogIn(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a login; it does not print itself."""

    email: str
    password: str
    persistent: bool = False

    def __repr__(self) -> str:
        return "LogIn(hidden)"


class Confirm(msgspec.Struct, forbid_unknown_fields=True):
    """The password of who is logged in; it does not print itself."""

    password: str

    def __repr__(self) -> str:
        return "Confirm(hidden)"


class Name(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a rename; ``null`` removes the name."""

    name: str | None


class EndMany(msgspec.Struct, forbid_unknown_fields=True):
    """The body of an end of several sessions."""

    scope: Literal["others", "all", "selected"]
    ids: list[str] = []


def log_in(visit: Visit) -> Response:
    body = _body(visit, LogIn)
    authenticated = authenticate(visit, body.email, body.password)
    start(visit, authenticated, persistent=body.persistent)
    decision = visit.state.read()
    session = decision.session if decision else None
    if session is None:
        raise Refused(NOT_FOUND)
    location = visit.url(f"/api/v1/sessions/{session.id}")
    return _json(_session(visit, session, current=session.id), 201, Location=location)


def list_sessions(visit: Visit) -> Response:
    live, current = visit.parts.sessions.list(visit.user.id), visit.session.id
    limit, after = _limit(visit), _cursor(visit)
    ordered = sorted(live, key=lambda session: session.id != current)
    rest = [s for s in ordered if after is None or _place_in_list(s, current) > after]
    page = rest[:limit]
    more = len(rest) > limit
    return _json(
        {
            "sessions": [_session(visit, session, current=current) for session in page],
            "next_cursor": _to_cursor(_place_in_list(page[-1], current)) if more else None,
        }
    )


def get_session(visit: Visit) -> Response:
    return _json(_session(visit, visit.own_session(), current=visit.session.id))


def get_current(visit: Visit) -> Response:
    return _json(_session(visit, visit.session, current=visit.session.id))


def confirm_current(visit: Visit) -> Response:
    confirm(visit, _body(visit, Confirm).password)
    return get_current(visit)


def rename(visit: Visit) -> Response:
    body = _body(visit, Name)
    try:
        renamed = visit.parts.sessions.rename(
            visit.own_session().id, body.name, user_id=visit.user.id, by=visit.actor
        )
    except InvalidNameError as error:
        raise Refused(invalid(str(error))) from None
    return _json(_session(visit, renamed, current=visit.session.id))


def terminate(visit: Visit) -> Response:
    return _terminate(visit, visit.session_id)


def terminate_current(visit: Visit) -> Response:
    return _terminate(visit, visit.session.id)


def end_many(visit: Visit) -> Response:
    body, service, own = _body(visit, EndMany), visit.parts.sessions, visit.session.id
    if body.scope == "others":
        receipt = service.terminate_all(visit.user.id, keep=own, by=visit.actor)
    elif body.scope == "all":
        receipt = service.terminate_all(visit.user.id, by=visit.actor)
    else:
        receipt = service.terminate_selected(body.ids, user_id=visit.user.id, by=visit.actor)
    own_ended = body.scope == "all" or (body.scope == "selected" and own in body.ids)
    return _receipt(visit, receipt, own_ended=own_ended)


def history(visit: Visit) -> Response:
    ended = visit.parts.sessions.history(visit.user.id)
    return _json({"sessions": [_ended(visit, session) for session in ended]})


def healthz(visit: Visit) -> Response:
    """The process answers; nothing is asked of the database."""
    return _json({"status": "ok"})


def readyz(visit: Visit) -> Response:
    """The database answers; raises ``StoreUnavailableError``, and so 503, if it does not."""
    visit.parts.sessions.begin_login(None)
    return _json({"status": "ok"})


def _terminate(visit: Visit, session_id: str) -> Response:
    own = visit.session.id
    receipt = visit.parts.sessions.terminate(session_id, user_id=visit.user.id, by=visit.actor)
    return _receipt(visit, receipt, own_ended=session_id == own)


def _receipt(visit: Visit, receipt: Receipt, *, own_ended: bool) -> Response:
    response = _json(
        {
            "ended": receipt.ended,
            "already_ended": receipt.already_ended,
            "effective_at": _to_the_millisecond(receipt),
            "nodes_confirmed": receipt.nodes_confirmed,
            "leases_waited_out": receipt.leases_waited_out,
            "took_seconds": round(receipt.took.total_seconds(), 6),
        }
    )
    if own_ended:
        visit.state.ended()
        clear_site_data(visit, response)
    return response


def _to_the_millisecond(receipt: Receipt) -> str:
    at = receipt.effective_at
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _session(visit: Visit, session: Session, *, current: str) -> dict[str, Any]:
    service = visit.parts.sessions
    device, words = service.describe(session), visit.words()
    expires = service.outlooks([session])[session.id].expires_at
    return {
        "id": session.id,
        "current": session.id == current,
        "device": {
            "label": device.label,
            "browser": device.browser,
            "browser_version": device.browser_version,
            "os": device.os,
            "kind": device.kind.value,
            "name": session.name,
        },
        "location": _location(words.place(session), session.last_seen_from.place),
        "updated_at": times.iso(session.last_used_at),
        "updated_by": "use",
        "policy_change": None,
        "last_used_at": times.iso(session.last_used_at),
        "logged_in_at": times.iso(session.created_at),
        "expires_at": None if expires is None else times.iso(expires),
        "persistent": session.persistent,
        "methods": list(session.methods),
        "ip_address": session.last_seen_from.ip_address,
        "login_location": _location(
            words.place_of(session.first_seen_from), session.first_seen_from.place
        ),
    }


def _ended(visit: Visit, session: Session) -> dict[str, Any]:
    end = session.ended
    if end is None:
        raise ValueError("the history holds only ended sessions")
    told = _session(visit, session, current="")
    return told | {
        "expires_at": None,
        "ended_at": times.iso(end.at),
        "ended_reason": end.reason.value,
        "ended_by": {"kind": end.by.kind.value, "id": end.by.id},
    }


def _location(label: str, place: Place) -> dict[str, Any]:
    return {
        "label": label,
        "city": place.city,
        "region": place.region,
        "country_code": place.country_code,
        "certainty": place.certainty.value,
        "network": place.network.value,
    }


def _limit(visit: Visit) -> int:
    text = visit.request.query_params.get("limit", str(_PAGE))
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
    if not 1 <= limit <= _LARGEST_PAGE:
        raise Refused(invalid(f"limit: a whole number from 1 to {_LARGEST_PAGE}"))
    return limit


Position = tuple[int, str]  # in the list: by last use, then by id, both descending


def _place_in_list(session: Session, current: str) -> Position:
    """Where a session stands, so that a page goes on behind one that has ended meanwhile."""
    if session.id == current:
        return (-_FAR, "")
    descending = "".join(chr(0x7F - ord(character)) for character in session.id)
    return (-int(session.last_used_at.timestamp() * 1_000_000), descending)


def _to_cursor(place: Position) -> str:
    return urlsafe_b64encode(msgspec.json.encode(place)).decode()


def _cursor(visit: Visit) -> Position | None:
    text = visit.request.query_params.get("cursor")
    if text is None:
        return None
    try:
        position: Position = msgspec.json.decode(urlsafe_b64decode(text.encode()), type=Position)
    except (ValueError, msgspec.MsgspecError):
        raise Refused(invalid("cursor: not one that this server gave out")) from None
    return position


def _body(visit: Visit, kind: type[_Body]) -> _Body:
    """The body as JSON of the kind expected.

    Raises:
        Refused: Not JSON by its type (R-07), not JSON at all, or not of this kind.
    """
    media_type, _, charset = visit.request.headers.get("content-type", "").partition(";")
    if media_type.strip().lower() != "application/json" or charset.strip().lower() not in (
        "",
        "charset=utf-8",
    ):
        raise Refused(NOT_JSON)
    try:
        return msgspec.json.decode(visit.body, type=kind)
    except msgspec.ValidationError as error:
        raise Refused(invalid(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(BROKEN_JSON) from None


def _json(body: Mapping[str, Any], status: int = 200, **headers: str) -> Response:
    response = JSONResponse(body, status, headers=headers)
    response.headers["Cache-Control"] = "no-store"
    return response
