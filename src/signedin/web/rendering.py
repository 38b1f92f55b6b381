"""Templates into pages: one Jinja environment, every text through gettext."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from datetime import datetime
from typing import Any

from babel import Locale
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)

from signedin.web import times
from signedin.web.statics import Statics


class Renderer:
    """Draws pages in one language.

    Args:
        templates: An app's own, used in place of ours of the same name; ours are then also
            found as ``signedin/NAME``.
    """

    def __init__(self, statics: Statics, templates: BaseLoader | None = None) -> None:
        self._statics = statics
        ours = PackageLoader("signedin.web")
        theirs = [] if templates is None else [templates, PrefixLoader({"signedin": ours})]
        self.locale = Locale.parse("en")
        self._catalogue = gettext.NullTranslations()
        self._environment = Environment(
            loader=ChoiceLoader([*theirs, ours]),
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

    def draw(
        self, template: str, /, *, url: Callable[..., str], now: datetime, **context: Any
    ) -> str:
        """A page, or a part of one."""
        return self._environment.get_template(template).render(
            url=url,
            static=lambda name: url(self._statics.address(name)),
            has_accent="accent.css" in self._statics,
            now=times.iso(now),
            lang="en",
            direction="ltr",
            **context,
        )
