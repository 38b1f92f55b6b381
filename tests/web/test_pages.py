"""Every act works without scripts: a page asks, a form acts, and a redirect shows what happened."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.permission import Actor
from signedin.core.session import EndedReason
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client
from tests.clock import FixedClock
from tests.web.answers import banner, follow, log_in, reasons
from tests.web.conftest import (
    EMAIL,
    NAMES,
    PASSWORD,
    Browser,
    NewBrowser,
    form_token_of,
)

HOME = "/settings/account"


# Logging in.
def test_a_login_by_form_leads_to_the_list(new_browser: NewBrowser, ada: User) -> None:
    browser = new_browser()

    answer = log_in(browser)

    assert answer.headers["location"] == HOME
    page = follow(browser, answer)
    assert "Active sessions" in page
    assert "Chrome on macOS" in page
    assert "Current session" in page


def test_a_login_is_kept_only_if_the_box_is_ticked(new_browser: NewBrowser, ada: User) -> None:
    short, kept = new_browser(), new_browser(FIREFOX)
    log_in(short)
    log_in(kept, persistent="on")

    assert short.current["persistent"] is False
    assert kept.current["persistent"] is True


def test_the_login_page_says_how_long_each_choice_lasts(new_browser: NewBrowser) -> None:
    page = new_browser().get("/login").text

    assert "Until you close the browser, 1 day at most" in page
    assert "Until Feb 21, 2027, or 14 days without use" in page


def test_a_wrong_password_unticks_nothing(new_browser: NewBrowser, ada: User) -> None:
    kept, short = new_browser(), new_browser()

    assert 'name="persistent" checked' in log_in(kept, "wrong", persistent="on").text
    assert 'name="persistent" checked' not in log_in(short, "wrong").text


def test_a_wrong_password_says_so_and_keeps_the_address(new_browser: NewBrowser, ada: User) -> None:
    browser = new_browser()

    answer = log_in(browser, "wrong", page="/login?next=/settings/account/password", next="/x")

    assert answer.status_code == 401
    assert "That e-mail and password don’t match." in answer.text
    assert f'value="{EMAIL}"' in answer.text
    assert 'name="next" value="/x"' in answer.text
    assert "wrong" not in answer.text
    form_token = form_token_of(answer.text)
    again = browser.post(
        "/login", data={"form_token": form_token, "email": EMAIL, "password": PASSWORD}
    )
    assert again.status_code == 303


def test_after_too_many_failures_the_form_says_when_to_try_again(
    new_browser: NewBrowser, ada: User
) -> None:
    browser = new_browser()
    for _ in range(10):
        assert log_in(browser, "wrong").status_code == 401

    answer = log_in(browser)

    assert answer.status_code == 429
    assert "Too many tries. Try again in 1 minute." in answer.text
    assert answer.headers["retry-after"]


def test_a_login_leads_back_to_where_it_was_needed(new_browser: NewBrowser, ada: User) -> None:
    browser = new_browser()
    wanted = "/settings/account/password?x=1&y=a%20b"

    to_login = browser.get(wanted)
    assert to_login.status_code == 303
    assert to_login.headers["location"].startswith("/login?next=%2Fsettings%2Faccount%2Fpassword")

    page = browser.get(to_login.headers["location"])
    wanted_next = page.text.split('name="next" value="')[1].split('"')[0]
    answer = log_in(browser, next=unescape(wanted_next))
    assert answer.headers["location"] == wanted


def test_no_login_leads_to_the_question_whether_to_log_out(new_browser: NewBrowser) -> None:
    assert new_browser().get("/logout").headers["location"] == f"/login?next={quote(HOME, safe='')}"


def test_who_is_logged_in_needs_no_login_page(browser: Browser) -> None:
    assert browser.get("/login").headers["location"] == HOME


def test_who_is_logged_in_already_goes_on_to_where_the_login_would_lead(browser: Browser) -> None:
    """As in the second of two tabs that were sent to the login."""
    wanted = f"{HOME}/password?x=1&y=a%20b"
    for target, leads_to in ((wanted, wanted), ("//evil.example", HOME), ("/\\evil", HOME)):
        assert browser.get("/login", params={"next": target}).headers["location"] == leads_to


def test_a_login_by_form_replaces_the_session_of_the_browser(browser: Browser) -> None:
    form_token = form_token_of(browser.get(HOME).text)
    before = browser.token

    browser.post("/login", data={"form_token": form_token, "email": EMAIL, "password": PASSWORD})

    assert browser.token != before
    assert len(browser.sessions) == 1
    assert reasons(browser) == ["replaced"]


def test_a_login_that_was_overtaken_says_so(
    new_browser: NewBrowser, ada: User, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = new_browser()
    start = sessions.start

    def ended_meanwhile(*args: Any, **how: Any) -> Any:
        sessions.terminate_all(ada.id, by=Actor.admin("root"))
        return start(*args, **how)

    monkeypatch.setattr(sessions, "start", ended_meanwhile)

    answer = log_in(browser)

    assert answer.status_code == 409
    assert "Your account or your sessions were changed while you logged in." in answer.text
    assert sessions.list(ada.id) == []


def test_a_login_hands_the_person_s_organizations_to_the_session(
    new_browser: NewBrowser, ada: User, sessions: Sessions, organizations: Organizations
) -> None:
    organizations.create("Acme", by=Actor.admin("root"))
    organizations.add("Acme", ada.id, by=Actor.admin("root"))

    log_in(new_browser())
    new_browser().log_in()

    assert [list(session.organizations) for session in sessions.list(ada.id)] == [["Acme"]] * 2


# Why a session is over.
@pytest.mark.parametrize(
    ("persistent", "away", "words"),
    [
        (True, timedelta(days=15), "You were logged out because this session was not used"),
        (False, timedelta(hours=25), "Your session expired."),
    ],
)
def test_the_login_page_says_which_limit_ended_the_session(
    new_browser: NewBrowser,
    ada: User,
    clock: FixedClock,
    persistent: bool,
    away: timedelta,
    words: str,
) -> None:
    browser = new_browser()
    browser.log_in(persistent=persistent)
    clock.advance(away)

    answer = browser.get(HOME)

    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert words in follow(browser, answer)


@pytest.mark.parametrize("reason", [EndedReason.TERMINATED, EndedReason.PASSWORD_CHANGED])
def test_whom_somebody_logged_out_is_told_nothing_of_it(
    browser: Browser, sessions: Sessions, ada: User, reason: EndedReason
) -> None:
    sessions.terminate_all(ada.id, by=Actor.admin("root"), reason=reason)

    answer = browser.get(HOME)

    assert answer.headers["location"] == "/login?next=%2Fsettings%2Faccount&ended=yes"
    assert "Your session has ended. Log in again to continue." in follow(browser, answer)


def test_an_address_cannot_put_words_into_the_login_page(new_browser: NewBrowser) -> None:
    page = new_browser().get("/login?ended=Call+0900&done=You+won").text

    assert "Call" not in page
    assert "You won" not in page


def test_an_act_of_an_ended_session_leads_to_the_login(
    browser: Browser, sessions: Sessions, ada: User, other: Browser
) -> None:
    form_token = form_token_of(browser.get(HOME).text)
    sessions.terminate(browser.current["id"], user_id=ada.id, by=Actor.admin("root"))

    answer = browser.post(
        f"{HOME}/sessions/{other.current['id']}/terminate", data={"form_token": form_token}
    )

    assert answer.headers["location"] == "/login?next=%2Fsettings%2Faccount&ended=yes"
    assert other.get(HOME).status_code == 200


# Ending one session.
def test_a_session_is_terminated_by_page_form_and_redirect(
    browser: Browser, other: Browser
) -> None:
    page = f"{HOME}/sessions/{other.current['id']}/terminate"
    question = unescape(browser.get(page).text)
    assert "Terminate this session?" in question
    assert "Firefox on Windows · Unknown location</bdi> will need to log in again" in question
    assert other.get(HOME).status_code == 200

    shown = banner(follow(browser, browser.submit(page, page)))

    assert "Session terminated: Firefox on Windows" in shown
    assert "Every server refused it from 10:00:00" in shown.replace("\u202f", " ")
    assert "Didn’t recognize it?" in shown
    assert other.get(HOME).status_code == 303
    assert len(browser.sessions) == 1
    assert reasons(browser) == ["terminated"]


def test_the_history_says_from_where_a_session_was_terminated(
    browser: Browser, other: Browser
) -> None:
    page = f"{HOME}/sessions/{other.current['id']}/terminate"

    shown = follow(browser, browser.submit(page, page))

    assert "Terminated by you, from Chrome on macOS" in shown


def test_what_ended_in_another_tab_is_told_without_an_error(
    browser: Browser, other: Browser
) -> None:
    page = f"{HOME}/sessions/{other.current['id']}/terminate"
    form_token = form_token_of(browser.get(page).text)
    browser.post(page, data={"form_token": form_token})

    shown = banner(follow(browser, browser.post(page, data={"form_token": form_token})))

    assert "That session had already ended." in shown
    assert "Every server" not in shown
    assert browser.get(page).status_code == 404


def end_by_menu(browser: Browser) -> Any:
    return browser.submit("/logout", "/logout")


def end_by_row(browser: Browser) -> Any:
    form_token = form_token_of(browser.get(HOME).text)
    action = f"{HOME}/sessions/{browser.current['id']}/terminate"
    return browser.post(action, data={"form_token": form_token})


def end_by_script(browser: Browser) -> Any:
    return browser.delete("/api/v1/sessions/current")


@pytest.mark.parametrize("end", [end_by_menu, end_by_row, end_by_script])
def test_logging_out_is_the_same_from_everywhere(browser: Browser, end: Any) -> None:
    token = browser.token

    answer = end(browser)

    assert NAMES.session not in browser.http.cookies
    assert NAMES.device in browser.http.cookies
    assert browser.present(f"{NAMES.session}={token}").status_code == 401
    if end is not end_by_script:
        assert answer.headers["location"] == "/login?done=logged-out"
        assert "You’re logged out." in follow(browser, answer)
    browser.http.cookies.clear()
    browser.log_in()
    assert reasons(browser) == ["logged_out"]
    assert "Logged out there" in browser.get(HOME).text


def test_the_question_for_the_own_session_is_the_one_of_logging_out(browser: Browser) -> None:
    answer = browser.get(f"{HOME}/sessions/{browser.current['id']}/terminate")

    assert answer.headers["location"] == "/logout"
    assert "Log out of this device?" in follow(browser, answer)


def test_asking_to_log_out_does_not(browser: Browser) -> None:
    assert browser.get("/logout").status_code == 200

    assert browser.get(HOME).status_code == 200


# Ending several.
def test_all_other_sessions_are_named_and_then_ended(
    browser: Browser, other: Browser, new_browser: NewBrowser
) -> None:
    third = new_browser("curl/8.5.0", "192.0.2.7")
    third.log_in()
    page = f"{HOME}/sessions/end-others"
    question = unescape(browser.get(page).text)
    assert "Log out of 2 other sessions?" in question
    assert "Firefox on Windows · Unknown location" in question

    shown = banner(follow(browser, browser.submit(page, page)))

    assert "2 sessions were logged out." in shown
    assert [b.get(HOME).status_code for b in (browser, other, third)] == [200, 303, 303]


def test_one_other_session_is_told_in_the_singular(browser: Browser, other: Browser) -> None:
    page = f"{HOME}/sessions/end-others"
    assert "Log out of 1 other session?" in browser.get(page).text

    assert "1 session was logged out." in banner(follow(browser, browser.submit(page, page)))


def test_a_question_names_ten_devices_and_counts_the_rest(
    browser: Browser, sessions: Sessions, ada: User
) -> None:
    for number in range(12):
        sessions.start(ada.id, client(FIREFOX, f"192.0.2.{number}"), methods=["pwd"])

    page = browser.get(f"{HOME}/sessions/end-others").text

    assert page.count("<li><bdi>Firefox on Windows") == 10
    assert "and 2 more" in page


def test_logging_out_everywhere_includes_the_own_device(browser: Browser, other: Browser) -> None:
    page = f"{HOME}/sessions/end-all"
    assert "This includes the device you’re using now." in browser.get(page).text

    shown = follow(browser, browser.submit(page, page))

    assert "You’re logged out on all devices." in shown
    assert NAMES.session not in browser.http.cookies
    assert other.get(HOME).status_code == 303


def test_the_only_session_has_no_others_to_end(browser: Browser) -> None:
    page = browser.get(HOME).text

    assert 'id="bulk" hidden' in page
    assert '<p id="only">' in page
