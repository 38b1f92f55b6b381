"""Where to go on to after a login: only to a path of our own."""

from __future__ import annotations

LONGEST = 2000


def own_path(address: str | None) -> str | None:
    """The address if it is a path on this server and nothing else (ASVS 5.0 1.2.2)."""
    if not address or len(address) > LONGEST or not address.isascii():
        return None
    if not address.startswith("/") or address.startswith("//") or "\\" in address:
        return None
    return address if all(" " < character < "\x7f" for character in address) else None
