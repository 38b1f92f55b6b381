"""One request to a page or the API, as the plain functions that answer it see it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from signedin.asgi import RequestState, request_state
from signedin.core.errors import SessionNotFoundError
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import EndedReason, Rotated, Session
from signedin.core.token import form_token, is_proof, is_session_id
from signedin.service.sessions import SessionService
from signedin.web.host import Host, Person, with_query
from signedin.web.idle import idle_warning
from signedin.web.limits import PersonLimits
from signedin.web.openapi import ApiDescription
from signedin.web.problems import FORM_EXPIRED, NOT_FOUND, NOT_LOGGED_IN, Refused
from signedin.web.rendering import Renderer
from signedin.web.views import Words

_TOLD = (EndedReason.IDLE, EndedReason.LIFETIME, EndedReason.POLICY)  # others may be a thief's
_PRE_LIFE = timedelta(hours=1)


class Attribution(Protocol):
    """What the open place database demands to be named, and of when its data is."""

    @property
    def text(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def built(self) -> date: ...


class AttributedPlaces(Protocol):
    """The place database, as far as the pages must name where its data is from."""

    @property
    def attribution(self) -> Attribution | None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pages and the API stand on."""

    sessions: SessionService
    host: Host
    places: AttributedPlaces
    renderer: Renderer
    site: str
    origins: tuple[str, ...]
    description: ApiDescription
    limits: PersonLimits


