"""The addresses that are there for everybody's own sessions, stand-alone or mounted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlette.routing import BaseRoute

from signedin.web import account, endpoints, log_out, own_limit
from signedin.web.endpoints import Endpoint, Handler
from signedin.web.host import HOME
from signedin.web.operations import Operation
from signedin.web.visit import Parts, Visit

_ONE = f"{HOME}/sessions/{{id}}"


def page(parts: Parts, path: str, *, public: bool = False, **handlers: Handler) -> BaseRoute:
    """The route of a page, with the handler of each method."""
    answers = {m: endpoints.page(parts, h, public=public) for m, h in handlers.items()}
    return endpoints.route(path, answers)


def own_pages(
    parts: Parts, *, confirming: Callable[[Handler], Handler], has_list: bool = True
) -> list[BaseRoute]:
    """The list of a person's own sessions, and a page for each act on it.

    Args:
        confirming: Wraps the handler of an act that may need a proof of presence.
        has_list: Whether the list is among them, and not on a page of the app around.
    """
    return [
        page(parts, "/", GET=Visit.to_home),
        page(parts, "/logout", GET=log_out.logout_page, POST=log_out.log_out_by_form),
        page(parts, "/settings", GET=Visit.to_home),
        page(parts, HOME, GET=account.account_page if has_list else Visit.to_home),
        page(
            parts,
            f"{HOME}/sessions/end-others",
            GET=account.others_page,
            POST=confirming(account.end_others),
        ),
        page(parts, f"{HOME}/sessions/end-all", GET=account.everywhere_page, POST=account.end_all),
        page(
            parts,
            f"{HOME}/own-limit",
            GET=Visit.to_home,
            POST=confirming(own_limit.set_own_limit),
        ),
        page(parts, _ONE, GET=account.session_page),
        page(
            parts,
            f"{_ONE}/terminate",
            GET=account.terminate_page,
            POST=confirming(account.terminate),
        ),
        page(parts, f"{_ONE}/rename", GET=account.rename_page, POST=account.rename),
    ]


def api(parts: Parts, operations: Iterable[Operation]) -> list[BaseRoute]:
    """The routes of the JSON API."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = endpoints.api(parts, operation)
    return [endpoints.route(path, methods) for path, methods in by_path.items()]
