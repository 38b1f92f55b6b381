"""People are found, and what they are logged in with is shown, without addresses."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.event import EventKind
from signedin.core.permission import Actor
from signedin.core.policy import Policy, user_scope
from signedin.web.admin import people
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.web.admin.conftest import CLI, Events
from tests.web.conftest import EMAIL, NO_ID, PASSWORD, Browser

DAY = timedelta(days=1)


def listed(page: str) -> list[str]:
    """The e-mail addresses in the list of people."""
    cells = page.split('data-label="E-mail"><bdi>')[1:]
    return [cell.split("<")[0] for cell in cells]


def of(user: User, act: str = "") -> str:
    return f"/admin/users/{user.id}/sessions{act}"


@pytest.mark.parametrize("query", ["ada", "LOVELACE", "ada@example.org"])
def test_a_person_is_found_by_name_or_address(root: Browser, ada: User, query: str) -> None:
    page = root.get("/admin/users", params={"q": query}).text

    assert listed(page) == [EMAIL]
    assert of(ada) in page


def test_who_is_not_there_is_said_so_and_what_was_typed_is_text(root: Browser) -> None:
    page = root.get("/admin/users", params={"q": "<b>nobody"}).text

    assert "No user found for “<b>nobody”" in unescape(page).replace("<bdi>", "").replace(
        "</bdi>", ""
    )
    assert "<b>nobody" not in page


def test_the_list_comes_in_pages(
    root: Browser, ada: User, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_FOUND", 2)
    accounts.create("zoe@example.org", "Zoe", PASSWORD)

    first = root.get("/admin/users", params={"q": "example"}).text
    following = unescape(first.split('href="/admin/users?')[1].split('"')[0])
    second = root.get(f"/admin/users?{following}").text

    assert listed(first) + listed(second) == [EMAIL, "root@example.org", "zoe@example.org"]
    assert "Show more" not in second
    assert "Back to the start" in second


def test_a_persons_sessions_are_shown_and_no_address_is(
    root: Browser, browser: Browser, other: Browser, ada: User
) -> None:
    page = root.get(of(ada)).text

    for told in ("Ada Lovelace", "Chrome on macOS", "Firefox on Windows", "Active now", "Password"):
        assert told in page
    for address in ("203.0.113.7", "198.51.100.4"):
        assert address not in page
    assert browser.token not in page


def test_of_very_many_those_used_last_are_shown_and_all_if_asked(
    root: Browser, ada: User, sessions: Sessions
) -> None:
    for _ in range(201):
        sessions.start(ada.id, client(), methods=["pwd"])
    page, every = root.get(of(ada)).text, root.get(of(ada, "?show=all")).text

    assert [told.count('name="id"') for told in (page, every)] == [200, 201]
    assert "The 200 that were used last of 201." in page
    assert f'href="{of(ada, "?show=all")}"' in page


def test_each_look_at_them_is_written_down(
    root: Browser, browser: Browser, ada: User, events: Events
) -> None:
    """V-06."""
    root.get(of(ada))
    root.get(of(ada, "/end-all"))
    root.get("/admin/sessions")
    root.get(f"/api/v1/admin/users/{ada.id}/sessions")

    views = [event for event in events() if event.kind is EventKind.VIEWED]
    assert [view.user_id for view in reversed(views)] == [ada.id, ada.id, None, ada.id]
    assert {view.actor for view in views} == {Actor.admin("root@example.org")}


def test_what_is_known_of_a_person_is_told(
    root: Browser, ada: User, sessions: Sessions, organizations: Organizations
) -> None:
    organizations.create("Acme & Sons", by=CLI)
    organizations.add("Acme & Sons", ada.id, by=CLI)
    own = Policy(idle_timeout=7 * DAY)
    sessions.policies.set(user_scope(ada.id), own, by=CLI, reason="Own setting")

    page = root.get(of(ada)).text

    assert 'href="/admin/organizations/Acme%20%26%20Sons"' in page
    assert "Sessions end when unused for 7 days" in page
    assert "This user has no active sessions." in page
    assert "Ended sessions" not in page


def test_how_long_each_still_has_is_told(
    root: Browser, browser: Browser, ada: User, sessions: Sessions
) -> None:
    policy = Policy(idle_timeout=9 * DAY)
    sessions.policies.set("default", policy, by=CLI, reason="Audit")
    browser.log_in(persistent=True)

    page = root.get(of(ada)).text

    assert "Dec 2" in page
    assert "If it is not used again" in page


def test_what_ended_is_told_with_who_ended_it_and_why(
    root: Browser, browser: Browser, other: Browser, ada: User, sessions: Sessions
) -> None:
    sessions.terminate(
        other.current["id"], user_id=ada.id, by=Actor.admin("boss"), note="Laptop lost"
    )
    third = browser.current["id"]
    sessions.terminate(third, user_id=ada.id, by=Actor.user(third))

    page = root.get(of(ada)).text

    assert "Terminated by boss: Laptop lost" in page
    assert "Logged out there" in page


@pytest.mark.parametrize("act", ["", "/end", "/end-all", "/disable"])
def test_who_does_not_exist_has_no_pages(root: Browser, act: str) -> None:
    assert root.get(f"/admin/users/{NO_ID}/sessions{act}?id={NO_ID}").status_code == 404


def test_everybodys_sessions_come_newest_first_in_pages(
    root: Browser,
    browser: Browser,
    other: Browser,
    bob: Browser,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signedin.web.admin.newest._SHOWN", 2)
    for each, email in ((other, EMAIL), (bob, "bob@example.org")):
        clock.advance(timedelta(minutes=1))
        each.log_in(email)

    def told(page: str) -> list[str]:
        return [part.split("<")[0] for part in page.split('/sessions"><bdi>')[1:]]

    first = root.get("/admin/sessions").text
    following = unescape(first.split('href="/admin/sessions?')[1].split('"')[0])
    second = root.get(f"/admin/sessions?{following}").text

    assert told(first) == ["bob@example.org", EMAIL]
    assert sorted(told(second)) == sorted([EMAIL, "root@example.org"])  # of the same moment
    assert "Current session" in second


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "²"])
def test_a_position_that_is_none_is_the_beginning(root: Browser, before: str) -> None:
    for path in ("/admin/sessions", "/admin/events"):
        assert root.get(path, params={"before": before}).status_code == 200


def test_one_past_its_limit_is_not_among_them(
    root: Browser, browser: Browser, sessions: Sessions, clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=25))  # more than a login without "Keep me logged in" lasts
    root.log_in("root@example.org")

    latest, following = sessions.latest(10)

    assert [session.id for session in latest] == [root.current["id"]]
    assert following is None
