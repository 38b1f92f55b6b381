"""Administrators end sessions and accounts with a reason, which the person sees."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from signedin.accounts.user import User
from signedin.core.event import EventKind
from tests.web.admin.conftest import ROOTS_EMAIL, Events, act
from tests.web.admin.test_people import of
from tests.web.answers import follow, problem
from tests.web.conftest import BOBS_EMAIL, Browser

HOME = "/settings/account"
API = "/api/v1/sessions"
REASON = "Laptop lost, ticket 812"


def ended_of(browser: Browser) -> list[dict[str, Any]]:
    history: list[dict[str, Any]] = browser.get(f"{API}/history").json()["sessions"]
    return history


def test_one_session_ends_and_its_browser_is_out_at_once(
    root: Browser, browser: Browser, other: Browser, ada: User
) -> None:
    answer: Any = act(root, of(ada, f"/end?id={other.current['id']}"), reason=REASON)

    page = follow(root, answer)
    assert "1 session was terminated." in page
    assert "It holds on every server since" in page
    assert f"Terminated by {ROOTS_EMAIL}: {REASON}" in page
    problem(other.get(f"{API}/current"), 401, "not-logged-in")
    assert len(browser.sessions) == 1


def test_the_person_sees_that_it_was_an_administrator_and_why_and_not_who(
    root: Browser, browser: Browser, other: Browser, ada: User
) -> None:
    """Row 97."""
    act(root, of(ada, f"/end?id={other.current['id']}"), reason=REASON)

    page = unescape(browser.get(HOME).text)
    assert f"Ended by an administrator: {REASON}" in page
    assert ROOTS_EMAIL not in page
    (ended,) = ended_of(browser)
    assert (ended["ended_reason"], ended["ended_note"]) == ("terminated", REASON)
    assert ended["ended_by"] == {"kind": "admin", "id": None}


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "Say why"),
        (" \t\n ", "Say why"),
        ("x" * 201, "up to 200 characters"),
        ("lost \u202e tsol", "control or direction characters"),
    ],
)
@pytest.mark.parametrize("path", ["/end", "/end-all", "/disable"])
def test_without_a_good_reason_nothing_ends_and_nothing_typed_is_lost(
    root: Browser, browser: Browser, ada: User, reason: str, sentence: str, path: str
) -> None:
    asked = path + (f"?id={browser.current['id']}" if path == "/end" else "")

    answer: Any = act(root, of(ada, asked), reason=reason)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{reason}"' in answer.text or not reason.strip()
    assert browser.get(HOME).status_code == 200


def test_those_that_were_selected_end_and_no_others(
    root: Browser, browser: Browser, other: Browser, ada: User, bob: Browser
) -> None:
    """The ids of other people are ignored, whoever names them."""
    chosen = [browser.current["id"], bob.current["id"], "nonsense"]
    asked = of(ada, "/end?" + "&".join(f"id={one}" for one in chosen))

    assert "Terminate 1 session of this person?" in root.get(asked).text
    act(root, asked, reason=REASON, ids=" ".join(chosen))
    assert browser.get(HOME).status_code == 303
    assert other.get(HOME).status_code == 200
    assert bob.get(HOME).status_code == 200


def test_all_of_a_person_end(
    root: Browser, browser: Browser, other: Browser, bob: Browser, ada: User
) -> None:
    page = follow(root, act(root, of(ada, "/end-all"), reason=REASON))

    assert "2 sessions were terminated." in page
    assert "This user has no active sessions." in page
    assert [who.get(HOME).status_code for who in (browser, other, bob)] == [303, 303, 200]


def test_a_question_names_ten_and_counts_the_rest(
    root: Browser, browser: Browser, ada: User
) -> None:
    for _ in range(11):
        browser.http.cookies.clear()
        browser.log_in()

    page = root.get(of(ada, "/end-all")).text
    assert page.count("<li><bdi>Chrome on macOS") == 10
    assert "and 2 more" in page


def test_to_select_nothing_is_told(root: Browser, browser: Browser, ada: User) -> None:
    answer = root.get(of(ada, "/end?choose=yes"))

    assert answer.status_code == 422
    assert "Select the sessions that you want to terminate." in answer.text
    assert root.get(of(ada, "/end")).headers["location"] == of(ada)


def test_what_has_ended_meanwhile_is_told_so(
    root: Browser, browser: Browser, other: Browser, ada: User
) -> None:
    asked = of(ada, f"/end?id={other.current['id']}")
    late = root.get(asked)
    act(root, asked, reason=REASON)

    assert "That had already ended." in follow(root, root.get(asked))
    form = {"form_token": late.text.split('form_token" value="')[1].split('"')[0]}
    again = root.post(
        of(ada, "/end"), data={**form, "ids": asked.partition("=")[2], "reason": "Again"}
    )
    page = follow(root, again)
    assert "That had already ended." in page
    assert "Again" not in page


def test_asking_ends_nothing(root: Browser, browser: Browser, ada: User) -> None:
    for path in (f"/end?id={browser.current['id']}", "/end-all", "/disable"):
        for method in ("GET", "HEAD"):
            assert root.http.request(method, of(ada, path)).status_code == 200

    assert browser.get(HOME).status_code == 200


def test_a_disabled_account_has_no_sessions_and_lets_nobody_in(
    root: Browser, browser: Browser, ada: User, events: Events
) -> None:
    """X-10: and the person sees why in what is left of the history."""
    page = follow(root, act(root, of(ada, "/disable"), reason="Left the company"))

    assert "The account is disabled. 1 session was terminated." in page
    assert f"Account disabled by {ROOTS_EMAIL}: Left the company" in page
    assert "Disable account…" not in page
    assert browser.get(HOME).status_code == 303
    problem(browser.log_in(), 401, "wrong-credentials")
    kinds = [event.kind for event in events()]
    assert EventKind.USER_DISABLED in kinds
    assert "Disabled" in root.get("/admin/users", params={"q": "ada"}).text


def test_nobody_disables_the_account_in_use(root: Browser, grace: User) -> None:
    assert "Disable account…" not in root.get(of(grace)).text
    asked = root.get(of(grace, "/disable"))

    assert asked.status_code == 422
    assert "You cannot disable your own account." in asked.text
    assert root.get(HOME).status_code == 200


def test_who_ends_all_of_their_own_is_told_before_and_is_logged_out(
    root: Browser, grace: User
) -> None:
    """Attack 81: the answer is sent, and the cookie is gone."""
    assert "you will be logged out" in root.get(of(grace, "/end-all")).text
    answer: Any = act(root, of(grace, "/end-all"), reason=REASON)

    assert answer.headers["location"] == "/login?done=logged-out"
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_who_names_the_own_session_among_somebody_elses_stays(
    root: Browser, browser: Browser, ada: User
) -> None:
    ids = f"{root.current['id']} {browser.current['id']}"
    act(root, of(ada, f"/end?id={browser.current['id']}"), reason=REASON, ids=ids)

    assert root.get(HOME).status_code == 200
    assert browser.get(HOME).status_code == 303


# The same by the API.


def users(root: Browser, user: User, act: str, **body: Any) -> Any:
    return root.post(f"/api/v1/admin/users/{user.id}/{act}", json=body)


def test_the_api_finds_people_a_page_at_a_time(root: Browser, ada: User, bob: Browser) -> None:
    first = root.get("/api/v1/admin/users", params={"q": "example", "limit": 2}).json()
    cursor = first["next_cursor"]
    second = root.get("/api/v1/admin/users", params={"q": "example", "cursor": cursor}).json()

    emails = [user["email"] for user in first["users"] + second["users"]]
    assert emails == [ada.email, BOBS_EMAIL, ROOTS_EMAIL]
    assert second["next_cursor"] is None
    assert first["users"][0]["organizations"] == []


def test_the_api_lists_a_persons_sessions_without_addresses(
    root: Browser, browser: Browser, other: Browser, ada: User
) -> None:
    listed = root.get(f"/api/v1/admin/users/{ada.id}/sessions", params={"limit": 1}).json()

    (one,) = listed["sessions"]
    assert (one["user_id"], one["current"], one["ip_address"]) == (ada.id, False, None)
    rest = root.get(
        f"/api/v1/admin/users/{ada.id}/sessions", params={"cursor": listed["next_cursor"]}
    ).json()
    (last,) = rest["sessions"]
    assert {one["id"], last["id"]} == {browser.current["id"], other.current["id"]}


def test_the_api_ends_what_is_selected_or_all(
    root: Browser, browser: Browser, other: Browser, bob: Browser, ada: User
) -> None:
    chosen = [other.current["id"], bob.current["id"]]
    selected = users(root, ada, "sessions/end", scope="selected", ids=chosen, reason="Lost").json()
    again = users(root, ada, "sessions/end", scope="selected", ids=chosen, reason="x").json()
    everything = users(root, ada, "sessions/end", scope="all", reason="Lost").json()

    assert (selected["ended"], selected["already_ended"]) == (1, 0)
    assert (again["ended"], again["already_ended"]) == (0, 1)
    assert everything["ended"] == 1
    assert bob.get(HOME).status_code == 200


def test_the_api_takes_no_end_without_a_reason(root: Browser, browser: Browser, ada: User) -> None:
    for body in ({"scope": "all"}, {"scope": "all", "reason": " "}, {"scope": "x", "reason": "x"}):
        problem(users(root, ada, "sessions/end", **body), 422, "invalid-value")
    problem(users(root, ada, "disable", reason="\u202e"), 422, "invalid-value")

    assert browser.get(HOME).status_code == 200


def test_the_api_disables_an_account_but_not_ones_own(
    root: Browser, browser: Browser, ada: User, grace: User
) -> None:
    assert users(root, ada, "disable", reason="Left").json()["ended"] == 1
    problem(browser.log_in(), 401, "wrong-credentials")
    problem(users(root, grace, "disable", reason="Left"), 422, "invalid-value")

    (told,) = root.get("/api/v1/admin/users", params={"q": ada.email}).json()["users"]
    assert told["disabled_at"] is not None


def test_the_api_logs_who_ends_the_own_sessions_out(root: Browser, grace: User) -> None:
    answer = users(root, grace, "sessions/end", scope="all", reason="Moving on")

    assert answer.json()["ended"] == 1
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_the_api_knows_nobody_who_does_not_exist(root: Browser) -> None:
    for path, method, body in (
        ("sessions", "GET", None),
        ("sessions/end", "POST", {"scope": "all", "reason": "x"}),
        ("disable", "POST", {"reason": "x"}),
    ):
        answer = root.http.request(
            method,
            f"/api/v1/admin/users/nobody/{path}",
            json=body,
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        problem(answer, 404, "not-found")
