"""Everybody's sessions, the newest first."""

from __future__ import annotations

from starlette.responses import Response

from signedin.core.token import is_session_id
from signedin.web.admin import guard
from signedin.web.admin.rows import live_rows
from signedin.web.visit import Visit

HOME = "/admin/sessions"
_SHOWN = 50


def newest_page(visit: Visit) -> Response:
    """That they were looked at is written down first."""
    guard.note_view(visit, of="everybody")
    asked = visit.request.query_params.get("before", "")
    before = asked if is_session_id(asked) else None
    sessions, following = visit.parts.sessions.latest(_SHOWN, before=before)
    return visit.page(
        "admin/newest.html",
        rows=live_rows(visit, sessions, named=True),
        is_first=before is None,
        next=visit.url(HOME, before=following) if following else None,
    )
