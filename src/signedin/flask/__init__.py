"""Flask: ``SignedIn(app)`` makes ``session`` a session on the server that can be ended.

Log-in code that sets a key of ``session`` goes on working, Flask-Login's too. Flask-Login's
own "remember me" cookie would bring back what was ended, so it is neither set nor believed:
the session itself is remembered instead.
"""

from __future__ import annotations

from signedin.flask.extension import SignedIn
from signedin.flask.session import current_session, log_in, log_out, request_state

__all__ = ["SignedIn", "current_session", "log_in", "log_out", "request_state"]
