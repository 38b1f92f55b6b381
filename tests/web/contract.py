"""What the API's document says of an answer, held against answers that were given."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jsonschema_rs

from signedin.core.cookie import CookieNames
from signedin.web.app import OPERATIONS
from signedin.web.openapi import ApiDescription

DOCUMENT = ApiDescription(OPERATIONS).document("", cookie=CookieNames().session)
# Where there is no operation, and where the request is not even read.
ELSEWHERE = {
    400: ["bad-host"],
    404: ["not-found"],
    405: ["method-not-allowed"],
    408: ["too-slow"],
    431: ["head-too-long"],
}


def check_answer(answer: Any) -> None:
    """Fail unless the document has the answer that a client got, if it is one of the API's.

    For the event hooks of an HTTP client.
    """
    answer.read()
    path, method = answer.request.url.path, answer.request.method
    described = _responses(path, "GET" if method == "HEAD" else method)
    if described is None:
        if path.startswith("/api/") and path != "/api/docs":
            assert answer.json()["code"] in ELSEWHERE[answer.status_code], (method, path)
        return
    label = f"{answer.status_code} to {method} {path}"
    assert str(answer.status_code) in described, f"undocumented: {label}"
    response = described[str(answer.status_code)]
    for name, header in response["headers"].items():
        assert name in answer.headers, f"{label} has no {name}"
        _validator(header["$ref"] + "/schema").validate(answer.headers[name])
    (media_type,) = response["content"]
    assert answer.headers["content-type"] == media_type, label
    if method != "HEAD":
        _validator(f"{_pointer(path)}/{method.lower()}/responses/{answer.status_code}/content/"
                   f"{_escaped(media_type)}/schema").validate(answer.json())  # fmt: skip


def _responses(path: str, method: str) -> dict[str, Any] | None:
    template = _template(path)
    described: dict[str, Any] = {} if template is None else DOCUMENT["paths"][template]
    operation = described.get(method.lower())
    return None if operation is None else operation["responses"]


@cache
def _template(path: str) -> str | None:
    """The address in the document that a path is one of; those without `{id}` come first."""
    paths: dict[str, Any] = DOCUMENT["paths"]
    return next(
        (t for t in sorted(paths) if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", t), path)), None
    )


def _pointer(path: str) -> str:
    return f"#/paths/{_escaped(_template(path) or '')}"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


@cache
def _validator(pointer: str) -> Any:
    parts = {name: DOCUMENT[name] for name in ("paths", "components")}
    return jsonschema_rs.validator_for({"$ref": pointer, **parts}, validate_formats=True)
