"""The OpenAPI 3.1 document of the JSON API, made of its operations and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

import msgspec

from signedin.web import bodies, problems
from signedin.web.operations import Operation
from signedin.web.problems import Problem

_VERSION = "1"  # of the interface; it is in the paths
_REF = "#/components/schemas/{name}"
_ABOUT = """\
A person’s own sessions, with the cookie of a session.

What changes something must be seen to come from our own page as soon as it carries one of our \
cookies: `Sec-Fetch-Site: same-origin`, which browsers set by themselves, or `Origin` equal to \
the public address. Bodies are `application/json` in UTF-8.

Errors are problems of RFC 9457. `title` and `detail` are for people and may change; `code` is \
for programs and stays. An address that does not exist answers 404 `not-found`, a method that \
it does not take 405 `method-not-allowed` with `Allow`, and a request that cannot even be read \
400 `bad-host`, 431 `head-too-long` or 408 `too-slow`. `HEAD` is answered wherever `GET` is.
"""

Json = dict[str, Any]


def _header(what: str, **schema: str) -> Json:
    return {"description": what, "required": True, "schema": {"type": "string", **schema}}


_HEADERS = {
    "Cache-Control": _header("Nobody may keep the answer.", const="no-store"),
    "Location": _header("Where what was made is."),
    "Retry-After": _header("In so many seconds it is worth another try.", pattern="^[0-9]+$"),
    "Set-Cookie": _header("The session’s cookie, among others."),
    "Vary": _header("The answer depends on the cookie.", pattern="Cookie"),
}

_IN_PATH = re.compile(r"\{(\w+)\}")
_PARAMETERS: dict[str, tuple[str, Json]] = {
    "id": ("The id of a session.", {"type": "string", "format": "uuid"}),
    "user": ("The id of a person.", {"type": "string", "format": "uuid"}),
    "scope": (
        "Whom a policy is for: `default`, `organization:NAME` or `user:ID`.",
        {"type": "string", "examples": ["default"]},
    ),
    "name": ("The name of an organization.", {"type": "string", "examples": ["acme"]}),
}


class ApiDescription:
    """What the API is, for programs; it takes a moment to make, so it is made when asked for.

    Args:
        operations: All that is answered as JSON.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = operations

    def document(self, root: str, *, cookie: str) -> Json:
        """The OpenAPI document of the API below ``root``; ``cookie`` is the session's name."""
        components = {**self._document["components"], "securitySchemes": _security(cookie)}
        return {**self._document, "servers": [{"url": root or "/"}], "components": components}

    @cached_property
    def _document(self) -> Json:
        schemas = _Schemas(self._operations)
        tags = dict.fromkeys(operation.tag for operation in self._operations)
        return {
            "openapi": "3.1.0",
            "info": {"title": "signedin", "version": _VERSION, "description": _ABOUT},
            "tags": [{"name": name} for name in tags],
            "paths": _paths(self._operations, schemas),
            "components": {"schemas": schemas.components, "headers": _HEADERS},
        }


def _security(cookie: str) -> Json:
    return {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie,
            "description": "Set by a login, and cleared when the session has ended.",
        }
    }


class _Schemas:
    """JSON schemas of the bodies, from the classes that encode and decode them."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        held = {one.answer for one in operations}
        held |= {one.body for one in operations if one.body is not None}
        held |= {p.carries for one in operations for p in one.problems if p.carries is not None}
        queries = {one.query for one in operations if one.query is not None}
        self.components = _described(sorted(held | {bodies.Problem}, key=str))
        self.components["Problem"]["properties"]["code"]["enum"] = sorted(
            {problem.code for problem in problems.ALL}
        )
        self._queries = _described(sorted(queries, key=str))

    def of(self, kind: Any) -> Json:
        """The schema of a body, by reference if it is one of our classes."""
        if isinstance(kind, type) and kind.__name__ in self.components:
            return {"$ref": _REF.format(name=kind.__name__)}
        return msgspec.json.schema(kind)

    def parameters(self, query: type[msgspec.Struct]) -> list[Json]:
        """The parameters that can stand in a query."""
        schema = self._queries[query.__name__]
        return [
            {
                "name": name,
                "in": "query",
                "required": name in schema["required"],
                "description": described.pop("description", ""),
                "schema": described,
            }
            for name, one in schema["properties"].items()
            for described in [dict(one)]
        ]


def _described(kinds: Iterable[Any]) -> Json:
    _, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    for schema in components.values():
        schema["description"] = schema["description"].split(". ")[0].rstrip(".") + "."
    return components


def _paths(operations: Sequence[Operation], schemas: _Schemas) -> Json:
    paths: Json = {}
    for operation in operations:
        path = paths.setdefault(operation.path, {})
        if parameters := [_parameter(name) for name in _IN_PATH.findall(operation.path)]:
            path["parameters"] = parameters
        path[operation.method.lower()] = _operation(operation, schemas)
    return paths


def _parameter(name: str) -> Json:
    what, schema = _PARAMETERS[name]
    return {"name": name, "in": "path", "required": True, "description": what, "schema": schema}


def _operation(operation: Operation, schemas: _Schemas) -> Json:
    described: Json = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": [] if operation.public else [{"session": []}],
    }
    if operation.description:
        described["description"] = operation.description
    if operation.query is not None:
        described["parameters"] = schemas.parameters(operation.query)
    if operation.body is not None:
        content = {"application/json": {"schema": schemas.of(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = {
        str(operation.status): _good_answer(operation, schemas),
        **{
            str(status): _refusal(list(those), schemas)
            for status, those in groupby(operation.problems, key=lambda problem: problem.status)
        },
    }
    return described


def _good_answer(operation: Operation, schemas: _Schemas) -> Json:
    depends = () if operation.public else ("Vary",)
    return {
        "description": "Done." if operation.changes else "What was asked for.",
        "headers": _headers("Cache-Control", *depends, *operation.sends),
        "content": {"application/json": {"schema": schemas.of(operation.answer)}},
    }


def _refusal(those: Sequence[Problem], schemas: _Schemas) -> Json:
    """One status, with all the problems that have it."""
    carrying = [problem for problem in those if problem.carries is not None]
    branches = [_branch([p], schemas.of(p.carries), schemas) for p in carrying]
    plain = [problem for problem in those if problem.carries is None]
    if plain:
        branches.append(_branch(plain, None, schemas))
    schema = branches[0] if len(branches) == 1 else {"anyOf": branches}
    return {
        "description": " ".join(f"`{p.code}`: {p.title}." for p in those),
        "headers": _headers("Cache-Control", *_sent_by_all(those)),
        "content": {"application/problem+json": {"schema": schema}},
    }


def _branch(those: Sequence[Problem], carries: Json | None, schemas: _Schemas) -> Json:
    told: Json = {
        "properties": {
            "status": {"const": those[0].status},
            "code": {"enum": [problem.code for problem in those]},
        }
    }
    parts = [schemas.of(bodies.Problem), told]
    return {"allOf": parts if carries is None else [*parts, carries]}


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _sent_by_all(those: Sequence[Problem]) -> list[str]:
    return [name for name in those[0].headers if all(name in p.headers for p in those)]
