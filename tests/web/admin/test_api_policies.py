"""Policies by the JSON API: what holds, what a change would do, and the change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.policy import Policy, WhenFull, user_scope
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import FixedClock
from tests.engines import cluster, url
from tests.web.admin.conftest import CLI, ROOTS_EMAIL
from tests.web.answers import problem
from tests.web.conftest import JSON, NO_ID, Browser

__all__ = ["cluster", "url"]

ROOT = "/api/v1/admin/policies"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EMPTY = {
    "idle_timeout_seconds": None,
    "lifetime_seconds": None,
    "max_sessions": None,
    "when_full": "ask",
    "not_before": None,
    "settle_seconds": None,
    "confirm_seconds": None,
}


def put(root: Browser, scope: str = "default", **body: Any) -> Any:
    body = {"reason": "Audit finding 7", **body}
    return root.http.put(f"{ROOT}/{scope}", json=body, headers=JSON)


def dry_run(root: Browser, scope: str = "default", **body: Any) -> Any:
    return root.post(f"{ROOT}/{scope}/dry-run", json=body)


def test_what_holds_is_told_with_where_it_comes_from(
    root: Browser, organizations: Organizations
) -> None:
    organizations.create("Acme & Sons", by=CLI)
    default, acme = root.get(ROOT).json()["policies"]

    assert default == root.get(f"{ROOT}/default").json()
    assert default["source"] == "settings"
    assert default["lifetime_seconds"] == 90 * 86400
    assert acme == root.get(f"{ROOT}/organization:Acme%20%26%20Sons").json()
    assert (acme["scope"], acme["source"]) == ("organization:Acme & Sons", "none")
    assert {name: acme[name] for name in EMPTY} == EMPTY


def test_every_field_is_set_and_what_is_left_out_is_no_limit(
    root: Browser, sessions: Sessions
) -> None:
    told = put(
        root,
        idle_timeout_seconds=3600,
        max_sessions=5,
        when_full="refuse",
        not_before="2026-11-22T00:00:00+01:00",
        settle_seconds=86400,
        confirm_seconds=900,
    ).json()

    version = sessions.policies.get("default")
    assert version is not None
    assert version.policy == Policy(
        idle_timeout=HOUR,
        max_sessions=5,
        when_full=WhenFull.REFUSE,
        not_before=version.policy.not_before,
        settle_time=DAY,
        confirm_within=timedelta(minutes=15),
    )
    assert told["not_before"] == "2026-11-21T23:00:00Z"
    assert (told["source"], told["reason"]) == ("stored", "Audit finding 7")
    assert told["by"] == {"kind": "admin", "id": ROOTS_EMAIL}
    assert told["lifetime_seconds"] is None
    assert {name: put(root).json()[name] for name in EMPTY} == EMPTY | {
        "not_before": None,
    }


def test_a_dry_run_counts_names_and_warns_and_changes_nothing(
    root: Browser,
    browser: Browser,
    other: Browser,
    ada: User,
    sessions: Sessions,
    clock: FixedClock,
) -> None:
    clock.advance(2 * HOUR)
    root.log_in(ROOTS_EMAIL)
    before = sessions.policies.get("default")

    told = dry_run(root, idle_timeout_seconds=90).json()
    assert (told["ends_now"], told["people"], told["shortened"]) == (2, 1, 1)
    assert {session["user_id"] for session in told["sessions"]} == {ada.id}
    assert [session["ip_address"] for session in told["sessions"]] == [None, None]
    assert told["own_session"]["ends_now"] is False
    assert told["own_session"]["expires_at"] == "2026-11-23T12:01:30Z"
    assert told["warnings"] == ["People will be logged out within two minutes."]
    assert sessions.policies.get("default") == before


def test_what_it_counted_is_what_then_ends(
    root: Browser, browser: Browser, other: Browser, clock: FixedClock
) -> None:
    clock.advance(2 * HOUR)
    root.log_in(ROOTS_EMAIL)
    expected = dry_run(root, idle_timeout_seconds=3600).json()["ends_now"]

    assert put(root, idle_timeout_seconds=3600, expected_ends_now=expected).status_code == 200
    for who in (browser, other):
        problem(who.get("/api/v1/sessions/current"), 401, "not-logged-in")


def test_clearly_more_than_expected_is_refused_with_the_fresh_numbers(
    root: Browser, sessions: Sessions
) -> None:
    for number in range(10):
        sessions.start(f"user{number}", client(), methods=["pwd"])

    answer = put(root, not_before="now", expected_ends_now=10)
    told = problem(answer, 409, "effect-changed")
    assert told["ends_now"] == 11
    assert len(told["sessions"]) == 11
    assert told["own_session"]["ends_now"] is True
    assert len(sessions.everybodys()) == 11
    assert put(root, not_before="now", expected_ends_now=11).status_code == 200
    assert sessions.everybodys() == []


def test_now_is_told_as_the_time_of_the_change(root: Browser, browser: Browser) -> None:
    told = put(root, not_before="now").json()

    assert told["not_before"] == told["changed_at"]
    problem(browser.get("/api/v1/sessions/current"), 401, "not-logged-in")


@pytest.mark.parametrize(
    "limits",
    [
        {"idle_timeout_seconds": 0},
        {"lifetime_seconds": -1},
        {"lifetime_seconds": 10**18},
        {"settle_seconds": -(10**18)},
        {"confirm_seconds": 36_501 * 86400},
        {"max_sessions": 0},
        {"max_sessions": 100_001},
        {"not_before": "2999-01-01T00:00:00Z"},
        {"not_before": "2026-11-22T00:00:00"},
        {"not_before": "yesterday"},
        {"not_before": ""},
        {"not_before": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_what_no_session_could_satisfy_is_refused_with_a_sentence(
    root: Browser, sessions: Sessions, limits: dict[str, Any]
) -> None:
    """Attack 79."""
    before = sessions.policies.get("default")

    problem(put(root, **limits), 422, "invalid-policy")
    problem(dry_run(root, **limits), 422, "invalid-policy")
    assert sessions.policies.get("default") == before


@pytest.mark.parametrize(
    "body",
    [
        {"idle_timeout_seconds": "3600"},
        {"idle_timeout_seconds": 1.5},
        {"when_full": "panic"},
        {"lifetime": 3600},
        {"expected_ends_now": -1},
        {"reason": ""},
        {"reason": None},
        {"reason": "x" * 201},
    ],
)
def test_a_body_that_makes_no_sense_is_refused(root: Browser, body: dict[str, Any]) -> None:
    problem(put(root, **body), 422, "invalid-value")


@pytest.mark.parametrize("scope", ["organization:Nobody", f"user:{NO_ID}", "team:x", "user:"])
def test_there_is_no_policy_of_what_does_not_exist(root: Browser, scope: str) -> None:
    problem(root.get(f"{ROOT}/{scope}"), 404, "not-found")
    problem(put(root, scope), 404, "not-found")
    problem(dry_run(root, scope), 404, "not-found")


def test_a_persons_own_policy_has_an_idle_timeout_alone(
    root: Browser, ada: User, sessions: Sessions
) -> None:
    scope = user_scope(ada.id)

    problem(put(root, scope, lifetime_seconds=3600), 422, "invalid-policy")
    assert put(root, scope, idle_timeout_seconds=3600).status_code == 200
    assert root.get(f"{ROOT}/{scope}").json()["idle_timeout_seconds"] == 3600