@dataclass(eq=False)
class Visit:
    """A request, its form already read, and who makes it."""

    request: Request
    parts: Parts
    form: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def state(self) -> RequestState:
        return request_state(self.request)

    @cached_property
    def session_or_none(self) -> Session | None:
        decision = self.state.read()
        return None if decision is None else decision.session

    @cached_property
    def person_or_none(self) -> Person | None:
        session = self.session_or_none
        if session is None or session.user_id is None:
            return None
        return self.parts.host.person(session.user_id)

    @property
    def say(self) -> Callable[..., str]:
        """Texts in the reader's language; see ``Renderer.say``."""
        return self.parts.renderer.say

    @property
    def count(self) -> Callable[..., str]:
        """Texts that count; see ``Renderer.count``."""
        return self.parts.renderer.count

    @property
    def path(self) -> str:
        """The path asked for; not from ``request.url``, which a query of wild bytes breaks."""
        asked: str = self.request.scope["path"]
        return asked

    @property
    def address(self) -> str:
        """What to ask for by GET to come here again; a path in it is as it stands in a link."""
        asked = quote(self.path, errors="replace")
        query = self.request.scope["query_string"].decode("latin-1")
        return f"{asked}?{query}" if query and self.request.method == "GET" else asked

    @property
    def session(self) -> Session:
        """The session of whoever is logged in.

        Raises:
            Refused: Nobody is.
        """
        if self.session_or_none is None or self.person_or_none is None:
            raise Refused(NOT_LOGGED_IN)
        return self.session_or_none

    @property
    def person(self) -> Person:
        if self.person_or_none is None:
            raise Refused(NOT_LOGGED_IN)
        return self.person_or_none

    @property
    def user_id(self) -> str:
        user_id = self.session.user_id
        if user_id is None:
            raise Refused(NOT_LOGGED_IN)
        return user_id

    @property
    def actor(self) -> Actor:
        return Actor.user(self.session.id, self.session.authenticated_at)

    @property
    def token(self) -> str:
        return self.state.token or ""

    @property
    def session_id(self) -> str:
        """The id in the address.

        Raises:
            Refused: It is none that we could have made.
        """
        session_id: str = self.request.path_params["id"]
        if not is_session_id(session_id):
            raise Refused(NOT_FOUND)
        return session_id

    def own_session(self) -> Session:
        """The session in the address, if it is the person's own and live.

        Raises:
            Refused: It is not; somebody else's and none at all are told alike (I9).
        """
        try:
            return self.parts.sessions.get(self.session_id, user_id=self.user_id)
        except SessionNotFoundError:
            raise Refused(NOT_FOUND) from None

    def words(self) -> Words:
        """What pages and the API say about sessions, in the reader's language, now."""
        return Words(
            describe=self.parts.sessions.describe,
            locale=self.parts.renderer.locale,
            say=self.say,
            now=self.parts.sessions.clock.now(),
        )

    def url(self, path: str, **query: str) -> str:
        """An address of ours below the mount point."""
        root: str = self.request.scope.get("root_path", "")
        return with_query(root + path, query)

    @property
    def home(self) -> str:
        """Where the list of sessions is."""
        return self.parts.host.home(self.request.scope)

    def login(self, **query: str) -> str:
        """Where people log in; see ``Host.login``."""
        return self.parts.host.login(self.request.scope, **query)

    def document(self) -> dict[str, Any]:
        """The description of the API as whoever asks can use it."""
        names = self.state.names
        return self.parts.description.document(self.url(""), cookie=names.session)

    def redirect(self, path: str, **query: str) -> Response:
        """Go on to a page of ours; 303, so that going back does not act again."""
        return RedirectResponse(self.url(path, **query), 303)

    def to_home(self, **query: str) -> Response:
        """Go back to the list."""
        return RedirectResponse(with_query(self.home, query), 303)

    def to_login(self) -> Response:
        """To the login, which says why the session is over if only time ended it."""
        query = {}
        no_place = (self.url("/"), self.url("/logout"))  # that anybody logs in to go to
        if self.request.method == "GET" and self.path not in no_place:
            query["next"] = self.address
        else:
            query["next"] = self.home
        decision = self.state.read()
        if decision is not None and isinstance(decision.reason, EndedReason):
            query["ended"] = decision.reason if decision.reason in _TOLD else "yes"
        return RedirectResponse(self.login(**query), 303)

    def left(self, response: Response) -> None:
        """The person ended the session that asks: the browser and the host are told."""
        self.state.ended()
        self.parts.host.logged_out(self.request, response)

    def rotated(self, rotated: Rotated) -> None:
        """Go on with the session's new token, on this page and in the browser."""
        self.state.rotated(rotated)
        self.session_or_none = rotated.session

    def number(self, name: str) -> int:
        """The whole number in a field of the form; 0 for anything else."""
        text = self.form.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0

    def form_secret(self, *, make: bool = False) -> str | None:
        """What form tokens are made from: the session's token, before login a cookie of its own."""
        if self.session_or_none is not None:
            return self.token
        name = self.state.names.before_login
        secret = self.state.cookie(name)
        if secret is None and make:
            secret = secrets.token_urlsafe(32)
            self.state.set_cookie(name, secret, max_age=_PRE_LIFE)
        return secret

    def check_form(self) -> None:
        """Refuse a form that was not drawn for this browser (I10).

        Raises:
            Refused: The token in it is missing or another's.
        """
        secret = self.form_secret()
        if secret is None or not is_proof(secret, "form", self.form.get("form_token", "")):
            raise Refused(FORM_EXPIRED)

    def page(self, template: str, code: int = 200, /, **context: Any) -> Response:
        """Draw a page for whoever asks, which nobody may keep."""
        return self._answer(self.part(template, **context), code)

    def part(self, template: str, /, **context: Any) -> str:
        """Draw a page, or a part of one, for whoever asks."""
        token = form_token(self.form_secret(make=True) or "")
        person = self.person_or_none
        warning = None if person is None else idle_warning(self._policy())
        return self._draw(template, user=person, form_token=token, idle=warning, **context)

    def _policy(self) -> Policy:
        """What holds for whoever asks, at present."""
        organizations = self.session.organizations
        return self.parts.sessions.policies.now_for(self.session.user_id, organizations)

    def message(self, title: str, text: str, status: int) -> Response:
        """Draw a page that only tells something, and asks the database nothing."""
        html = self._draw(
            "message.html",
            user=None,
            form_token="",
            idle=None,
            title=self.say(title),
            text=self.say(text),
            action_label=self.say("Back to your account"),
            action_url=self.home,
        )
        return self._answer(html, status)

    def _answer(self, html: str, code: int) -> Response:
        return HTMLResponse(html, code, headers={"Cache-Control": "no-store"})

    def _draw(self, template: str, /, **context: Any) -> str:
        return self.parts.renderer.draw(
            template,
            site=self.parts.site,
            url=self.url,
            home=self.home,
            login=self.login,
            password_url=self.parts.host.password(self.request.scope),
            now=self.parts.sessions.clock.now(),
            current_path=self.path,
            current_address=self.address,
            **context,
        )
