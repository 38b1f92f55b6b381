"""From an empty database to the own session, with nothing but what the terminal shows."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CHROMIUM, Serve
from tests.browser.people import PASSWORD, NewDevice, Person

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def program() -> str:
    """The browser that people have."""
    return CHROMIUM


def test_the_link_in_the_terminal_leads_to_the_own_session(
    serve: Serve, new_device: NewDevice
) -> None:
    """Acceptance 1."""
    server = serve()
    device = new_device(at=server)
    page = device.page

    page.goto(server.setup_link)
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()

    expect(device.rows).to_have_count(1)
    row = device.row("Chromium on Linux")
    expect(row.get_by_text("Current session")).to_be_visible()
    expect(row.get_by_text("Active now")).to_be_visible()
    expect(row.get_by_text("Private network")).to_be_visible()


def test_an_address_in_any_script_logs_in(serve: Serve, new_device: NewDevice) -> None:
    """A browser's own idea of an address would encode the domain and refuse the rest."""
    server = serve()
    person = Person("josé@bücher.example", "José")
    server.add_user(person.email, person.name)

    new_device(at=server).log_in(person).expect_logged_in()


def test_the_link_works_once(serve: Serve, new_device: NewDevice) -> None:
    server = serve()
    server.add_user("ada@example.org", "Ada")
    page = new_device(at=server).page

    answer = page.goto(server.setup_link)

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="This set-up link is no longer good")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_count(0)


def test_a_weak_password_is_told_where_it_was_typed(serve: Serve, new_device: NewDevice) -> None:
    server = serve()
    page = new_device(at=server).page

    page.goto(server.setup_link)
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_role("textbox", name="Password").fill("password")
    page.get_by_role("button", name="Create account").click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("textbox", name="Password")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")
