"""What a session's device is called: "Chrome on macOS", read from what its browser sent.

A label helps a person to recognise a row; it proves nothing, since anybody can send any string.
What a string doesn't say is left out, never guessed, and no version stands in a label. Any input
costs bounded time: it is cut first, then read once by expressions that cannot backtrack.

Sources: RFC 9110 10.1.5 for the form of a user agent; User-Agent Client Hints for Sec-CH-UA,
which says what frozen user agents no longer do (Brave, Opera GX, plain Chromium).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, Protocol

from signedin.core.device_names import BRANDS, FRAMEWORKS, PRODUCTS, Product
from signedin.core.device_robots import robot_of
from signedin.core.device_systems import (
    ANDROID_INSIDE,
    BUILT_IN,
    NOT_SAFARI,
    ONLY_ON_ANDROID,
    PLATFORMS,
    SYSTEMS,
    DeviceKind,
)
from signedin.core.user_agent import Parts, Token, split, visible

__all__ = ["Device", "DeviceKind", "Reading", "UserAgentEngine", "describe_device"]

LONGEST_INPUT = 512  # security.md O-03; the longest real ones (in-app browsers) have about 400
LONGEST_NAME = 40
UNKNOWN = "Unknown device"


@dataclass(frozen=True, slots=True)
class Device:
    """A device as people know it; ``None`` is what isn't known."""

    label: str
    browser: str | None
    browser_version: str | None
    os: str | None
    kind: DeviceKind


class Reading(NamedTuple):
    """What a user agent says, before it is cleaned and made a label."""

    browser: str | None = None
    version: str | None = None
    os: str | None = None
    kind: DeviceKind = DeviceKind.UNKNOWN


class UserAgentEngine(Protocol):
    """Knows the rare ones. Its time must be linear in the length of what it reads."""

    def read(self, user_agent: str) -> Reading:
        """Say what is known of a user agent that has been cut and cleaned."""


def describe_device(
    user_agent: str,
    client_hints: Mapping[str, str] | None = None,
    *,
    engine: UserAgentEngine | None = None,
) -> Device:
    """Name the device that sent these headers; the names of the hints are in lower case.

    Own rules decide. The engine is asked only where they know no name, so that the common
    browsers are called the same whether it is installed or not.
    """
    text = user_agent[:LONGEST_INPUT]
    hints = [client_hints.get(name, "")[:LONGEST_INPUT] for name in _HINTS] if client_hints else ()
    device = _describe(text, *hints)
    if engine is None or device.browser is not None or device.kind in _NEED_NO_NAME:
        return device
    rare = engine.read(visible(text))
    kind = rare.kind if device.kind is DeviceKind.UNKNOWN else device.kind
    return _labelled(rare.browser, rare.version, device.os or rare.os, kind)


_HINTS = ("sec-ch-ua", "sec-ch-ua-platform", "sec-ch-ua-mobile", "sec-ch-ua-model")
_NEED_NO_NAME = frozenset({DeviceKind.CONSOLE, DeviceKind.TV, DeviceKind.CAR, DeviceKind.BOT})


def _labelled(
    name: str | None, version: str | None, system: str | None, kind: DeviceKind
) -> Device:
    browser, os = _shown(name), _shown(system)
    if browser in (os, "Android"):  # the frameworks of the systems call themselves so
        browser = None
    return Device(
        label=f"{browser} on {os}" if browser and os else browser or os or UNKNOWN,
        browser=browser,
        browser_version=_major(version) if browser else None,
        os=os,
        kind=kind,
    )


_NUMBER = re.compile(r"[0-9]{1,9}")


def _shown(name: str | None) -> str | None:
    if not name:
        return None
    return " ".join(visible(name).split())[:LONGEST_NAME].rstrip() or None


def _major(version: str | None) -> str | None:
    number = _NUMBER.match(version) if version else None
    return number[0] if number else None


# --- Reading ---

_Named = tuple[str | None, str | None, DeviceKind | None]  # the kind where it is no browser's


@lru_cache(maxsize=2048)
def _describe(
    text: str, brands: str = "", platform: str = "", mobile: str = "", model: str = ""
) -> Device:
    parts = split(visible(text))
    text = f"{parts.text}; {model}" if model else parts.text
    os, kind = _system(text, platform.strip('"'), mobile)
    robot = robot_of(parts, kind)
    if robot is not None:
        return _labelled(robot.name, robot.version, None, DeviceKind.BOT)
    name, version, app = _named(parts, os, kind)
    if app is None and brands:
        name, version = _branded(brands, name, version)
    if os == "Linux" and name in ONLY_ON_ANDROID:
        os, kind = "Android", DeviceKind.PHONE
    return _labelled(name, version, os, app or kind)


_TELEVISION = re.compile(r"\bTV\b|smart ?tv", re.IGNORECASE)


