"""Somebody is logged in, without the app's login form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from signedin.core.cookie import CookieNames
from signedin.core.session import Client, Started
from signedin.service.sessions import SessionService

CHROME = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)


def log_in(
    browser: Any,
    sessions: SessionService,
    user_id: str,
    *,
    data: Mapping[str, Any] | None = None,
    cookies: CookieNames | None = None,
    user_agent: str = CHROME,
) -> Started:
    """Start a session and give its cookie to a test client.

    Args:
        browser: The test client of Starlette, FastAPI, Litestar or Flask, or one of httpx.
            Django's has its own ``force_login``, which does the same.
        sessions: What keeps the sessions of the app under test.
        data: What the app keeps in it. An app that logs people in by a key of
            ``request.session`` looks for that key here.
        cookies: The names that the app uses.
        user_agent: With what the person logged in.

    Returns:
        The session, to be terminated for example.
    """
    started = sessions.start(
        user_id,
        Client("127.0.0.1", user_agent),
        methods=["pwd"],
        data=None if data is None else json.dumps(data),
    )
    is_flasks = hasattr(browser, "set_cookie")  # the others stand on httpx
    give = browser.set_cookie if is_flasks else browser.cookies.set
    give((cookies or CookieNames()).session, started.token)
    return started
