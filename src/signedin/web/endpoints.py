"""From a request to the plain function that answers it, and what stands before each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from signedin.web import threads
from signedin.web.guard import refuse_foreign
from signedin.web.media_type import is_utf8
from signedin.web.operations import Operation
from signedin.web.problems import (
    BROKEN_JSON,
    INCOMPLETE,
    NOT_A_FORM,
    NOT_JSON,
    TOO_LARGE,
    Refused,
    invalid,
    too_many_requests,
)
from signedin.web.visit import Parts, Visit

LARGEST_BODY = 64 * 1024  # bytes; the longest form here is a few hundred
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"

Handler = Callable[[Visit], Response]
Endpoint = Callable[[Request], Awaitable[Response]]
Struct = TypeVar("Struct", bound=msgspec.Struct)


def route(path: str, endpoints: Mapping[str, Endpoint]) -> BaseRoute:
    """One address, and what answers each of its methods."""
    allowed = [*endpoints, "HEAD"] if "GET" in endpoints else [*endpoints]

    async def endpoint(request: Request) -> Response:
        if request.method not in allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    found = Route(path, endpoint)
    found.methods = None  # each one ends here: none is left to the next address, such as {id}
    return found


def page(parts: Parts, handler: Handler, *, public: bool = False) -> Endpoint:
    """An endpoint for a page; who is not logged in is sent to the login unless ``public``."""

    def answer(visit: Visit) -> Response:
        if not public:
            if visit.person_or_none is None:
                return visit.to_login()
            _refuse_too_many(visit)
        if visit.request.method == "POST":
            visit.check_form()
        return handler(visit)

    async def endpoint(request: Request) -> Response:
        refuse_foreign(request, parts.origins)
        body = await _body(request)
        if body and not is_utf8(_FORM, request.headers.getlist("content-type")):
            raise Refused(NOT_A_FORM)
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return await threads.run(answer, Visit(request, parts, form), fields=form)

    return endpoint


def api(parts: Parts, operation: Operation) -> Endpoint:
    """An endpoint of the JSON API; who is not logged in gets 401 unless it is public."""

    fields = operation.body.__struct_fields__ if operation.body else ()

    def answer(visit: Visit, body: bytes) -> Response:
        if not operation.public:
            visit.session  # noqa: B018 - refuses who has none
            if operation.limited:
                _refuse_too_many(visit)
        given: dict[str, Any] = {}
        if operation.body is not None:
            given["body"] = _read_body(visit.request, body, operation.body)
        if operation.query is not None:
            given["query"] = _read_query(visit.request, operation.query)
        return operation.handler(visit, **given)

    async def endpoint(request: Request) -> Response:
        refuse_foreign(request, parts.origins)
        body = b"" if operation.body is None else await _body(request)
        return await threads.run(answer, Visit(request, parts), body, fields=fields)

    return endpoint


def _refuse_too_many(visit: Visit) -> None:
    """Count a request of somebody logged in.

    Raises:
        Refused: They have asked for too much of late.
    """
    now = visit.parts.sessions.clock.time()
    wait = visit.parts.limits.take(visit.user_id, visit.session.id, now)
    if wait:
        raise Refused(too_many_requests(wait))


async def _body(request: Request) -> bytes:
    """The body, unless it is larger than anything meant for us, or breaks off."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                raise Refused(TOO_LARGE)
    except ClientDisconnect:
        raise Refused(INCOMPLETE) from None
    return body


def _read_body(request: Request, body: bytes, kind: type[Struct]) -> Struct:
    """The body as JSON of the kind expected.

    Raises:
        Refused: Not JSON by its type (R-07), not JSON at all, or not of this kind.
    """
    if not is_utf8(_JSON, request.headers.getlist("content-type")):
        raise Refused(NOT_JSON)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Refused(invalid(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(BROKEN_JSON) from None


def _read_query(request: Request, kind: type[Struct]) -> Struct:
    """What stands behind the question mark, as the kind expected.

    Raises:
        Refused: A value makes no sense, or there are two. Unknown names are left alone.
    """
    texts = {}
    for name in kind.__struct_fields__:
        values = request.query_params.getlist(name)
        if len(values) > 1:
            raise Refused(invalid(f"Expected one value, got {len(values)} - at `$.{name}`"))
        if values:
            texts[name] = values[0]
    try:
        read = msgspec.convert(texts, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(invalid(str(error))) from None
    for name, text in texts.items():
        value = getattr(read, name)
        if isinstance(value, int) and str(value) != text:  # such as 1e2, which is 100 to msgspec
            raise Refused(invalid(f"Expected a whole number - at `$.{name}`"))
    return read
