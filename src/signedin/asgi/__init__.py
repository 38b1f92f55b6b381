"""Sessions for any ASGI application: one middleware and three functions.

Imports no framework and holds no rule: a request's cookie becomes a call, the answer
becomes headers. The functions take a request of Starlette, FastAPI or Litestar, or the
bare ASGI scope. ``log_in`` and ``log_out`` write to the database and are plain functions:
from an ``async`` endpoint call them in a worker thread.
"""

from __future__ import annotations

from signedin.asgi.functions import current_session, is_checked, log_in, log_out, request_state
from signedin.asgi.middleware import SessionMiddleware
from signedin.asgi.protocol import App, Receive, Scope, Send
from signedin.old_cookies import StarletteCookies
from signedin.request import DataSettings, RequestState

__all__ = [
    "App",
    "DataSettings",
    "Receive",
    "RequestState",
    "Scope",
    "Send",
    "SessionMiddleware",
    "StarletteCookies",
    "current_session",
    "is_checked",
    "log_in",
    "log_out",
    "request_state",
]
