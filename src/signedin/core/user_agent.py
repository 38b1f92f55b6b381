"""A user agent, taken apart: its products, its comments, and the name that an app gives itself.

The form is that of RFC 9110 10.1.5, read leniently: brackets, commas and parentheses that never
close are common. Time is linear whatever stands there: no expression here can backtrack, and no
more parts are kept than real strings have.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from signedin.core.device_names import NAMELESS, PRODUCTS, REMARKS, Product

_PARTS = re.compile(
    r"\(((?:[^()]++|\([^()]*+\))*+)\)?"  # a remark, perhaps with one inside or never closed
    r"|([^\s()/;,\[\]\"<>]++)(?:/([^\s()/;,\[\]\"<>]*+))?"  # product/version
)
_HEAD = re.compile(r"([\w%][\w%.+!&' -]{0,119}+)/v?([0-9][\w.]*+)")
PLAIN = re.compile(r"\w[\w.+!&' -]{1,60}")
_MOST_PARTS = 48  # the longest real ones (in-app browsers) have about 30
_MOST_WORDS = 4  # of an app's name; more is prose
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})++")

_FOR_SYSTEM = re.compile(r"[ -](?:for )?(?:ios|iphone|android)\Z", re.IGNORECASE)
_NAMED_BEHIND = ("fban", "fb_iab")  # FBAN/MessengerForiOS: which of Facebook's apps it is

# Letters and symbols that print nothing, though Unicode doesn't call them format characters.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


class Token(NamedTuple):
    """A name and the version that follows it, if any: ``Firefox/141.0``, ``MSIE 10.0``."""

    name: str
    version: str = ""
    product: Product | None = None

    @property
    def is_unknown(self) -> bool:
        """A name that the tables lack, and that looks like one."""
        return (
            self.product is None
            and self.name.lower() not in NAMELESS
            and len(self.name.strip("0123456789._")) > 2
            and PLAIN.fullmatch(self.name) is not None
        )


class Parts(NamedTuple):
    """A user agent, taken apart."""

    text: str
    lower: str
    tokens: list[Token]
    comments: list[str]  # what stands in parentheses
    own: Token | None  # what an app's string begins with: ``Acme Notes/1.2 (iPhone; …)``
    known: Token | None  # of all that the tables know, what names it

    def version_of(self, name: str) -> str | None:
        return next((token.version for token in self.tokens if token.name == name), None)

    def has(self, name: str) -> bool:
        return any(token.name == name for token in self.tokens)

    def remarks(self) -> list[Token]:
        """The comments, cut at each semicolon."""
        return [
            _remark(part)
            for comment in self.comments
            for part in comment.split(";", _MOST_PARTS)
            if part
        ][:_MOST_PARTS]


def split(text: str) -> Parts:
    lower = text.lower()
    tokens: list[Token] = []
    comments: list[str] = []
    known, rank = None, len(PRODUCTS)
    for comment, name, version in _PARTS.findall(text)[:_MOST_PARTS]:
        if comment:
            comments.append(comment)
        elif name:
            key = name.lower()
            product = PRODUCTS.get(key) or PRODUCTS.get(key.rstrip("0123456789._-"))
            if key in _NAMED_BEHIND:
                product = PRODUCTS.get(version.lower()) or product
            tokens.append(token := Token(name, version, product))
            if product is not None and product.rank < rank:
                known, rank = token, product.rank
    parts = Parts(text, lower, tokens, comments, _own(text, tokens), known)
    for start, product in REMARKS.items():
        if start in lower and product.rank < rank:
            for remark in parts.remarks():
                if remark.name.lower().startswith(start):
                    return parts._replace(known=remark._replace(product=product))
    return parts


def _remark(part: str) -> Token:
    name, slash, version = part.strip().partition("/")
    if not slash:
        before, _, last = name.rpartition(" ")
        if before and last[0].isdigit():
            name, version = before, last
    return Token(name, version)


def _own(text: str, tokens: list[Token]) -> Token | None:
    if not tokens or tokens[0].product:
        return None
    head = _HEAD.match(text)
    name = _decoded(head[1]).strip() if head else ""
    words = name.split()
    if head is None or not name[:1].isalnum() or len(words) > _MOST_WORDS or "Mozilla" in words:
        return None
    if all(word.lower() in NAMELESS for word in words):
        return None
    return Token(_FOR_SYSTEM.sub("", name), head[2])


def _decoded(name: str) -> str:
    """Undo the percent-encoding in which Apple's CFNetwork sends the name of an app."""
    return _ESCAPES.sub(
        lambda found: bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "ignore"), name
    )


def visible(text: str) -> str:
    """Drop what cannot be seen: control, bidi, zero-width and format characters, surrogates."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if c.isspace() else c for c in text if c in "\t " or _isvisible(c))


def _isvisible(c: str) -> bool:
    category = unicodedata.category(c)
    return (category == "Zs" or category[0] not in "CZ") and c not in _BLANK
