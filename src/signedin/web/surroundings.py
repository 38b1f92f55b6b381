"""The app in which the pages are mounted, as its author describes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from signedin.web.host import HOME, Person, Scope, with_query

_FOR_APPS = ("next", "confirm")  # of what a login can be told; the rest is in our own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is around mounted pages. Paths are the app's own, without what a proxy puts before.

    Args:
        look_up: Who a user id is; ``None`` for nobody.
        login_url: Where people log in.
        password_url: Where people change their password, if there is a place.
        section_url: The app's page with the list, if it is not ours.
        log_out: What the app does when the session in use was ended by who uses it.
    """

    look_up: Callable[[str], Person | None]
    login_url: str = "/"
    password_url: str | None = None
    section_url: str | None = None
    log_out: Callable[[Request], object] | None = None

    def person(self, user_id: str) -> Person | None:
        return self.look_up(user_id)

    def home(self, scope: Scope) -> str:
        if self.section_url is not None:
            return _of_app(scope, self.section_url)
        return f"{scope.get('root_path', '')}{HOME}"

    def login(self, scope: Scope, **query: str) -> str:
        told = {name: value for name, value in query.items() if name in _FOR_APPS}
        return with_query(_of_app(scope, self.login_url), told)

    def password(self, scope: Scope) -> str | None:
        return None if self.password_url is None else _of_app(scope, self.password_url)

    def logged_out(self, request: Request, response: Response) -> None:
        if self.log_out is not None:
            self.log_out(request)

    @property
    def login_origin(self) -> str | None:
        """The origin of the login, if it is another than the app's."""
        url = urlsplit(self.login_url)
        return f"{url.scheme}://{url.netloc}" if url.netloc else None


def _app_root(scope: Scope) -> str:
    """What a proxy puts before the app's own paths."""
    root: str = scope.get("app_root_path", "")
    return root


def _of_app(scope: Scope, url: str) -> str:
    return _app_root(scope) + url if url.startswith("/") else url


def named_by_id(user_id: str) -> Person:
    """Somebody of whom no more is known than the id."""
    return Person(user_id)
