"""What holds for the text of every page of administrators, as for all the others."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from signedin.core.effect import Effect
from signedin.core.policy import PRESETS, Policy
from signedin.web.admin.events import Row as EventRow
from signedin.web.admin.organizations import Listed, ListedMember
from signedin.web.admin.people import About, Found
from signedin.web.admin.policies import Outcome, Scope
from signedin.web.admin.policy_form import LENGTHS, Filled
from signedin.web.admin.policy_words import LABELS, Changed, Difference, Limit
from signedin.web.admin.rows import AdminRow
from signedin.web.facts import Banner
from tests.clock import MONDAY
from tests.web.drawn import ENDED, time
from tests.web.test_templates import (
    STATIC,
    Page,
    draw,
    test_each_id_is_there_once_and_each_reference_leads_somewhere,
    test_every_address_of_ours_is_below_the_mount_point,
    test_every_form_that_changes_something_carries_the_token,
    test_every_text_comes_from_the_catalogue,
    test_icons_are_hidden_from_screen_readers_and_in_the_sprite,
    test_no_page_has_a_script_or_a_style_of_its_own,
    test_so_does_what_is_only_heard_and_what_the_script_says,
    test_tables_stay_tables_when_their_rows_become_blocks,
)

__all__ = [
    "test_each_id_is_there_once_and_each_reference_leads_somewhere",
    "test_every_address_of_ours_is_below_the_mount_point",
    "test_every_form_that_changes_something_carries_the_token",
    "test_every_text_comes_from_the_catalogue",
    "test_icons_are_hidden_from_screen_readers_and_in_the_sprite",
    "test_no_page_has_a_script_or_a_style_of_its_own",
    "test_so_does_what_is_only_heard_and_what_the_script_says",
    "test_tables_stay_tables_when_their_rows_become_blocks",
]

LARGEST_ADMIN_SCRIPT = 2_500  # bytes, as written
USER: Any = SimpleNamespace(
    id="u7", name="[Ada]", email="[ada@example.org]", is_admin=True, disabled_at=MONDAY
)
A_NUMBER: Any = "[3]"  # in brackets, as all data here
BANNER = Banner("[Policy saved.]", "[It holds.]", advice=False)


def row(n: int, **more: Any) -> AdminRow:
    values: dict[str, Any] = {
        "id": f"0199a000-0000-7000-8000-{n:012}",
        "label": f"[Firefox {n}]",
        "device": f"[Firefox {n}]",
        "kind": "desktop",
        "is_current": n == 0,
        "place": "[Lima, Peru]",
        "used": time("[2 days ago]", live="[Active now]"),
        "logged_in": time("[Nov 3]"),
        "how": "[Password]",
        "ends": time("[Dec 3]"),
        "ends_note": "[If it is not used again]",
        "user_id": "u7",
        "email": "[ada@example.org]",
    }
    return AdminRow(**values | more)


ROWS = [row(0), row(1, ends=None, ends_note=None, email=None)]
LIMITS = [Limit(name, f"[{label}]", "[9 days]", is_set=True) for name, label in LABELS.items()]
SCOPE = Scope("[Acme]", "/mounted/admin/policies/organization%3AAcme", LIMITS, time("[Nov 3]"))
UNSET = Scope("[Everybody]", "/mounted/admin/policies/default", [], None)
FROM_SETTINGS = Scope("[Everybody]", "/mounted/admin/policies/default", LIMITS, None)
PERSON = {
    "person": USER,
    "about": About(time("[Aug 2]"), time("[Nov 3]"), "[7 days]", ["[Acme]"]),
    "rows": ROWS,
    "count": 300,
    "ended": ENDED,
    "notice": BANNER,
    "error": "[Select some.]",
    "is_self": False,
}
QUESTION = {
    "title": "[Terminate all?]",
    "person": USER,
    "lead": "[Nobody can log in.]",
    "devices": ["[Firefox]"],
    "more": 3,
    "includes_own": True,
    "act": "[Terminate]",
    "action": "/mounted/x",
    "cancel": "/mounted/y",
    "ids": "a b",
    "reason": "[Lost]",
    "longest": 200,
    "error": "[Say why.]",
}
POLICY = {
    "scope": SCOPE,
    "filled": Filled.with_policy(Policy(idle_timeout=PRESETS["aal2"].idle_timeout)),
    "base": ("base", "2026-11-23T10:00:00+00:00"),
    "lengths": LENGTHS,
    "units": [("days", "[days]"), ("hours", "[hours]")],
    "current": {limit.name: limit for limit in LIMITS},
    "when_full": [("ask", "[ask]")],
    "presets": {},  # their names are the same in every language
    "history": [
        Changed(time("[Nov 3]"), "[root]", "[Audit]", [Difference("[Longest]", "[9]", "[3]")]),
        Changed(time("[Nov 2]"), "[root]", "[Audit]", []),
    ],
    "notice": BANNER,
    "error": None,
    "wrong": "",
    "outcome": None,
    "refused": None,
    "must_type": False,
    "reason": "",
    "longest": 200,
}
OUTCOME = Outcome(
    Effect(MONDAY, 300, 40, 1, 1), time("[14:02]"), "[You: stays.]", ["[Odd.]"], ROWS, "seal"
)
QUIET = Outcome(Effect(MONDAY, 0, 0, 0, 0), time("[14:02]"), "[You: stays.]", [], [], "seal")
EVENTS = {
    "rows": [
        EventRow(
            "[Ended]", "[Lost]", time("[Nov 3]"), "[ada]", "/mounted/admin/users/u7", "[root]"
        ),
        EventRow("[Policy changed]", "", time("[Nov 3]"), None, None, "[root]"),
    ],
    "person": USER,
    "typed": "",
    "is_first": False,
    "start": "/mounted/admin/events",
    "next": "/mounted/admin/events?before=3",
}
ORGANIZATION = {
    "name": "[Acme]",
    "here": "/mounted/admin/organizations/Acme",
    "policy": "/mounted/admin/policies/x",
    "members": [ListedMember("[Ada]", "[ada]", "/mounted/a", time("[Nov 3]"), "/mounted/r")],
    "email": "",
    "error": None,
    "notice": None,
}
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "people": (
        "people.html",
        {
            "query": "",
            "people": [Found(USER, A_NUMBER)],
            "is_first": False,
            "next": "/mounted/next",
        },
    ),
    "nobody": ("people.html", {"query": "[x]", "people": [], "is_first": True, "next": None}),
    "person": ("person.html", PERSON),
    "a person without sessions": (
        "person.html",
        PERSON | {"rows": [], "count": 0, "ended": [], "notice": None, "error": None},
    ),
    "question": ("question.html", QUESTION),
    "another question": (
        "question.html",
        QUESTION | {"lead": None, "devices": [], "more": 0, "error": None, "ids": None},
    ),
    "ask": (
        "ask.html",
        {"title": "[Remove?]", "about": "[Acme]", "lead": "[Ada]", "extra": "[It stays.]"}
        | {"act": "[Remove]", "action": "/mounted/x", "cancel": "/mounted/y"}
        | {"kept": {"user": "u7"}},
    ),
    "newest": ("newest.html", {"rows": ROWS, "is_first": False, "next": "/mounted/next"}),
    "policies": ("policies.html", {"scopes": [SCOPE, UNSET, FROM_SETTINGS]}),
    "policy": ("policy.html", POLICY),
    "policy refused": ("policy.html", POLICY | {"error": "[No.]", "wrong": "lifetime"}),
    "policy checked": (
        "policy.html",
        POLICY | {"outcome": OUTCOME, "must_type": True, "refused": "[Look again.]"},
    ),
    "policy without effect": ("policy.html", POLICY | {"outcome": QUIET, "history": []}),
    "organizations": (
        "organizations.html",
        {"organizations": [Listed("[Acme]", "/mounted/o", A_NUMBER, time("[Nov 3]"))]}
        | {"name": "", "longest": 100, "error": "[Taken.]", "notice": BANNER},
    ),
    "no organizations": (
        "organizations.html",
        {"organizations": [], "name": "", "longest": 100, "error": None, "notice": None},
    ),
    "organization": ("organization.html", ORGANIZATION),
    "an empty organization": (
        "organization.html",
        ORGANIZATION | {"members": [], "error": "[Nobody.]", "notice": BANNER},
    ),
    "events": ("events.html", EVENTS),
    "no events": (
        "events.html",
        EVENTS | {"rows": [], "typed": "[x]", "person": None, "next": None},
    ),
    "none yet": ("events.html", EVENTS | {"rows": [], "person": None, "is_first": True}),
}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    template, context = PAGES[request.param]
    return Page(draw(f"admin/{template}", context))


def test_the_script_is_small_and_never_makes_elements_from_text() -> None:
    script = (STATIC / "admin.js").read_text()

    assert len(script.encode()) <= LARGEST_ADMIN_SCRIPT
    assert re.findall(r"\w*(?:HTML|eval|document\.write|new Function)\b", script) == []
