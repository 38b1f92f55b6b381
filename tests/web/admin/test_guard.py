"""Only administrators come in, asked of the database each time; others are told nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.user import User
from signedin.core.event import EventKind
from signedin.core.token import form_token
from signedin.web.admin.routes import OPERATIONS, pages
from tests.web.admin.conftest import CLI, Events
from tests.web.answers import problem
from tests.web.conftest import JSON, NO_ID, Browser, NewBrowser

EXAMPLES = {"{user}": NO_ID, "{scope}": "default", "{name}": "acme"}
PAGES = [(method, path) for path, methods in pages() for method in methods]
BODIES: dict[str, Any] = {
    "end_sessions_of_user": {"scope": "all", "reason": "Lost"},
    "disable_user": {"reason": "Left"},
    "set_policy": {"reason": "Audit"},
    "check_policy": {},
    "create_organization": {"name": "acme"},
}


def filled(path: str) -> str:
    for name, value in EXAMPLES.items():
        path = path.replace(name, value)
    return path


def ask(browser: Browser, operation: Any) -> Any:
    body = BODIES.get(operation.handler.__name__)
    return browser.http.request(
        operation.method, filled(operation.path), json=body, headers=JSON, follow_redirects=False
    )


def test_there_is_something_to_guard() -> None:
    assert len(PAGES) > 15
    assert len(OPERATIONS) > 12


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_to_others_no_page_exists_and_that_they_asked_is_written_down(
    browser: Browser, events: Events, method: str, path: str
) -> None:
    """R-13, O-08, attack 81."""
    data = {"form_token": form_token(browser.token)} if method == "POST" else None
    made_up = browser.get("/admin/made-up")
    answer = browser.http.request(
        method, filled(path), data=data, headers=JSON, follow_redirects=False
    )

    assert answer.status_code == 404
    if method == "GET":
        assert answer.text == made_up.text.replace("/admin/made-up", filled(path))
    (event,) = [e for e in events() if e.kind is EventKind.NOT_PERMITTED]
    assert event.details == {"path": filled(path)}
    assert event.actor.id == browser.current["id"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.handler.__name__)
def test_to_others_the_api_says_that_they_are_not_permitted(
    browser: Browser, events: Events, operation: Any
) -> None:
    problem(ask(browser, operation), 403, "not-permitted")

    assert [e.kind for e in events()].count(EventKind.NOT_PERMITTED) == 1


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.handler.__name__)
def test_who_is_not_logged_in_is_told_so(new_browser: NewBrowser, operation: Any) -> None:
    problem(ask(new_browser(), operation), 401, "not-logged-in")


@pytest.mark.parametrize(("method", "path"), [one for one in PAGES if one[0] == "GET"])
def test_who_is_not_logged_in_is_led_to_the_login(
    new_browser: NewBrowser, method: str, path: str
) -> None:
    answer = new_browser().get(filled(path))

    assert answer.headers["location"].startswith("/login?next=%2Fadmin")


@pytest.mark.parametrize("path", [path for method, path in PAGES if method == "POST"])
def test_a_form_needs_the_token_of_the_session(root: Browser, path: str) -> None:
    for token in ("", "x", form_token("another")):
        answer = root.post(filled(path), data={"form_token": token, "reason": "x"})
        assert answer.status_code == 403
        assert "This form is no longer good" in answer.text


def test_who_is_an_administrator_no_more_is_out_with_the_next_request(
    root: Browser, database: Path, grace: User
) -> None:
    """Attack 81: the session lives on, the right does not."""
    assert root.get("/admin/users").status_code == 200
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE signedin_users SET is_admin = 0 WHERE id = ?", [grace.id])

    assert root.get("/admin/users").status_code == 404
    problem(root.get("/api/v1/admin/users"), 403, "not-permitted")
    assert root.get("/settings/account").status_code == 200


def test_an_account_that_is_disabled_opens_nothing(
    root: Browser, accounts: Accounts, grace: User
) -> None:
    accounts.disable(grace.id, by=CLI)

    assert root.get("/admin/users").headers["location"].startswith("/login")


@pytest.mark.parametrize("path", ["/settings/account", "/help/sessions"])
def test_only_administrators_see_the_way_in(browser: Browser, root: Browser, path: str) -> None:
    way: Callable[[Browser], bool] = lambda who: 'href="/admin/users"' in who.get(path).text  # noqa: E731

    assert way(root)
    assert not way(browser)


def test_the_front_door_leads_to_the_people(root: Browser) -> None:
    assert root.get("/admin").headers["location"] == "/admin/users"
