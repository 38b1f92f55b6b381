"""What the server tells of itself: whether it is well, and what can be asked of it."""

from __future__ import annotations

from typing import Any

from signedin.web import bodies
from signedin.web.operations import Answer, Operation
from signedin.web.problems import STORE_UNAVAILABLE
from signedin.web.visit import Visit

_TAG = "Operations"
_WELL = bodies.Health("ok")


def is_alive(visit: Visit) -> Answer[bodies.Health]:
    """The process answers; nothing is asked of the database."""
    return Answer(_WELL)


def is_ready(visit: Visit) -> Answer[bodies.Health]:
    """The database answers; raises ``StoreUnavailableError``, and so 503, if it does not."""
    visit.parts.sessions.begin_login(None)
    return Answer(_WELL)


def describe_api(visit: Visit) -> Answer[dict[str, Any]]:
    return Answer(visit.document())


DESCRIPTION = Operation(
    method="GET",
    path="/api/v1/openapi.json",
    handler=describe_api,
    summary="Read this description",
    description="OpenAPI 3.1; the same for people is at `/api/docs`, where there are pages.",
    tag=_TAG,
    public=True,
)

OPERATIONS = (
    Operation(
        method="GET",
        path="/healthz",
        handler=is_alive,
        summary="Ask whether the process runs",
        tag=_TAG,
        public=True,
    ),
    Operation(
        method="GET",
        path="/readyz",
        handler=is_ready,
        summary="Ask whether the server can serve",
        description="The database can be read.",
        tag=_TAG,
        public=True,
        refusals=(STORE_UNAVAILABLE,),
    ),
    DESCRIPTION,
)
