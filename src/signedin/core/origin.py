"""Whether a request was proved to come from our own pages (against CSRF).

OWASP CSRF Prevention: ``Sec-Fetch-Site`` first, ``Origin`` where it is missing, and a
request with neither is refused. There ``Host`` is never asked: it is the sender's to choose.
"""

from __future__ import annotations

import re
from collections.abc import Collection

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = re.compile(r"(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?")


def is_same_origin(
    *, fetch_site: str | None, origin: str | None, own_origins: Collection[str]
) -> bool:
    """Whether the browser says that our own page sent this request.

    ``fetch_site`` and ``origin`` are the header values, ``None`` where the header is
    missing; ``own_origins`` are those of the configured public address.
    """
    if fetch_site is not None:
        return fetch_site == "same-origin"
    return origin is not None and origin in own_origins


def may_open_socket(
    *, origin: str | None, host: str | None, own_origins: Collection[str], needs_https: bool
) -> bool:
    """Whether a WebSocket may be opened with a cookie (ASVS 4.4.2).

    Browsers send cookies with one that a page of the same site opens, a subdomain's or another
    port's, and let that page read the answers. They always say ``Origin`` and never choose
    ``Host``; who says no ``Origin`` is no browser, and has the cookie anyway.

    Args:
        needs_https: The cookie is sent over https only. Then a page over http is whoever's is
            on the way, and no page of ours, but for one on the person's own machine.
    """
    if origin is None or origin in own_origins:
        return True
    scheme, _, authority = origin.lower().partition("://")
    if needs_https and scheme != "https" and _LOOPBACK.fullmatch(authority) is None:
        return False
    left_out = ":443" if scheme == "https" else ":80"  # in an origin; some proxies say it
    return authority != "" and host is not None and authority == host.lower().removesuffix(left_out)
