"""The form for policies, filled in and sent as a browser does."""

from __future__ import annotations

from html import unescape
from typing import Any

from tests.web.admin.conftest import fields_of
from tests.web.conftest import Browser, form_token_of

DEFAULT = "/admin/policies/default"
UNITS = {name: "days" for name in ("lifetime_unit", "idle_timeout_unit", "settle_time_unit")} | {
    "confirm_within_unit": "minutes",
    "when_full": "ask",
}


def check(root: Browser, path: str = DEFAULT, **fields: str) -> Any:
    """Fill in the form from nothing, and press "Check effect"."""
    token = form_token_of(root.get(path).text)
    return root.post(path, data={**UNITS, **fields, "form_token": token, "act": "check"})


def save(root: Browser, checked: Any, path: str = DEFAULT, **fields: str) -> Any:
    """Press "Save policy" on a page that shows the effect."""
    shown = {name: unescape(value) for name, value in fields_of(checked.text).items()}
    form = {**UNITS, **typed(checked.text), **shown, "reason": "Audit finding 7"}
    token = form_token_of(checked.text)
    return root.post(path, data={**form, **fields, "form_token": token, "act": "save"})


def typed(html: str) -> dict[str, str]:
    """What stands in the fields of the form, as a browser would send it again."""
    found = {}
    for tag in html.split("<input ")[1:]:
        tag = tag.split(">")[0]
        if 'inputmode="numeric"' in tag and 'name="typed"' not in tag:
            value = tag.split('value="')[1].split('"')[0]
            found[tag.split('name="')[1].split('"')[0]] = value
        if 'name="end_earlier"' in tag and "checked" in tag:
            found["end_earlier"] = "on"
    for select in html.split("<select ")[1:]:
        name = select.split('name="')[1].split('"')[0]
        found[name] = select.split('" selected')[0].rsplit('value="', 1)[1]
    return found
