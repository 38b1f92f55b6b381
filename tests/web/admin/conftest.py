"""Administrators and other people on the whole application."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.user import User
from signedin.core.event import Event
from signedin.core.permission import Actor
from signedin.wiring import Sessions
from tests.clients import FIREFOX
from tests.web.conftest import PASSWORD, Browser, NewBrowser, form_token_of

ROOTS_EMAIL = "root@example.org"
CLI = Actor.admin("cli")

Events = Callable[[], list[Event]]


@pytest.fixture
def grace(accounts: Accounts) -> User:
    return accounts.create(ROOTS_EMAIL, "Grace Hopper", PASSWORD, admin=True)


@pytest.fixture
def root(new_browser: NewBrowser, grace: User) -> Browser:
    """A browser in which an administrator is logged in."""
    logged_in = new_browser(FIREFOX, "192.0.2.44")
    assert logged_in.log_in(ROOTS_EMAIL).status_code == 201
    return logged_in


@pytest.fixture
def events(sessions: Sessions) -> Events:
    """What was written down, the newest first."""
    return lambda: [event for _, event in sessions.events.latest(1000)]


def fields_of(html: str) -> dict[str, str]:
    """The hidden fields of the form that a page asks with."""
    form = html.split('method="post"')[1].split("</form>")[0]
    inputs = [part.split(">")[0] for part in form.split('type="hidden"')[1:]]
    return {i.split('name="')[1].split('"')[0]: i.split('value="')[1].split('"')[0] for i in inputs}


def act(browser: Browser, path: str, **fields: str) -> object:
    """Open a page that asks, and send its form as a browser without scripts does."""
    asked = browser.get(path)
    assert asked.status_code == 200, asked.text
    address = path.partition("?")[0]
    form = {**fields_of(asked.text), "form_token": form_token_of(asked.text), **fields}
    return browser.post(address, data=form)
