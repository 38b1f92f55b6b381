"""Find a person, and see what they are logged in with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from signedin.accounts.user import User
from signedin.core.policy import user_scope
from signedin.web import times
from signedin.web.account import most_shown
from signedin.web.admin import guard
from signedin.web.admin.notice import banner
from signedin.web.admin.rows import ended_rows, live_rows
from signedin.web.problems import NOT_FOUND, Refused
from signedin.web.server import server
from signedin.web.times import Time
from signedin.web.visit import Visit

HOME = "/admin/users"
_FOUND = 50  # people on a page
QUERY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One person in the list."""

    user: User
    sessions: int


@dataclass(frozen=True, slots=True)
class About:
    """What is told about a person above their sessions."""

    created: Time
    disabled: Time | None
    own_limit: str | None
    organizations: Sequence[str]


def find_page(visit: Visit) -> Response:
    query = visit.request.query_params.get("q", "")[:QUERY_LENGTH]
    after = visit.request.query_params.get("after", "")
    users, more = server(visit).accounts.search(query, after=after, limit=_FOUND)
    service = visit.parts.sessions
    return visit.page(
        "admin/people.html",
        query=query,
        people=[Found(user, len(service.list(user.id))) for user in users],
        is_first=not after,
        next=None if more is None else visit.url(HOME, q=query, after=more),
    )


def person_page(visit: Visit, code: int = 200, error: str | None = None) -> Response:
    """A person's sessions, live and ended; that they were looked at is written down first."""
    user, service = person(visit), visit.parts.sessions
    guard.note_view(visit, user.id)
    live, ended, most = service.list(user.id), service.history(user.id), most_shown(visit)
    return visit.page(
        "admin/person.html",
        code,
        person=user,
        about=_about(visit, user),
        rows=live_rows(visit, live[:most]),
        count=len(live),
        ended=ended_rows(visit, ended[:most]),
        notice=banner(visit),
        error=error,
        is_self=user.id == visit.user_id,
    )


def person(visit: Visit) -> User:
    """The person in the address.

    Raises:
        Refused: There is none.
    """
    user = server(visit).accounts.get(visit.request.path_params["user"])
    if user is None:
        raise Refused(NOT_FOUND)
    return user


def address(user: User, act: str = "") -> str:
    """Where a person's sessions are, or an act on them."""
    return f"{HOME}/{user.id}/sessions{act}"


def _about(visit: Visit, user: User) -> About:
    now, locale = visit.parts.sessions.clock.now(), visit.parts.renderer.locale
    own = visit.parts.sessions.policies.get(user_scope(user.id))
    limit = None if own is None else own.policy.idle_timeout
    return About(
        created=times.on_day(user.created_at, now, locale),
        disabled=None if user.disabled_at is None else times.on_day(user.disabled_at, now, locale),
        own_limit=None if limit is None else times.length(limit, locale),
        organizations=server(visit).organizations.of(user.id),
    )
