"""Templates into pages: one Jinja environment, every text through gettext."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from datetime import datetime
from typing import Any

from babel import Locale
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from signedin.web import times
from signedin.web.statics import Statics


class Renderer:
    """Draws pages in one language."""

    def __init__(self, statics: Statics) -> None:
        self._statics = statics
        self.locale = Locale.parse("en")
        self._catalogue = gettext.NullTranslations()
        self._environment = Environment(
            loader=PackageLoader("signedin.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        install = getattr(self._environment, "install_gettext_translations")  # noqa: B009
        install(self._catalogue, newstyle=True)  # added by the extension, so unknown to types

    def say(self, text: str, **fields: object) -> str:
        """A text in the reader's language, its ``%(named)s`` fields filled in."""
        said = self._catalogue.gettext(text)
        return said % fields if fields else said

    def count(self, one: str, other: str, n: int, **fields: object) -> str:
        """A text that counts, in the form that the language has for ``n``."""
        return self._catalogue.ngettext(one, other, n) % {"n": n, **fields}

    def response(
        self,
        template: str,
        code: int,
        /,
        *,
        url: Callable[..., str],
        now: datetime,
        **context: Any,
    ) -> Response:
        """A whole page as a response that nobody may keep."""
        html = self._environment.get_template(template).render(
            url=url,
            static=lambda name: url(self._statics.address(name)),
            now=times.iso(now),
            lang="en",
            direction="ltr",
            **context,
        )
        return HTMLResponse(html, code, headers={"Cache-Control": "no-store"})
