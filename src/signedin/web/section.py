"""The list of sessions as a part of an app's own page, with styles that touch nothing else."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup
from starlette.requests import Request

from signedin.web.account import sessions_shown
from signedin.web.statics import text_of
from signedin.web.visit import Parts, Visit

_SCHEMES = re.compile(
    r":root \{\n  color-scheme: light dark;\n(?P<light>.*?)\}\n"
    r"@media \(prefers-color-scheme: dark\) \{\n  :root \{\n(?P<dark>.*?)  \}\n\}\n",
    re.DOTALL,
)
_VARIABLE = re.compile(r"(--[\w-]+): (.*?);")
_OWN = "& { padding: 0.75rem; background: var(--bg); color: var(--text); }"


def section_css() -> str:
    """Our styles for what is inside ``.signedin``: light or dark as the page is, in its font."""
    css = _SCHEMES.sub(_as_the_page_is, text_of("app.css"), count=1)
    return f".signedin {{\n{css.replace(':root', '&')}\n{_OWN}\n}}\n"


def _as_the_page_is(schemes: re.Match[str]) -> str:
    """The variables of both schemes at once; the page around says which one it is in."""
    dark = dict(_VARIABLE.findall(schemes["dark"]))
    variables = [
        f"{name}: light-dark({value}, {dark[name]});" if name in dark else f"{name}: {value};"
        for name, value in _VARIABLE.findall(schemes["light"])
    ]
    return "& { " + " ".join(variables) + " }\n"


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
