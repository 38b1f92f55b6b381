"""Details, names, the password, the first account, and what nobody can make a page say."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.attempts import Failures, of_source
from signedin.accounts.user import User
from signedin.stores.accounts import SqlAccounts
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client
from tests.clock import FixedClock
from tests.web.answers import banner, follow, reasons
from tests.web.conftest import (
    EMAIL,
    JSON,
    NAMES,
    NO_ID,
    PASSWORD,
    Browser,
    NewBrowser,
    form_token_of,
)

HOME = "/settings/account"
NEW_PASSWORD = "a much better passphrase"


def marked(answer: Any) -> list[str]:
    """The fields that are told to be wrong; the focus is on the first one."""
    inputs = [part.split(">")[0] for part in answer.text.split("<input ")[1:]]
    found = [part for part in inputs if 'aria-invalid="true"' in part]
    assert [part for part in inputs if "autofocus" in part] == found[:1]
    return [part.split('name="')[1].split('"')[0] for part in found]


def seen_without_its_moment(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.text


# Details and names.
def test_the_details_tell_all_but_the_secret(browser: Browser, other: Browser) -> None:
    page = unescape(browser.get(f"{HOME}/sessions/{other.current['id']}").text)

    for words in (
        "Firefox on Windows",
        "198.51.100.4",
        "Nothing is known about where this IP address is.",
        "Password",
        FIREFOX,
    ):
        assert words in page
    assert other.token not in page


def test_of_very_many_sessions_the_page_shows_those_used_last_and_all_if_asked(
    browser: Browser, ada: User, sessions: Sessions, clock: FixedClock
) -> None:
    """Whoever knows a password can log in very often: the page must still be there to end all."""
    for _ in range(250):
        sessions.start(ada.id, client(), methods=["pwd"])
    clock.advance(timedelta(seconds=1))
    latest = sessions.start(ada.id, client(), methods=["pwd"]).session.id

    page = browser.get(HOME).text

    shown = re.findall(r'data-session="(.*?)"', page)
    assert len(shown) == 200
    assert shown[:2] == [browser.current["id"], latest]
    assert "The 200 that were used last of 252." in page
    every = browser.get(f"{HOME}?show=all").text
    assert f'href="{HOME}?show=all"' in page
    assert len(re.findall("data-session=", every)) == 252
    assert "used last of" not in every
    assert "used last of" not in follow(
        browser, browser.submit(f"{HOME}/sessions/end-others", f"{HOME}/sessions/end-others")
    )


def test_a_session_is_renamed_and_its_device_stays_on_top(browser: Browser, other: Browser) -> None:
    page = f"{HOME}/sessions/{other.current['id']}/rename"

    shown = follow(browser, browser.submit(page, page, name="Chrome on macOS"))

    row = shown.split(f'data-session="{other.current["id"]}"')[1].split("</tr>")[0]
    assert row.index("Firefox on Windows</bdi>") < row.index("“<bdi>Chrome on macOS</bdi>”")
    assert 'value="Chrome on macOS"' in browser.get(page).text

    follow(browser, browser.submit(page, page, name=""))
    assert other.current["device"]["name"] is None


def test_a_name_that_could_mislead_is_refused_with_the_reason(browser: Browser) -> None:
    page = f"{HOME}/sessions/{browser.current['id']}/rename"

    answer = browser.submit(page, page, name="x" * 61)

    assert answer.status_code == 422
    assert "up to 60 characters" in answer.text
    assert browser.current["device"]["name"] is None


def test_the_pages_that_need_nobody_are_there_for_everybody(new_browser: NewBrowser) -> None:
    browser = new_browser()

    for path in ("/login", "/session-ended", "/help/sessions"):
        assert browser.get(path).status_code == 200
    answer = browser.get("/.well-known/change-password")
    assert answer.headers["location"] == f"{HOME}/password"
    assert browser.get("/").headers["location"].startswith("/login")
    assert browser.get("/settings").headers["location"].startswith("/login")


# The password.
def change_password(browser: Browser, current: str, new: str, **more: str) -> Any:
    page = f"{HOME}/password"
    return browser.submit(page, page, current_password=current, new_password=new, **more)


def test_a_changed_password_ends_the_others_and_renews_the_own_session(
    browser: Browser, other: Browser, clock: FixedClock
) -> None:
    before, token = browser.current["id"], browser.token
    clock.advance(timedelta(minutes=5))

    shown = follow(browser, change_password(browser, PASSWORD, NEW_PASSWORD, end_others="on"))

    assert "Your password was changed. 1 session was logged out." in banner(shown)
    assert browser.current["id"] == before
    assert browser.token != token
    assert reasons(browser) == ["password_changed"]
    assert "Password changed" in browser.get(HOME).text
    assert "ended=yes" in other.get(HOME).headers["location"]
    assert other.log_in(password=PASSWORD).status_code == 401
    assert other.log_in(password=NEW_PASSWORD).status_code == 201


def test_without_the_tick_the_others_stay(browser: Browser, other: Browser) -> None:
    shown = banner(follow(browser, change_password(browser, PASSWORD, NEW_PASSWORD)))

    assert "Your password was changed." in shown
    assert "logged out." not in shown
    assert other.get(HOME).status_code == 200


def test_the_replaced_token_opens_nothing_once_its_grace_is_over(
    browser: Browser, clock: FixedClock
) -> None:
    token = browser.token
    change_password(browser, PASSWORD, NEW_PASSWORD)
    browser.get(HOME)
    clock.advance(timedelta(seconds=31))

    answer = browser.present(f"{NAMES.session}={token}", HOME)

    assert answer.status_code == 303


def test_the_box_that_ends_the_others_is_ticked_where_there_are_others(
    browser: Browser, other: Browser
) -> None:
    assert 'aria-describedby="end_others-hint" checked' in browser.get(f"{HOME}/password").text


def test_a_refused_password_ticks_nothing_that_was_unticked(
    browser: Browser, other: Browser
) -> None:
    ticked = 'aria-describedby="end_others-hint" checked'

    assert ticked not in change_password(browser, "wrong", NEW_PASSWORD).text
    assert ticked in change_password(browser, "wrong", NEW_PASSWORD, end_others="on").text


@pytest.mark.parametrize(
    ("current", "new", "words", "wrong"),
    [
        ("wrong", NEW_PASSWORD, "That isn’t your current password.", "current_password"),
        (PASSWORD, "short", "Use at least 8 characters", "new_password"),
        (PASSWORD, "password1", "among the first that attackers try", "new_password"),
        (PASSWORD, "x" * 1025, "Use a shorter password", "new_password"),
        (PASSWORD, EMAIL, "not your name or e-mail address", "new_password"),
    ],
)
def test_a_password_is_not_changed_for_these_reasons(
    browser: Browser, other: Browser, current: str, new: str, words: str, wrong: str
) -> None:
    token = browser.token

    answer = change_password(browser, current, new, end_others="on")

    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert marked(answer) == [wrong]
    assert browser.token == token
    assert other.get(HOME).status_code == 200
    assert browser.log_in().status_code == 201


def test_the_current_password_cannot_be_guessed_without_end(browser: Browser) -> None:
    for _ in range(10):
        assert change_password(browser, "wrong", NEW_PASSWORD).status_code == 422

    answer = change_password(browser, PASSWORD, NEW_PASSWORD)

    assert answer.status_code == 429
    assert answer.headers["retry-after"]
    assert "Too many tries" in answer.text


# The first account.
def set_up(browser: Browser, key: str, **more: str) -> Any:
    fields = {"email": EMAIL, "name": "Ada", "password": PASSWORD} | more
    return browser.submit(f"/setup?key={key}", "/setup", key=key, **fields)


def test_the_first_account_is_made_with_the_key_and_is_logged_in(
    new_browser: NewBrowser, accounts: Accounts
) -> None:
    browser = new_browser()
    key = accounts.setup_key()
    assert key is not None

    assert "Active sessions" in follow(browser, set_up(browser, key))

    (user,) = accounts.list()
    assert (user.email, user.is_admin) == (EMAIL, True)


def test_a_key_is_used_up_by_the_first_account(new_browser: NewBrowser, accounts: Accounts) -> None:
    browser, late = new_browser(), new_browser()
    key = accounts.setup_key()
    assert key is not None
    form_token = form_token_of(late.get(f"/setup?key={key}").text)
    set_up(browser, key)

    assert late.get(f"/setup?key={key}").status_code == 404
    answer = late.post(
        "/setup",
        data={
            "form_token": form_token,
            "key": key,
            "email": "eve@example.org",
            "name": "Eve",
            "password": PASSWORD,
        },
    )
    assert answer.status_code == 422
    assert "This set-up link no longer works." in answer.text
    assert len(accounts.list()) == 1


@pytest.mark.parametrize("key", ["", "x", "A" * 43, "A" * 5000])
def test_a_wrong_key_opens_nothing(new_browser: NewBrowser, accounts: Accounts, key: str) -> None:
    accounts.setup_key()
    browser = new_browser()

    answer = browser.get("/setup", params={"key": key})

    assert answer.status_code == 404
    assert "This set-up link is no longer good" in answer.text
    form_token = form_token_of(browser.get("/login").text)
    posted = browser.post(
        "/setup",
        data={"form_token": form_token, "key": key, "email": EMAIL, "password": PASSWORD},
    )
    assert posted.status_code == 422
    assert accounts.list() == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"email": "nobody"}, "Enter an e-mail address"),
        ({"password": "short"}, "Use at least 8 characters"),
    ],
)
def test_what_is_wrong_with_the_first_account_is_said_and_the_key_stays_good(
    new_browser: NewBrowser, accounts: Accounts, changed: dict[str, str], words: str
) -> None:
    browser = new_browser()
    key = accounts.setup_key()
    assert key is not None

    answer = set_up(browser, key, **changed)

    assert answer.status_code == 422
    assert words in answer.text
    assert marked(answer) == [*changed]
    assert accounts.list() == []
    assert set_up(browser, key).status_code == 303


def test_the_first_account_is_made_even_where_logins_failed_too_often(
    new_browser: NewBrowser, accounts: Accounts, sessions: Sessions, clock: FixedClock
) -> None:
    browser, source = new_browser(), of_source("203.0.113.7")
    with sessions.work() as work:
        too_many = Failures(source.allowed, clock.now(), clock.now())
        SqlAccounts(sessions.store).within(work.transaction).store_failures(source.key, too_many)
    key = accounts.setup_key()
    assert key is not None

    answer = set_up(browser, key)

    assert answer.status_code == 429
    assert "Too many tries" in answer.text
    assert len(accounts.list()) == 1


# What nobody can make a page say.
@pytest.mark.parametrize(
    "done",
    [
        "logged-out",
        "x",
        "x.y",
        ".",
        "eyJraW5kIjoidGVybWluYXRlZCIsImRldmljZSI6Ik5vbnNlbnNlIiwiY291bnQiOjF9.AAAA",
        "é.é",
        "A" * 5000,
    ],
)
def test_a_forged_banner_is_not_shown(browser: Browser, done: str) -> None:
    answer = browser.get(HOME, params={"done": done})

    assert answer.status_code == 200
    assert '<div id="notice"></div>' in answer.text


def test_a_banner_is_good_in_the_session_that_acted_alone(
    browser: Browser, other: Browser, new_browser: NewBrowser
) -> None:
    third = new_browser("curl/8.5.0")
    third.log_in()
    page = f"{HOME}/sessions/{third.current['id']}/terminate"
    address = browser.submit(page, page).headers["location"]

    assert "Session terminated: curl" in browser.get(address).text
    assert "Session terminated: curl" not in other.get(address).text


@pytest.mark.parametrize("page", ["", "/terminate", "/rename"])
def test_somebody_elses_session_is_answered_like_one_that_does_not_exist(
    browser: Browser, bob: Browser, page: str
) -> None:
    bobs = bob.current["id"]
    form_token = form_token_of(browser.get(HOME).text)

    asked = [browser.get(f"{HOME}/sessions/{i}{page}") for i in (bobs, NO_ID, "nonsense")]
    acted = [
        browser.post(f"{HOME}/sessions/{i}{page}", data={"form_token": form_token, "name": "x"})
        for i in (bobs, NO_ID, "nonsense")
        if page
    ]

    assert {seen_without_its_moment(a) for a in asked} == {(404, asked[0].text)}
    assert {a.status_code for a in acted} <= {404}
    assert len({a.text for a in acted}) <= 1
    assert bob.current["device"]["name"] is None


def test_an_address_that_is_none_is_told_on_a_page(browser: Browser) -> None:
    answer = browser.get("/nothing")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "There is nothing here, or it is not yours to see." in answer.text


def test_without_a_database_a_page_says_so_and_nobody_is_logged_out(
    browser: Browser, sessions: Sessions, database: Any
) -> None:
    sessions.close()
    sessions._memory.forget(None)
    for path in database.parent.iterdir():
        path.rename(path.with_suffix(".away"))
    database.mkdir()

    answer = browser.get(HOME)

    assert answer.status_code == 503
    assert "Nothing was changed, and nobody was logged out." in answer.text
    assert "set-cookie" not in answer.headers
    assert browser.http.get("/login", headers=JSON).status_code == 503
