"""The stand-alone server as what is around the pages: its accounts, and its own login."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.asgi import request_state
from signedin.web.host import HOME, Person, Scope, with_query
from signedin.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Server:
    """What the server has besides sessions.

    Args:
        short_session: How long a login lasts that is not kept.
    """

    accounts: Accounts
    organizations: Organizations
    short_session: timedelta

    def person(self, user_id: str) -> Person | None:
        user = self.accounts.get(user_id)
        if user is None or user.disabled_at is not None:
            return None
        return Person(user.name, user.email, user.password_changed_at, user.is_admin)

    def home(self, scope: Scope) -> str:
        return _root(scope) + HOME

    def login(self, scope: Scope, **query: str) -> str:
        return with_query(f"{_root(scope)}/login", query)

    def password(self, scope: Scope) -> str | None:
        return f"{_root(scope)}{HOME}/password"

    def logged_out(self, request: Request, response: Response) -> None:
        """Have the browser forget pages and storage (X-13); over https alone it listens."""
        if request_state(request).names.secure:
            response.headers["Clear-Site-Data"] = '"cache", "storage"'


def server(visit: Visit) -> Server:
    """The server that a visit is to; only its own pages ask."""
    host = visit.parts.host
    if not isinstance(host, Server):
        raise TypeError(f"this page is for the stand-alone server, not for {type(host).__name__}")
    return host


def _root(scope: Scope) -> str:
    root: str = scope.get("root_path", "")
    return root
