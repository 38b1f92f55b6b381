"""What administrators can ask for: pages by their addresses, and operations of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from signedin.web.admin import (
    api_events,
    api_organizations,
    api_people,
    api_policies,
    ending,
    events,
    guard,
    newest,
    organizations,
    people,
    policies,
)
from signedin.web.confirm import confirming
from signedin.web.endpoints import Handler

_PERSON = f"{people.HOME}/{{user}}/sessions"
_ORGANIZATION = f"{organizations.HOME}/{{name}}"

_PAGES: Mapping[str, Mapping[str, Handler]] = {
    "/admin": {"GET": lambda visit: visit.redirect(people.HOME)},
    people.HOME: {"GET": people.find_page},
    _PERSON: {"GET": people.person_page},
    f"{_PERSON}/end": {"GET": ending.selected_page, "POST": ending.end_selected},
    f"{_PERSON}/end-all": {"GET": ending.all_page, "POST": ending.end_all},
    f"{_PERSON}/disable": {"GET": ending.disable_page, "POST": ending.disable},
    events.HOME: {"GET": events.events_page},
    newest.HOME: {"GET": newest.newest_page},
    organizations.HOME: {"GET": organizations.list_page, "POST": organizations.create},
    _ORGANIZATION: {"GET": organizations.organization_page, "POST": organizations.add_member},
    f"{_ORGANIZATION}/remove": {
        "GET": organizations.remove_page,
        "POST": organizations.remove_member,
    },
    f"{_ORGANIZATION}/delete": {"GET": organizations.delete_page, "POST": organizations.delete},
    policies.HOME: {"GET": policies.list_page},
    f"{policies.HOME}/{{scope}}": {"GET": policies.policy_page, "POST": policies.check_or_save},
}


OPERATIONS = (
    *api_people.OPERATIONS,
    *api_policies.OPERATIONS,
    *api_organizations.OPERATIONS,
    *api_events.OPERATIONS,
)


def pages() -> Iterator[tuple[str, dict[str, Handler]]]:
    """Each address with its handlers, by method: guarded, and confirmed where it acts."""
    for path, handlers in _PAGES.items():
        yield (
            path,
            {
                method: guard.page(handler if method == "GET" else confirming(handler))
                for method, handler in handlers.items()
            },
        )
