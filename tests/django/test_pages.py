"""The page "Active sessions" below the app's own addresses, with its login and its log-out."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_out
from django.test import Client
from django.urls import reverse

from signedin.django.service import DjangoSessions
from tests.django.test_engine import browser, who

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def alice(project: str) -> User:
    return User.objects.create_user("alice", "alice@example.org", "a long word", first_name="Alice")


def test_the_page_shows_the_sessions_under_the_apps_own_name(alice: User) -> None:
    here, _ = browser(alice), browser(alice)

    page = here.get(reverse("signedin:page")).content.decode()

    assert page.count("data-session=") == 2
    assert "Alice" in page
    assert "Tests" in page
    assert 'href="/account/static/' in page
    style = re.findall(r'href="(/account/static/[^"]+\.css)"', page)[0]
    assert here.get(style)["Content-Type"].startswith("text/css")


def test_terminating_another_session_on_the_page_ends_it(alice: User, kept: DjangoSessions) -> None:
    here, there = browser(alice), browser(alice)
    (listed,) = [s for s in _sessions(here) if not s["current"]]

    answer = here.delete(f"/account/api/v1/sessions/{listed['id']}", headers=SAME_ORIGIN)

    assert answer.json()["ended"] == 1
    assert (who(here), who(there)) == ("alice", "nobody")


def _sessions(client: Client) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get("/account/api/v1/sessions").json()["sessions"]
    return found


def test_logging_out_on_the_page_runs_djangos_own_log_out(
    alice: User, kept: DjangoSessions
) -> None:
    client, told = browser(alice), []

    def note(**_: object) -> None:
        told.append("logged out")

    user_logged_out.connect(note)
    try:
        answer = client.delete("/account/api/v1/sessions/current", headers=SAME_ORIGIN)
    finally:
        user_logged_out.disconnect(note)

    assert (answer.status_code, told) == (200, ["logged out"])
    assert answer.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 0
    assert who(client) == "nobody"
    assert len(kept.history(str(alice.pk))) == 1


def test_who_is_not_logged_in_is_sent_to_the_apps_own_login(project: str) -> None:
    answer = Client().get("/account/settings/account")

    assert answer.status_code == 303
    assert answer["Location"] == "/login?next=%2Faccount%2Fsettings%2Faccount"


def test_another_site_can_end_nothing(alice: User, kept: DjangoSessions) -> None:
    client = browser(alice)

    answer = client.post(
        "/account/api/v1/sessions/end",
        {"scope": "all"},
        content_type="application/json",
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert who(client) == "alice"
