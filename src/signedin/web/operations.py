"""What the JSON API can be asked: each operation with all that its document says about it.

Operations stand in lists beside their handlers, such as ``api.OPERATIONS``. What one takes
and answers is written in the signature of its handler and nowhere else: a parameter
``body`` or ``query`` is decoded to its class, and the class in ``Answer[…]`` is what a good
answer holds. Most of what can go wrong follows from the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import msgspec
from starlette.responses import Response

from signedin.web import problems
from signedin.web.problems import Problem

Body = TypeVar("Body")


class Answer(Response, Generic[Body]):
    """A JSON document that nobody may keep."""

    media_type = "application/json"

    def __init__(
        self, body: Body, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        headers = {"Cache-Control": "no-store", **(headers or {})}
        super().__init__(msgspec.json.encode(body), status, headers)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one address.

    Args:
        summary: What it does, in a few words.
        description: What else there is to know, in Markdown; empty if nothing is.
        tag: The heading under which it is described.
        handler: Takes the visit, and ``body`` and ``query`` if it has parameters of these names.
        public: Whether it can be asked without a session.
        limited: Whether it counts against what one person may ask for in a minute.
        status: Of a good answer.
        sends: Headers of a good answer besides those of every one; `openapi.py` says what
            they mean.
        refusals: What can go wrong besides what follows from the rest.
    """

    method: str
    path: str
    handler: Callable[..., Response]
    summary: str
    description: str = ""
    tag: str = "Your sessions"
    public: bool = False
    limited: bool = True
    status: int = 200
    sends: tuple[str, ...] = ()
    refusals: tuple[Problem, ...] = ()

    @cached_property
    def body(self) -> type[msgspec.Struct] | None:
        """What has to be sent."""
        return self._signature.get("body")

    @cached_property
    def query(self) -> type[msgspec.Struct] | None:
        """What can stand behind the question mark."""
        return self._signature.get("query")

    @cached_property
    def answer(self) -> Any:
        """What a good answer holds."""
        (held,) = get_args(self._signature["return"])
        return held

    @property
    def changes(self) -> bool:
        """Whether it can change something."""
        return self.method != "GET"

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that can go wrong."""
        found = list(self.refusals)
        if not self.public:
            found += [problems.NOT_LOGGED_IN, problems.STORE_UNAVAILABLE]
            if self.limited:
                found.append(problems.TOO_MANY_REQUESTS)
        if self.changes:
            found += [problems.NOT_SAME_ORIGIN, problems.OUTCOME_UNKNOWN]
        if "{" in self.path:
            found.append(problems.NOT_FOUND)
        if self.body is not None:
            found += [problems.BROKEN_JSON, problems.INCOMPLETE, problems.TOO_LARGE]
            found.append(problems.NOT_JSON)
        if self.body is not None or self.query is not None:
            found.append(problems.INVALID)
        found.append(problems.INTERNAL)
        once = {problem.code: problem for problem in found}.values()
        return tuple(sorted(once, key=lambda problem: (problem.status, problem.code)))

    @cached_property
    def _signature(self) -> dict[str, Any]:
        return get_type_hints(self.handler)
