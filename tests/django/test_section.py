"""The list of sessions inside a page of the project's own, by a template tag."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import set_script_prefix

from tests.django.test_engine import browser, who
from tests.django.test_pages import SAME_ORIGIN

IN_ITS_PAGE = override_settings(SIGNEDIN={"SECTION": "settings", "SITE": "Notes"})


@pytest.fixture
def alice(project: str) -> Iterator[User]:
    with IN_ITS_PAGE:
        yield User.objects.create_user("alice", "alice@example.org", "a long word")


def test_the_list_is_part_of_the_projects_own_page(alice: User) -> None:
    here, _ = browser(alice), browser(alice)

    answer = here.get("/settings")

    html = answer.content.decode()
    assert "<h1>Settings of alice</h1>" in html
    assert html.count("data-session=") == 2
    assert html.count('aria-current="true"') == 1
    assert (answer["Cache-Control"], answer["Vary"]) == ("no-store", "Cookie")
    for address in re.findall(r'(?:href|src)="(/account/static/[^"]+)"', html):
        assert here.get(address).status_code == 200


def test_nothing_in_it_is_inline(alice: User) -> None:
    html = browser(alice).get("/settings").content.decode()

    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", html) == []


def test_without_a_script_the_acts_have_pages_that_lead_back(alice: User) -> None:
    here, there = browser(alice), browser(alice)
    html = here.get("/settings").content.decode()
    (address,) = re.findall(r'href="([^"]+/terminate)"', html)
    question = here.get(address).content.decode()
    token = re.findall(r'name="form_token" value="([^"]+)"', question)[0]

    form: dict[str, Any] = {
        "content_type": "application/x-www-form-urlencoded",
        "headers": SAME_ORIGIN,
    }
    refused = here.post(address, "", **form)
    still = who(there)
    answer = here.post(address, f"form_token={token}", **form)

    assert (refused.status_code, still) == (403, "alice")
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (303, "/settings")
    assert (who(here), who(there)) == ("alice", "nobody")
    assert "terminated" in here.get(answer["Location"]).content.decode()


def test_our_own_page_leads_to_the_one_with_the_list(alice: User) -> None:
    answer = browser(alice).get("/account/settings/account")

    assert (answer.status_code, answer["Location"]) == (303, "/settings")


def test_who_is_not_logged_in_sees_no_list(alice: User) -> None:
    assert "signedin" not in Client().get("/settings").content.decode()


def test_in_the_request_that_logs_in_the_new_session_is_the_current_one(alice: User) -> None:
    html = Client().get("/log-in-at-settings?username=alice").content.decode()

    assert html.count("data-session=") == html.count('aria-current="true"') == 1


def test_it_works_behind_a_prefix_too(alice: User) -> None:
    here, _ = browser(alice), browser(alice)

    set_script_prefix("/proxied/")  # as Django's handlers do, but for the one of its test client
    try:
        html = here.get("/settings", SCRIPT_NAME="/proxied").content.decode()
        answer = here.get("/account/settings/account", SCRIPT_NAME="/proxied")
    finally:
        set_script_prefix("/")

    assert re.findall(r'href="([^"]+)/settings/account/sessions/[^"]+/terminate"', html) == [
        "/proxied/account"
    ]
    assert set(re.findall(r'"([^"]*/settings)"', html)) == {"/proxied/settings"}
    assert answer["Location"] == "/proxied/settings"


def test_without_the_setting_people_come_back_to_our_own_page(alice: User) -> None:
    with override_settings(SIGNEDIN={}):
        here, _ = browser(alice), browser(alice)
        html = here.get("/settings").content.decode()

        assert html.count("data-session=") == 2
        assert here.get("/account/settings/account").status_code == 200
