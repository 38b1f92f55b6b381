"""A login that is older than 15 minutes: the password is asked for in place, nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from signedin.accounts.user import User
from signedin.core.token import form_token
from tests.clock import FixedClock
from tests.web.admin.conftest import CLI, act, fields_of
from tests.web.admin.test_people import of
from tests.web.answers import follow, problem
from tests.web.conftest import PASSWORD, Browser, form_token_of

MINUTE = timedelta(minutes=1)
HOME = "/settings/account"


@pytest.fixture
def asked(root: Browser, browser: Browser, ada: User, clock: FixedClock) -> Any:
    """What an administrator is answered who wants to end all of Ada's, too long after login."""
    clock.advance(16 * MINUTE)
    return act(root, of(ada, "/end-all"), reason="Laptop lost & found")


def confirmed(root: Browser, asked: Any, password: str, **changed: str) -> Any:
    """Fill in the password, and send what the page carries along."""
    kept = {name: unescape(value) for name, value in fields_of(asked.text).items()}
    fields = {**kept, "form_token": form_token_of(asked.text), "confirm_password": password}
    return root.post(asked.request.url.path, data={**fields, **changed})


def test_just_within_the_time_nobody_is_asked(
    root: Browser, browser: Browser, ada: User, clock: FixedClock
) -> None:
    clock.advance(15 * MINUTE)

    assert "1 session was terminated." in follow(root, act(root, of(ada, "/end-all"), reason="x"))


def test_what_was_sent_is_held_and_nothing_is_done(
    root: Browser, asked: Any, browser: Browser
) -> None:
    assert asked.status_code == 403
    assert "Confirm it’s you" in asked.text
    assert 'name="reason" value="Laptop lost &amp; found"' in asked.text
    assert browser.get(HOME).status_code == 200


def test_with_the_password_it_goes_on_under_a_new_token(
    root: Browser, asked: Any, browser: Browser
) -> None:
    before = root.token

    page = follow(root, confirmed(root, asked, PASSWORD))

    assert "1 session was terminated." in page
    assert "Laptop lost & found" in page
    assert root.token != before
    assert browser.get(HOME).status_code == 303


def test_for_the_next_quarter_of_an_hour_nobody_is_asked_again(
    root: Browser, asked: Any, ada: User, clock: FixedClock
) -> None:
    confirmed(root, asked, PASSWORD)
    clock.advance(15 * MINUTE)

    answer: Any = act(root, of(ada, "/disable"), reason="Left")
    assert answer.status_code == 303


def test_a_wrong_password_does_nothing_and_asks_again_with_all_that_was_kept(
    root: Browser, asked: Any, browser: Browser
) -> None:
    wrong = confirmed(root, asked, "not this one")

    assert wrong.status_code == 422
    assert "That isn’t your password." in wrong.text
    assert "not this one" not in wrong.text
    assert browser.get(HOME).status_code == 200
    assert "1 session was terminated." in follow(root, confirmed(root, wrong, PASSWORD))


def test_too_many_wrong_ones_have_to_wait(root: Browser, asked: Any, browser: Browser) -> None:
    for _ in range(10):
        asked = confirmed(root, asked, "wrong")
    late = confirmed(root, asked, PASSWORD)

    assert late.status_code == 429
    assert int(late.headers["retry-after"]) > 0
    assert "Too many tries." in late.text
    assert browser.get(HOME).status_code == 200


def test_cancel_leads_back_to_the_question(root: Browser, asked: Any, ada: User) -> None:
    cancel = asked.text.split('class="button" href="')[1].split('"')[0]

    assert cancel == of(ada, "/end-all")
    assert root.get(cancel).status_code == 200


def test_what_the_act_itself_refuses_is_said_after_the_password(
    root: Browser, asked: Any, browser: Browser
) -> None:
    answer = confirmed(root, asked, PASSWORD, reason=" ")

    assert answer.status_code == 422
    assert "Say why" in answer.text
    assert browser.get(HOME).status_code == 200
    assert form_token_of(answer.text) == form_token(root.token)


def test_one_who_was_ended_meanwhile_cannot_confirm(
    root: Browser, asked: Any, browser: Browser, grace: User, sessions: Any
) -> None:
    sessions.terminate_all(grace.id, by=CLI)

    assert confirmed(root, asked, PASSWORD).headers["location"].startswith("/login")
    assert browser.get(HOME).status_code == 200


def test_the_api_asks_for_it_and_takes_it_at_an_address_of_its_own(
    root: Browser, browser: Browser, ada: User, clock: FixedClock
) -> None:
    clock.advance(16 * MINUTE)
    ends = {"scope": "all", "reason": "Lost"}
    path = f"/api/v1/admin/users/{ada.id}/sessions/end"

    problem(root.post(path, json=ends), 403, "confirmation-required")
    root.post("/api/v1/sessions/current/confirm", json={"password": PASSWORD})
    assert root.post(path, json=ends).json()["ended"] == 1


def test_to_look_needs_no_new_login(root: Browser, ada: User, clock: FixedClock) -> None:
    """X-06."""
    clock.advance(23 * 60 * MINUTE)

    for path in ("/admin/users", of(ada), "/admin/sessions", "/admin/policies", "/admin/events"):
        assert root.get(path).status_code == 200
    assert root.post("/api/v1/admin/policies/default/dry-run", json={}).status_code == 200
