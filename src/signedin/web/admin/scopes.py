"""The scopes that there are policies for: everybody's, each organization's, each person's."""

from __future__ import annotations

from signedin.core.policy import DEFAULT_SCOPE, organization_scope, person_of
from signedin.web.problems import NOT_FOUND, Refused
from signedin.web.server import server
from signedin.web.visit import Visit


def shared_scopes(visit: Visit) -> list[str]:
    """Everybody's, and those of the organizations by name."""
    names = [organization.name for organization in server(visit).organizations.list()]
    return [DEFAULT_SCOPE, *(organization_scope(name) for name in names)]


def shared_scope(visit: Visit) -> str:
    """The scope in the address of a page; what people set for themselves has none.

    Raises:
        Refused: There is no such scope.
    """
    scope: str = visit.request.path_params["scope"]
    if scope not in shared_scopes(visit):
        raise Refused(NOT_FOUND)
    return scope


def any_scope(visit: Visit) -> str:
    """The scope in an address of the API.

    Raises:
        Refused: There is no such scope.
    """
    scope: str = visit.request.path_params["scope"]
    user_id = person_of(scope)
    if user_id is None:
        return shared_scope(visit)
    if server(visit).accounts.get(user_id) is None:
        raise Refused(NOT_FOUND)
    return scope
