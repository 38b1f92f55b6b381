"""Robots: what asks by itself says so, by its name, by "compatible; Name" or by a link."""

from __future__ import annotations

import re
from collections.abc import Iterable

from signedin.core.device_names import REMARKS
from signedin.core.device_systems import SYSTEMS, DeviceKind
from signedin.core.user_agent import PLAIN, Parts, Token

_ROBOT_WORDS = (
    *("crawl", "spider", "slurp", "scraper", "fetcher", "archiver", "favicon", "uptime"),
    *("preview", "validator", "webhook", "linkcheck", "-google", "-user"),
)
_ROBOT = re.compile(rf"(?<!cu)bots?(?![a-z])|{'|'.join(_ROBOT_WORDS)}", re.IGNORECASE)
_ROBOTIC = (*_ROBOT_WORDS, "bot", "compatible", "http:", "https:")
_HELD = (DeviceKind.PHONE, DeviceKind.TABLET)


def robot_of(parts: Parts, kind: DeviceKind) -> Token | None:
    """The robot that says it is one: by name, by "compatible; Name", or by a link."""
    known = parts.known
    product = known.product if known else None
    if known is not None and product is not None and product.kind is DeviceKind.BOT:
        return known._replace(name=product.name)
    if not any(word in parts.lower for word in _ROBOTIC):
        return None
    named = [*([parts.own] if parts.own else []), *parts.tokens]
    remarks = parts.remarks()
    for token in [*_beginning(parts.text), *named[:1], *_without_models(remarks), *named]:
        if _ROBOT.search(token.name) and PLAIN.fullmatch(token.name):
            return token
    if product is not None and not product.base:
        return None
    found = _after_compatible(remarks)
    is_app = parts.own is not None and kind in _HELD
    if found is None and not is_app and ("http:" in parts.lower or "https:" in parts.lower):
        return next((token for token in named if token.is_unknown), Token(""))
    return found


_BEGINNING = re.compile(r"(\w[\w.!&' -]{2,59}+)(?:/v?([0-9][\w.]*+))?")
_NUMBER_AT_END = re.compile(r" v?[0-9][0-9.]{0,20}\Z")


def _beginning(text: str) -> list[Token]:
    """The words before a version, a comment or another's string: ``Better Uptime Bot (…)``."""
    words = _BEGINNING.match(text.partition("Mozilla/")[0])
    return [Token(_NUMBER_AT_END.sub("", words[1].strip()), words[2] or "")] if words else []


def _without_models(remarks: list[Token]) -> list[Token]:
    """Leave out what follows "Android 14": a tablet may be called Spider."""
    before = ["", *(remark.name for remark in remarks)]
    return [remark for remark, last in zip(remarks, before, strict=False) if last != "Android"]


def _after_compatible(remarks: Iterable[Token]) -> Token | None:
    rest = iter(remarks)
    if not any(remark.name == "compatible" for remark in rest):
        return None
    token = next(rest, Token(""))
    is_browser = token.name.lower().startswith(tuple(REMARKS))
    is_system = any(needle in token.name for needle, _, _ in SYSTEMS)
    return None if is_browser or is_system or not PLAIN.fullmatch(token.name) else token
