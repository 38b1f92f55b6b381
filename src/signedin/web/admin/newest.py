"""Everybody's sessions, the newest first."""

from __future__ import annotations

from starlette.responses import Response

from signedin.service.sessions import BEHIND_ALL
from signedin.web.admin import guard
from signedin.web.admin.rows import live_rows
from signedin.web.visit import Visit

HOME = "/admin/sessions"
_SHOWN = 50


def newest_page(visit: Visit) -> Response:
    """That they were looked at is written down first."""
    guard.note_view(visit, of="everybody")
    before = position(visit.request.query_params.get("before", ""))
    sessions, following = visit.parts.sessions.latest(_SHOWN, before=before)
    return visit.page(
        "admin/newest.html",
        rows=live_rows(visit, sessions, named=True),
        is_first=before == BEHIND_ALL,
        next=visit.url(HOME, before=str(following)) if following else None,
    )


def position(text: str) -> int:
    """A position in an address; behind everything if it is none."""
    is_one = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if is_one else BEHIND_ALL