def _system(text: str, platform: str, mobile: str) -> tuple[str | None, DeviceKind]:
    lowered = text.startswith("mozilla/")  # some proxies spell it all in lower case

    def says(word: str) -> bool:
        return word in text or (lowered and word.lower() in text)

    for needle, os, kind in SYSTEMS:  # noqa: B007  # the first that is found holds
        if says(needle):
            break
    else:
        os, kind = None, DeviceKind.UNKNOWN
        if "Darwin" in text and "CFNetwork" not in text:  # which iPhones send, too
            os, kind = "macOS", DeviceKind.DESKTOP
    if platform in PLATFORMS and (os is None or (os, kind) in PLATFORMS.values()):
        os, kind = PLATFORMS[platform]
    if os == "Android" and _TELEVISION.search(text.partition("(")[2]):  # not in an app's name
        return "Android TV", DeviceKind.TV
    if kind is not DeviceKind.PHONE and os != "Linux":
        return os, kind
    if says("Tablet") and not says("Tablet PC"):
        return os, DeviceKind.TABLET
    if mobile == "?1" or says("Mobile"):  # Chromium and Firefox say it on phones only
        return os, DeviceKind.PHONE
    is_tablet = os == "Android" and says("AppleWebKit")
    return os, DeviceKind.TABLET if is_tablet else kind


def _named(parts: Parts, os: str | None, kind: DeviceKind) -> _Named:
    if parts.own is not None:
        return parts.own.name, parts.own.version, DeviceKind.APP
    token = parts.known
    product = token.product if token else None
    if product is None or product.base:
        other = _electron(parts) or _by_its_own_token(parts, kind) or _in_app(parts, product, os)
        if other is not None:
            return other
    if os in BUILT_IN and (product is None or product.name in ("Chrome", "Safari")):
        return BUILT_IN[os], None, None
    if product is None or token is None:
        is_app = any(token.name.lower() in FRAMEWORKS for token in parts.tokens)
        return None, None, DeviceKind.APP if is_app and kind is not DeviceKind.TV else None
    if product.name == "Safari":
        name = "Safari" if kind is DeviceKind.TV else NOT_SAFARI.get(os or "", "Safari")
        return name, parts.version_of("Version"), None
    if token.name == "Trident":  # without MSIE beside it, it is the last one's
        return product.name, "11", None
    return product.name, token.version or _next_number(parts, token), product.kind


def _electron(parts: Parts) -> _Named | None:
    """An app in a Chromium of its own names itself beside Chrome and Electron."""
    if "electron" not in parts.lower or not parts.has("Electron"):
        return None
    token = next((token for token in parts.tokens if token.is_unknown), Token("Electron"))
    name = token.name.capitalize() if token.name.islower() else token.name
    return name, token.version, DeviceKind.APP


def _by_its_own_token(parts: Parts, kind: DeviceKind) -> _Named | None:
    """A browser that isn't in the tables: ``AcmeBrowser/3.1``, or ``Acme/3.1 Chrome/141``."""
    if kind is DeviceKind.DESKTOP:
        for token, after in pairwise(parts.tokens):
            if after.name == "Chrome" and token.is_unknown and token.version[:1].isdigit():
                return token.name, token.version, None
    for token in parts.tokens if "browser" in parts.lower else ():
        before = token.name[: -len("browser")].rstrip("-_. ")
        if before and token.name.lower().endswith("browser") and token.is_unknown:
            return f"{before} Browser", token.version, None
    return None


def _in_app(parts: Parts, product: Product | None, os: str | None) -> _Named | None:
    """A page or a call inside an app, which adds its name or doesn't."""
    if product is None:
        is_web_view = parts.has("AppleWebKit") and os in ("Android", "iOS", "iPadOS", "macOS")
    elif os in ANDROID_INSIDE and product.name == "Chrome":
        is_web_view = "; wv" in parts.text or parts.has("Version")
    else:
        is_web_view = False
    if product is not None and not is_web_view:
        return None
    unknown = [token for token in parts.tokens if token.is_unknown]
    with_version = [token for token in unknown if token.version[:1].isdigit()]
    if with_version or (is_web_view and unknown):
        token = (with_version or unknown)[0]
        return token.name, token.version, DeviceKind.APP
    return ("WebView", None, DeviceKind.APP) if is_web_view else None


def _next_number(parts: Parts, token: Token) -> str | None:
    """The version after a space: ``Instagram 375.2.0``."""
    following = iter(parts.tokens)
    after = next(following, token) if any(token is known for known in following) else token
    return after.name if after.name.replace(".", "").isdigit() else None


# --- Client hints ---

# "Brand"; v="1"; what never closes is read to the end, lest each quote begins a search anew.
_BRAND = re.compile(r'"((?:[^"\\]++|\\.)*+)"?(?:\s*+;\s*+v\s*+=\s*+"([^"]*+)"?)?')
_COMMON = ("Edge", "Chrome", "WebView", "Chromium")  # what others are built on, best name first


def _branded(brands: str, name: str | None, version: str | None) -> tuple[str | None, str | None]:
    """Let the list of brands correct the name: it says Brave or Chromium where the string can't."""
    listed = {_brand(brand): number for brand, number in _BRAND.findall(brands) if _is_real(brand)}
    own = next((brand for brand in listed if brand not in _COMMON), None)
    if own is None and name in (None, "Chrome"):
        own = next((brand for brand in _COMMON if brand in listed), None)
    if own is None or own == name:
        return name, version
    return own, listed[own]


def _brand(brand: str) -> str:
    key = brand.lower()
    return BRANDS.get(key) or (PRODUCTS[key].name if key in PRODUCTS else brand)


def _is_real(brand: str) -> bool:
    """Not GREASE: a changing "Not A Brand" keeps servers from relying on the list's order."""
    return "".join(filter(str.isalpha, brand)).lower() != "notabrand"
