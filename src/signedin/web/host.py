"""What is around the pages: the stand-alone server, or the app that they are mounted in.

The pages know nothing else of it: who people are there, and where its own pages begin.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

Scope = MutableMapping[str, Any]

HOME = "/settings/account"


def with_query(address: str, query: Mapping[str, str]) -> str:
    """An address, and what else to tell it."""
    return address + ("&" if "?" in address else "?") + urlencode(query) if query else address


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in, as the pages name them.

    Args:
        name: As people call themselves.
        email: Shown beside the name; empty if there is none to show.
        password_changed_at: When they last changed their password, if that shall be shown.
        is_admin: Whether they may come into the administration of the stand-alone server.
    """

    name: str
    email: str = ""
    password_changed_at: datetime | None = None
    is_admin: bool = False

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


class Host(Protocol):
    """What the pages must be told; addresses are whole, for the request with this scope."""

    def person(self, user_id: str) -> Person | None:
        """Who somebody is; ``None`` for who may not be logged in."""
        ...

    def home(self, scope: Scope) -> str:
        """The page with the list of sessions."""
        ...

    def login(self, scope: Scope, **query: str) -> str:
        """The login; ``query`` says where to go ``next``, what was ``done``, why it ``ended``."""
        ...

    def password(self, scope: Scope) -> str | None:
        """The page on which people change their password; ``None`` if there is none."""
        ...

    def logged_out(self, request: Request, response: Response) -> None:
        """The session that asked was ended by who used it; ``response`` is the answer to it."""
        ...
