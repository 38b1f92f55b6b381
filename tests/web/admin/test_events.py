"""The log is told in words, newest first, without addresses and without secrets."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.event import EventKind
from signedin.core.policy import Policy
from signedin.web.admin import events as page_of_events
from signedin.wiring import Sessions
from tests.web.admin.conftest import CLI, act
from tests.web.admin.test_people import of
from tests.web.answers import problem
from tests.web.conftest import EMAIL, PASSWORD, Browser, NewBrowser

HOME = "/admin/events"
API = "/api/v1/admin/events"


@pytest.fixture
def story(
    root: Browser,
    browser: Browser,
    other: Browser,
    bob: Browser,
    ada: User,
    accounts: Accounts,
    organizations: Organizations,
    sessions: Sessions,
) -> None:
    """One event of every kind."""
    organizations.create("Acme", by=CLI)
    organizations.add("Acme", ada.id, by=CLI)
    organizations.remove("Acme", ada.id, by=CLI)
    organizations.create("Closed", by=CLI)
    organizations.delete("Closed", by=CLI)
    browser.log_in(password="x" * 20)
    browser.http.patch(
        f"/api/v1/sessions/{browser.current['id']}",
        json={"name": "Desk"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    browser.post("/api/v1/sessions/current/confirm", json={"password": PASSWORD})
    browser.get("/admin/users")
    sessions.policies.set("organization:Acme", Policy(), by=CLI, reason="Contract ended")
    act(root, of(ada, f"/end?id={other.current['id']}"), reason="Laptop lost")
    accounts.set_password(ada.id, "another good long one", by=CLI)
    accounts.disable(ada.id, by=CLI)


def words_of(page: str) -> list[str]:
    cells = page.split('<th role="rowheader" scope="row">')[1:]
    return [unescape(cell.split("</th>")[0].split("<bdi")[0]).strip() for cell in cells]


@pytest.mark.usefixtures("story")
def test_every_kind_of_event_is_told_in_words(root: Browser) -> None:
    told = set(words_of(root.get(HOME).text))

    assert told == {page_of_events._HAPPENED[kind] for kind in EventKind}


@pytest.mark.usefixtures("story")
def test_what_was_noted_is_told_too(root: Browser) -> None:
    page = unescape(root.get(HOME).text)

    for told in (
        "Terminated · Laptop lost",
        "Acme · Contract ended",
        "/admin/users",
        "root@example.org",
        "Password changed",
    ):
        assert told in page


@pytest.mark.usefixtures("story")
def test_no_address_and_no_secret_is_told(root: Browser, browser: Browser, bob: Browser) -> None:
    for text in (root.get(HOME).text, root.get(API, params={"limit": 200}).text):
        for hidden in ("203.0.113.7", "192.0.2", PASSWORD, bob.token, root.token):
            assert hidden not in text


def test_the_newest_come_first_in_pages(
    root: Browser, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_events, "_SHOWN", 3)

    first = root.get(HOME).text
    following = unescape(first.split(f'href="{HOME}?')[1].split('"')[0])
    second = root.get(f"{HOME}?{following}").text

    assert words_of(first) == ["Logged in", "Account created", "Logged in"]
    assert words_of(second) == ["Account created"]
    assert "Back to the newest" in second
    assert "Show more" not in second


def test_they_can_be_those_of_one_person(root: Browser, browser: Browser, bob: Browser) -> None:
    answer = root.get(HOME, params={"person": EMAIL.upper()})
    page = root.get(answer.headers["location"]).text

    assert words_of(page) == ["Logged in", "Account created"]
    assert "Events: <bdi>ada@example.org</bdi>" in page
    assert page.count("bob@example.org") == 0


def test_who_is_nobody_has_none(root: Browser) -> None:
    page = unescape(root.get(HOME, params={"person": "<i>"}).text)

    assert "No user found for “<bdi><i></bdi>”." in page
    assert words_of(page) == []
    assert root.get(HOME, params={"user": "nobody"}).status_code == 404


def test_the_page_of_a_person_leads_to_theirs(root: Browser, ada: User) -> None:
    assert f'href="{HOME}?user={ada.id}"' in root.get(of(ada)).text


# The same by the API.


def read(root: Browser, **query: Any) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = root.get(API, params=query).json()["events"]
    return told


@pytest.mark.usefixtures("story")
def test_the_api_reads_the_log_from_both_ends(root: Browser, ada: User) -> None:
    newest = read(root, limit=200)
    positions = [event["position"] for event in newest]
    assert positions == sorted(positions, reverse=True)
    assert {event["kind"] for event in newest} == {kind.value for kind in EventKind}

    assert read(root, before=positions[3], limit=2) == newest[4:6]
    oldest = read(root, after=0, limit=200)
    assert oldest[: len(newest)] == newest[::-1]
    assert read(root, after=positions[0]) == []
    assert {event["user_id"] for event in read(root, user=ada.id)} == {ada.id}


@pytest.mark.parametrize(
    "query",
    [
        {"after": 1, "before": 2},
        {"after": 1, "user": "x"},
        {"limit": 0},
        {"limit": 201},
        {"before": "x"},
        {"after": -1},
        {"after": 2**63},
    ],
)
def test_the_api_refuses_what_makes_no_sense(root: Browser, query: dict[str, Any]) -> None:
    problem(root.get(API, params=query), 422, "invalid-value")


def test_who_asks_in_vain_is_in_the_log(root: Browser, browser: Browser) -> None:
    browser.get("/admin/" + "x" * 500)
    browser.get("/admin/users")

    newest = read(root, limit=1)[0]
    assert newest["kind"] == "not_permitted"
    assert newest["details"] == {"path": "/admin/users"}


def test_a_login_that_failed_is_told_without_where_it_came_from(
    root: Browser, new_browser: NewBrowser, ada: User
) -> None:
    new_browser().log_in(password="x" * 20)

    (failed,) = [event for event in read(root) if event["kind"] == "login_failed"]
    assert failed["user_id"] == ada.id
    assert "address" not in failed["details"]
