"""The description of the API as a page for people, drawn from the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape
from starlette.responses import Response

from signedin.web import problems
from signedin.web.openapi import Json
from signedin.web.problems import Problem
from signedin.web.visit import Visit

_CODE = re.compile("`([^`]*)`")
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a member of a body."""

    name: str
    type: Markup
    is_required: bool
    text: Markup


@dataclass(frozen=True, slots=True)
class Body:
    """A class of bodies, with all its members or all its values."""

    name: str
    text: Markup
    fields: list[Field]
    values: Markup


@dataclass(frozen=True, slots=True)
class Outcome:
    """One status that an operation can answer with."""

    status: str
    text: Markup
    body: Markup


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation."""

    anchor: str
    method: str
    path: str
    summary: str
    text: Markup
    needs_session: bool
    parameters: list[Field]
    body: Markup
    outcomes: list[Outcome]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations under one heading."""

    name: str
    entries: list[Entry]


def api_page(visit: Visit) -> Response:
    document = visit.document()
    return visit.page(
        "api.html",
        introduction=[_marked(text) for text in document["info"]["description"].split("\n\n")],
        groups=_groups(document),
        bodies=[_body(name, one) for name, one in document["components"]["schemas"].items()],
        problems=sorted(_problems(), key=lambda problem: (problem.status, problem.code)),
    )


def _problems() -> Iterator[Problem]:
    """Each code once: what a form is refused for may have the code of a body."""
    yield from {problem.code: problem for problem in reversed(problems.ALL)}.values()


def _groups(document: Json) -> list[Group]:
    entries: dict[str, list[Entry]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                one = methods[method]
                shared = methods.get("parameters", [])
                entries[one["tags"][0]].append(_entry(method, path, one, shared))
    return [Group(name, those) for name, those in entries.items()]


def _entry(method: str, path: str, one: Json, shared: list[Json]) -> Entry:
    content = one.get("requestBody", {}).get("content", {})
    return Entry(
        anchor=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        text=_marked(one.get("description", "")),
        needs_session=bool(one["security"]),
        parameters=[
            Field(p["name"], _type(p["schema"]), p["required"], _marked(p["description"]))
            for p in [*shared, *one.get("parameters", [])]
        ],
        body=_content(content),
        outcomes=[
            Outcome(status, _marked(answer["description"]), _content(answer["content"]))
            for status, answer in one["responses"].items()
        ],
    )


def _content(content: Json) -> Markup:
    for media_type, held in content.items():
        if media_type == "application/json":
            return _type(held["schema"])
    return Markup("")


def _body(name: str, schema: Json) -> Body:
    required = schema.get("required", [])
    return Body(
        name,
        _marked(schema["description"]),
        [
            Field(member, _type(one), member in required, _marked(one.get("description", "")))
            for member, one in schema.get("properties", {}).items()
        ],
        _values(schema),
    )


def _type(schema: Json) -> Markup:
    """What a value can be, in a few words; a class of ours leads to where it stands."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" or ").join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return _values(schema)
    if schema.get("type") == "array":
        return Markup("list of {}").format(_type(schema["items"]))
    kind = schema.get("format", schema.get("type", ""))
    bounds = [str(schema[name]) for name in ("minimum", "maximum") if name in schema]
    if len(bounds) == 2:
        return escape(f"{kind}, {bounds[0]} to {bounds[1]}")
    if "maxLength" in schema:
        return escape(f"{kind}, up to {schema['maxLength']} characters")
    return escape(kind)


def _values(schema: Json) -> Markup:
    values = [Markup("<code>{}</code>").format(value) for value in schema.get("enum", [])]
    return Markup(", ").join(values)


def _marked(text: str) -> Markup:
    """A text of the document, with its `code` marked as such."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
