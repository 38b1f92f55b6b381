"""Whether a request was proved to come from our own pages (against CSRF).

OWASP CSRF Prevention: ``Sec-Fetch-Site`` first, ``Origin`` where it is missing, and a
request with neither is refused. ``Host`` is never asked: it is the sender's to choose.
"""

from __future__ import annotations

from collections.abc import Collection

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


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
