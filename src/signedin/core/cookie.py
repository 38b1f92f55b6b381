"""Cookies: how they are named, found in a request, set and cleared.

Rules of draft-ietf-httpbis-rfc6265bis; names are compared byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LONGEST_AGE = timedelta(days=400)  # 6265bis 5.5: browsers keep none longer


class _Duplicate:
    """The header holds the name twice: refused, never chosen from (6265bis 4.2.2)."""


DUPLICATE: Final = _Duplicate()
FoundCookie = bytes | _Duplicate | None


@dataclass(frozen=True, slots=True)
class CookieNames:
    """The names that one server uses, and whether its cookies need https."""

    session: str = "__Host-sid"
    device: str = "__Host-device"
    before_login: str = "__Host-pre"
    secure: bool = True

    @classmethod
    def at_port(cls, port: int) -> CookieNames:
        """Names for https at an unusual port: browsers share cookies between ports of a host."""
        return cls(f"__Host-sid_{port}", f"__Host-device_{port}", f"__Host-pre_{port}")

    @classmethod
    def on_loopback(cls, port: int) -> CookieNames:
        """Names for http at a loopback address, where many servers share one host."""
        return cls(f"sid_{port}", f"device_{port}", f"pre_{port}", secure=False)


def find(header: bytes, name: bytes) -> FoundCookie:
    """The value of the cookie called ``name`` in a Cookie header's value, as it stands there.

    ``DUPLICATE`` if the name stands there more than once; ``None`` if not at all.
    """
    wanted = name + b"="
    before, found, rest = header.partition(wanted)
    if not found:
        return None
    value, _, after = rest.partition(b";")
    if (after and wanted in after) or (before and not before.endswith(b"; ")):
        return _find_among_lookalikes(header, name)
    return value


def _find_among_lookalikes(header: bytes, name: bytes) -> FoundCookie:
    found = [
        value.strip(b" \t")
        for key, equals, value in (pair.partition(b"=") for pair in header.split(b";"))
        if equals and key.strip(b" \t") == name
    ]
    if len(found) > 1:
        return DUPLICATE
    return found[0] if found else None


def set_cookie(name: str, value: str, *, secure: bool, max_age: timedelta | None = None) -> str:
    """The value of a Set-Cookie header; without ``max_age`` it dies with the browser."""
    age = "" if max_age is None else f"; Max-Age={int(min(max_age, LONGEST_AGE).total_seconds())}"
    return f"{name}={value}; Path=/{'; Secure' if secure else ''}; HttpOnly; SameSite=Lax{age}"


def clear_cookie(
    name: str, *, secure: bool = False, path: str = "/", domain: str | None = None
) -> str:
    """The value of a Set-Cookie header that removes a cookie, with the flags it was set with."""
    where = f"; Path={path}{'' if domain is None else f'; Domain={domain}'}"
    return f"{name}={where}{'; Secure' if secure else ''}; HttpOnly; SameSite=Lax; Max-Age=0"


def session_age(*, persistent: bool, fixed_end: datetime | None, now: datetime) -> timedelta | None:
    """How long the session's cookie lives, if it outlives the browser: to the fixed end."""
    if not persistent:
        return None
    return LONGEST_AGE if fixed_end is None else max(fixed_end - now, timedelta(0))
