"""The list of sessions as a part of an app's own page, with styles that touch nothing else."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from starlette.requests import Request

from signedin.web.account import sessions_shown
from signedin.web.statics import text_of
from signedin.web.visit import Parts, Visit

_OWN = "& { background: var(--bg); color: var(--text); }"


def section_css() -> str:
    """Our styles for what is inside ``.signedin``; the font is the page's."""
    return f".signedin {{\n{text_of('app.css').replace(':root', '&')}\n{_OWN}\n}}\n"


def section(request: Any, parts: Parts, root: str) -> Markup:
    """The list for whoever asks for an app's page; empty if nobody is logged in.

    Args:
        request: For the app's page: a request of Starlette, or the bare ASGI scope.
        root: Where the pages are mounted, as a browser sees it.
    """
    scope = getattr(request, "scope", request)
    outer = scope.get("app_root_path", scope.get("root_path", ""))
    visit = Visit(Request({**scope, "root_path": outer + root, "app_root_path": outer}), parts)
    if visit.person_or_none is None:
        return Markup()
    return Markup(visit.part("section.html", **sessions_shown(visit)))  # noqa: S704 - our template
