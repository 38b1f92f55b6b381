"""The engine behind the ``[ua]`` extra: uap-core's list of user agents, for the rare ones.

Only the Rust resolver is used. ua-parser's fallback in Python costs up to 9 ms for a hostile
string, and own rules alone are right for the common browsers; so without Rust there's no engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signedin.core.device import DeviceKind, Reading, UserAgentEngine

if TYPE_CHECKING:
    from ua_parser import Parser

_FORMS = ("Mobile ", " Mobile", " iOS", " WebView", " UI/WKWebView")  # of one product
_BROWSERS = {"IE": "Internet Explorer", "Edge": "Edge", "Python Requests": "python-requests"}
_SYSTEMS = {
    "Mac OS X": "macOS",
    "Mac OS": "macOS",
    "Chrome OS": "ChromeOS",
    "ATV OS X": "tvOS",
    "Symbian OS": "Symbian",
    **dict.fromkeys(
        ("Ubuntu", "Debian", "Fedora", "Red Hat", "CentOS", "SUSE", "Mandriva", "Gentoo", "Arch"),
        "Linux",
    ),
}
_NOTHING = ("Other", "Generic", "")


class UserAgentParser(UserAgentEngine):
    """Asks ua-parser, and says what it found in our words."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser

    def read(self, user_agent: str) -> Reading:
        found = self._parser.parse(user_agent)
        browser = found.user_agent
        is_bot = found.device is not None and found.device.family == "Spider"
        return Reading(
            _browser(browser.family) if browser else None,
            browser.major if browser else None,
            _system(found.os.family) if found.os and not is_bot else None,
            DeviceKind.BOT if is_bot else DeviceKind.UNKNOWN,
        )


def load_engine() -> UserAgentEngine | None:
    """The engine, or ``None`` where the extra isn't installed. Takes 0.3 s: call it once."""
    try:
        from ua_parser import Parser
        from ua_parser.loaders import load_lazy_builtins
        from ua_parser.regex import Resolver
    except ImportError:
        return None
    return UserAgentParser(Parser(Resolver(load_lazy_builtins())))


def _browser(family: str) -> str | None:
    for form in _FORMS:
        family = family.replace(form, "")
    return None if family in _NOTHING else _BROWSERS.get(family, family)


def _system(family: str) -> str | None:
    return None if family in _NOTHING else _SYSTEMS.get(family, family)
