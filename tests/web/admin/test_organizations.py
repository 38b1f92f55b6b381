"""Organizations are made, filled and deleted; what that means for sessions holds at once."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.policy import Policy
from signedin.wiring import Sessions
from tests.clock import FixedClock
from tests.web.admin.conftest import CLI, ROOTS_EMAIL, act
from tests.web.answers import follow, problem
from tests.web.conftest import EMAIL, JSON, NO_ID, Browser

HOME = "/admin/organizations"
API = "/api/v1/admin/organizations"
STRANGE = ["R&D / no", "a:b", "x,y", "", "..", " ", "a" * 101, "a\u202eb"]
GOOD = ["Acme", "R&D?", "50% #1", "\u00c5ngstr\u00f6m AB", "<b>", "a.b"]


@pytest.fixture
def acme(organizations: Organizations) -> str:
    organizations.create("Acme", by=CLI)
    return f"{HOME}/Acme"


def names(organizations: Organizations) -> list[str]:
    return [one.name for one in organizations.list()]


@pytest.mark.parametrize("name", GOOD)
def test_one_is_made_and_found_again_whatever_its_name(
    root: Browser, organizations: Organizations, name: str
) -> None:
    answer: Any = act(root, HOME, name=f"  {name} ")

    assert answer.headers["location"].startswith(f"{HOME}/{quote(name)}?done=")
    page = follow(root, answer)
    assert "Organization created." in page
    assert f"<h1><bdi>{name}</bdi></h1>" in page
    assert f'<form action="{HOME}/{quote(name)}?done=' in page
    assert names(organizations) == [name]
    assert root.get(HOME).text.count(f'href="{HOME}/{quote(name)}"') == 1
    policy = unescape(root.get(f"{HOME}/{quote(name)}").text).split('href="/admin/policies/')[1]
    assert root.get(f"/admin/policies/{policy.split(chr(34))[0]}").status_code == 200


@pytest.mark.parametrize("name", GOOD)
def test_a_login_leads_back_to_one_whatever_its_name(
    root: Browser, organizations: Organizations, clock: FixedClock, name: str
) -> None:
    organizations.create(name, by=CLI)
    there = f"{HOME}/{quote(name)}"
    clock.advance(timedelta(days=2))

    login = root.get(root.get(there).headers["location"])
    assert f'name="next" value="{there}"' in unescape(login.text)


@pytest.mark.parametrize("name", GOOD)
def test_a_password_asked_for_again_is_sent_to_the_act_whatever_the_name(
    root: Browser, organizations: Organizations, clock: FixedClock, name: str
) -> None:
    organizations.create(name, by=CLI)
    act_on_it = f"{HOME}/{quote(name)}/delete"
    clock.advance(timedelta(minutes=16))

    asked: Any = act(root, act_on_it)

    assert f'<form class="narrow" method="post" action="{act_on_it}">' in unescape(asked.text)
    assert f'<a class="button" href="{act_on_it}">' in unescape(asked.text)


@pytest.mark.parametrize("name", STRANGE)
def test_a_name_that_is_none_is_refused_and_stays_in_the_form(
    root: Browser, organizations: Organizations, name: str
) -> None:
    answer: Any = act(root, HOME, name=name)

    assert answer.status_code == 422
    assert "An organization" in unescape(answer.text)
    assert names(organizations) == []
    problem(root.post(API, json={"name": name}), 422, "invalid-value")


def test_two_cannot_have_one_name(root: Browser, acme: str) -> None:
    answer: Any = act(root, HOME, name="Acme")

    assert answer.status_code == 422
    assert "There is an organization with this name already." in answer.text
    problem(root.post(API, json={"name": "Acme"}), 409, "organization-taken")


def test_a_new_member_is_under_the_policy_at_once(
    root: Browser, browser: Browser, acme: str, sessions: Sessions, clock: FixedClock
) -> None:
    policy = Policy(idle_timeout=timedelta(hours=1))
    sessions.policies.set("organization:Acme", policy, by=CLI, reason="Contract")
    clock.advance(timedelta(hours=2))
    root.log_in(ROOTS_EMAIL)

    page = follow(root, act(root, acme, email=EMAIL.upper()))
    assert "Member added. 1 session was terminated." in page
    assert EMAIL in page
    assert browser.get("/settings/account").status_code == 303


def test_who_has_no_account_cannot_be_a_member(root: Browser, acme: str) -> None:
    answer: Any = act(root, acme, email="nobody@example.org")

    assert answer.status_code == 422
    assert "There is no account with this e-mail address." in answer.text
    assert 'value="nobody@example.org"' in answer.text


def test_a_member_is_removed_after_a_question(
    root: Browser, acme: str, ada: User, organizations: Organizations
) -> None:
    organizations.add("Acme", ada.id, by=CLI)
    asked = f"{acme}/remove?user={ada.id}"

    assert f"Ada Lovelace, {EMAIL}" in root.get(asked).text
    assert "Member removed." in follow(root, act(root, asked))
    assert organizations.of(ada.id) == []
    assert root.get(asked).headers["location"] == acme


def test_one_is_deleted_after_a_question_and_its_members_leave(
    root: Browser, acme: str, ada: User, organizations: Organizations
) -> None:
    organizations.add("Acme", ada.id, by=CLI)

    assert "1 member leaves it." in root.get(f"{acme}/delete").text
    assert "Organization deleted." in follow(root, act(root, f"{acme}/delete"))
    assert names(organizations) == []
    assert organizations.of(ada.id) == []


@pytest.mark.parametrize("path", ["", "/remove", "/delete"])
def test_what_does_not_exist_has_no_pages(root: Browser, path: str) -> None:
    assert root.get(f"{HOME}/Nobody{path}").status_code == 404


def test_the_api_makes_fills_and_deletes_one(
    root: Browser, ada: User, organizations: Organizations
) -> None:
    made = root.post(API, json={"name": "R&D"})
    members = made.headers["location"]
    assert made.json()["members"] == 0
    assert root.get(members).json() == {"members": []}

    one = f"{members}/{ada.id}"
    assert root.http.put(one, headers=JSON).json()["ended"] == 0
    assert root.http.put(one, headers=JSON).status_code == 200
    (member,) = root.get(members).json()["members"]
    assert (member["id"], member["email"]) == (ada.id, EMAIL)
    (told,) = root.get(API).json()["organizations"]
    assert (told["name"], told["members"]) == ("R&D", 1)
    (user,) = root.get("/api/v1/admin/users", params={"q": EMAIL}).json()["users"]
    assert user["organizations"] == ["R&D"]
    assert root.delete(one).status_code == 200
    problem(root.delete(one), 404, "not-found")
    assert root.delete(f"{API}/R%26D").status_code == 200
    assert names(organizations) == []


def test_the_api_knows_none_that_does_not_exist(root: Browser, acme: str, ada: User) -> None:
    for method, path in (
        ("GET", "Nobody/members"),
        ("DELETE", "Nobody"),
        ("PUT", f"Nobody/members/{ada.id}"),
        ("DELETE", f"Nobody/members/{ada.id}"),
        ("PUT", f"Acme/members/{NO_ID}"),
        ("DELETE", f"Acme/members/{NO_ID}"),
    ):
        answer = root.http.request(method, f"{API}/{path}", headers=JSON)
        problem(answer, 404, "not-found")


def test_an_old_login_is_asked_for_the_password(
    root: Browser, acme: str, ada: User, clock: FixedClock, organizations: Organizations
) -> None:
    clock.advance(timedelta(minutes=16))

    asked: Any = act(root, HOME, name="Other")
    assert asked.status_code == 403
    assert "Confirm it’s you" in asked.text
    answer = root.http.put(f"{API}/Acme/members/{ada.id}", headers=JSON)
    problem(answer, 403, "confirmation-required")
    assert names(organizations) == ["Acme"]
