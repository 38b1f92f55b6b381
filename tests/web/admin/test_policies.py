"""A policy is saved only as it was checked, with a reason, and by who typed how many it ends."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest

from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.event import EventKind
from signedin.core.permission import Actor
from signedin.core.policy import PRESETS, Policy, WhenFull
from signedin.wiring import Sessions
from tests.clients import client
from tests.clock import MONDAY, FixedClock
from tests.engines import cluster, url
from tests.web.admin.conftest import CLI, ROOTS_EMAIL, Events, fields_of
from tests.web.admin.policy_form import DEFAULT, check, save, typed
from tests.web.answers import follow
from tests.web.conftest import Browser, form_token_of

__all__ = ["cluster", "url"]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def start_many(sessions: Sessions, n: int, *, first: int = 0) -> None:
    for number in range(first, first + n):
        sessions.start(f"user{number}", client(), methods=["pwd"])


def holds(sessions: Sessions, scope: str = "default") -> Policy | None:
    version = sessions.policies.get(scope)
    return None if version is None else version.policy


def test_what_holds_for_whom_is_listed_and_where_it_comes_from(
    root: Browser, sessions: Sessions, organizations: Organizations
) -> None:
    organizations.create("Acme", by=CLI)
    page = root.get("/admin/policies").text

    assert "From the server’s settings" in page
    assert "Longest session: <b>90 days</b>" in page
    assert 'href="/admin/policies/organization%3AAcme"' in page
    assert "Nothing is set" in page
    sessions.policies.set("organization:Acme", Policy(max_sessions=3), by=CLI, reason="x")
    page = root.get("/admin/policies").text
    assert "Sessions per person, at most: <b>3, then ask which to end</b>" in page
    assert "Saved here" in page


@pytest.mark.parametrize("scope", ["organization:Nobody", "user:7", "team:x", "organization:"])
def test_what_is_no_scope_has_no_page(root: Browser, scope: str) -> None:
    assert root.get(f"/admin/policies/{scope}").status_code == 404


def test_the_form_shows_what_holds_now(root: Browser) -> None:
    page = root.get(DEFAULT).text

    assert typed(page)["lifetime"] == "90"
    assert typed(page)["idle_timeout"] == "14"
    assert typed(page)["max_sessions"] == ""
    assert "Now: 90 days" in page
    assert "Now: no limit" in page


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_the_form_and_saves_nothing(
    root: Browser, sessions: Sessions, name: str
) -> None:
    before = holds(sessions)
    page = root.get(f"{DEFAULT}?preset={name}")
    checked = root.post(
        DEFAULT,
        data={
            **typed(page.text),
            **fields_of(page.text),
            "form_token": form_token_of(page.text),
            "act": "check",
        },
    )

    assert holds(sessions) == before
    assert save(root, checked).status_code == 303
    assert holds(sessions) == PRESETS[name]


def test_the_effect_is_told_and_nothing_is_changed(
    root: Browser, browser: Browser, sessions: Sessions, clock: FixedClock
) -> None:
    start_many(sessions, 3)
    clock.advance(2 * DAY)
    root.log_in(ROOTS_EMAIL, persistent=True)
    before = holds(sessions)

    page = unescape(check(root, idle_timeout="1").text)
    assert "3 sessions of 3 people end at once" in page
    assert "1 session of 1 person ends earlier than before" in page
    assert "You: your own session stays (ends November 26, 2026, 10:00:00\u202fAM UTC" in page
    assert "Checked" in page
    assert page.count("Chrome on macOS</bdi>") == 3
    assert holds(sessions) == before


def test_what_was_told_is_what_then_ends(
    root: Browser, browser: Browser, other: Browser, sessions: Sessions, clock: FixedClock
) -> None:
    """Row 34."""
    clock.advance(2 * HOUR)
    root.log_in(ROOTS_EMAIL)
    checked = check(root, idle_timeout="1", idle_timeout_unit="hours")
    assert "2 sessions of 1 person end at once" in checked.text

    page = follow(root, save(root, checked))
    assert "Policy saved." in page
    assert "It holds on every server since" in page
    for who in (browser, other):
        assert "ended=policy" in who.get("/settings/account").headers["location"]
    assert root.get("/settings/account").status_code == 200


def test_a_change_is_kept_with_who_when_why_before_and_after(
    root: Browser, sessions: Sessions, events: Events
) -> None:
    page = follow(root, save(root, check(root, lifetime="30", max_sessions="5")))

    for told in (ROOTS_EMAIL, "Audit finding 7", "Longest session: 90 days → 30 days"):
        assert told in page
    assert "Unused for at most: 14 days → no limit" in page
    assert "Sessions per person, at most: no limit → 5, then ask which to end" in page
    (change,) = sessions.policies.history("default")
    assert (change.by, change.reason) == (Actor.admin(ROOTS_EMAIL), "Audit finding 7")
    assert EventKind.POLICY_CHANGED in [event.kind for event in events()]


def test_every_field_is_saved(root: Browser, sessions: Sessions) -> None:
    checked = check(
        root,
        lifetime="90",
        lifetime_unit="seconds",
        idle_timeout="2",
        idle_timeout_unit="minutes",
        max_sessions="7",
        when_full="refuse",
        settle_time="24",
        settle_time_unit="hours",
        confirm_within="15",
    )

    assert save(root, checked).status_code == 303
    assert holds(sessions) == Policy(
        lifetime=timedelta(seconds=90),
        idle_timeout=timedelta(minutes=2),
        max_sessions=7,
        when_full=WhenFull.REFUSE,
        settle_time=DAY,
        confirm_within=timedelta(minutes=15),
    )


def test_save_without_a_check_of_just_that_saves_nothing_and_checks(
    root: Browser, sessions: Sessions
) -> None:
    before = holds(sessions)
    checked = check(root, lifetime="30")

    answer = save(root, checked, lifetime="3")
    assert answer.status_code == 200
    assert "If you save now" in answer.text
    assert holds(sessions) == before
    assert save(root, answer).status_code == 303
    assert holds(sessions) == Policy(lifetime=3 * DAY)


def test_ten_per_cent_more_than_was_checked_are_refused_with_fresh_numbers(
    root: Browser, sessions: Sessions, clock: FixedClock
) -> None:
    """Row 35."""
    start_many(sessions, 10)
    checked = check(root, end_earlier="on")
    start_many(sessions, 1, first=10)
    before = holds(sessions)

    refused = save(root, checked)
    assert refused.status_code == 409
    assert "The numbers changed since you checked. Look again before saving." in refused.text
    assert "12 sessions of 12 people end at once" in refused.text
    assert 'value="Audit finding 7"' in refused.text
    assert holds(sessions) == before
    assert save(root, refused).status_code == 303


@pytest.mark.parametrize("step", ["check", "save"])
def test_what_another_administrator_saved_meanwhile_is_never_undone_unseen(
    root: Browser, sessions: Sessions, step: str
) -> None:
    opened = root.get(DEFAULT)
    form = {**typed(opened.text), **fields_of(opened.text), "idle_timeout": "7"}
    form |= {"form_token": form_token_of(opened.text), "act": "check"}
    checked = root.post(DEFAULT, data=form)
    theirs = Policy(lifetime=90 * DAY, idle_timeout=14 * DAY, max_sessions=3)
    sessions.policies.set("default", theirs, by=CLI, reason="x")

    refused = root.post(DEFAULT, data=form) if step == "check" else save(root, checked)

    assert refused.status_code == 409
    assert "This policy was changed after you opened this page." in refused.text
    assert "Now: 3, then ask which to end" in refused.text
    assert typed(refused.text)["idle_timeout"] == "7"
    assert "If you save now" not in refused.text
    assert holds(sessions) == theirs
    again = {**form, **fields_of(refused.text), "max_sessions": "3"}
    assert save(root, root.post(DEFAULT, data=again)).status_code == 303
    assert holds(sessions) == Policy(lifetime=90 * DAY, idle_timeout=7 * DAY, max_sessions=3)


def test_above_twenty_the_number_is_typed(root: Browser, sessions: Sessions) -> None:
    """Row 36: the server asks for it too, whatever the browser did."""
    start_many(sessions, 20)
    checked = check(root, end_earlier="on")
    assert "Type 21 to confirm" in checked.text
    assert 'pattern="21" required' in checked.text

    for wrong in ("", "20", "x", "21x", "²¹"):
        refused = save(root, checked, typed=wrong)
        assert refused.status_code == 422
        assert "Type the number of sessions to confirm." in refused.text
    assert len(sessions.everybodys()) == 21
    assert save(root, checked, typed="21").status_code == 303
    assert sessions.everybodys() == []


def test_nobody_gets_around_the_number_by_claiming_that_fewer_end(
    root: Browser, sessions: Sessions
) -> None:
    start_many(sessions, 30)
    checked = check(root, end_earlier="on")

    for claimed in ("0", "", "x", "20", "-5"):
        assert save(root, checked, expected=claimed).status_code == 409
    assert len(sessions.everybodys()) == 31


def test_twenty_and_fewer_need_no_number(root: Browser, sessions: Sessions) -> None:
    start_many(sessions, 19)
    checked = check(root, end_earlier="on")

    assert "to confirm" not in checked.text
    assert save(root, checked).status_code == 303


def test_who_ends_the_own_session_is_told_before_and_led_to_the_login(
    root: Browser, sessions: Sessions
) -> None:
    checked = check(root, end_earlier="on")
    assert "your own session ends at once, and you will be logged out" in checked.text
    answer = save(root, checked)

    login = root.get(answer.headers["location"])
    assert "ended=policy" in login.headers["location"]
    page = root.get(login.headers["location"]).text
    assert "Your organization changed how long sessions last." in page


def test_everything_that_began_before_ends_and_what_comes_after_stays(
    root: Browser, browser: Browser, sessions: Sessions
) -> None:
    save(root, check(root, end_earlier="on"))

    assert browser.get("/settings/account").status_code == 303
    assert browser.log_in().status_code == 201
    assert browser.get("/settings/account").status_code == 200


def test_a_later_change_keeps_what_had_been_ended_so(
    root: Browser, sessions: Sessions, clock: FixedClock
) -> None:
    save(root, check(root, end_earlier="on"))
    root.log_in(ROOTS_EMAIL)
    page = root.get(DEFAULT)
    assert "Last done for" in page.text
    form = {**typed(page.text), **fields_of(page.text), "lifetime": "9", "act": "check"}

    checked = root.post(DEFAULT, data={**form, "form_token": form_token_of(page.text)})
    assert "0 sessions of 0 people end at once" in checked.text
    assert save(root, checked).status_code == 303
    told = sessions.policies.standing("default").policy
    assert told == Policy(lifetime=9 * DAY, not_before=MONDAY)


def test_loosening_says_that_nothing_ends_and_nothing_comes_back(root: Browser) -> None:
    page = check(root).text

    assert "Nothing ends sooner. What has ended stays ended." in page
    assert "Sessions never end by themselves." in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"lifetime": "1", "idle_timeout": "9"}, "The idle timeout never takes effect"),
        ({"idle_timeout": "90", "idle_timeout_unit": "seconds"}, "logged out within two minutes"),
        ({"lifetime": "1", "settle_time": "2"}, "No session ever gets old enough"),
    ],
)
def test_what_is_probably_not_meant_is_warned_of(
    root: Browser, fields: dict[str, str], sentence: str
) -> None:
    assert sentence in check(root, **fields).text


@pytest.mark.parametrize("name", ["lifetime", "idle_timeout", "max_sessions", "confirm_within"])
@pytest.mark.parametrize("wrong", ["0", "-1", "1.5", "x", "00", "1e9", "99999999999999", "٣"])
def test_what_is_no_limit_is_refused_and_stays_in_the_form(
    root: Browser, sessions: Sessions, name: str, wrong: str
) -> None:
    before = holds(sessions)
    answer = check(root, **{name: wrong})

    assert answer.status_code == 422
    assert "Enter a whole number" in answer.text or "more than makes sense" in answer.text
    assert typed(answer.text)[name] == wrong
    assert "If you save now" not in answer.text
    assert holds(sessions) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"lifetime_unit": "fortnights", "lifetime": "1"},
        {"when_full": "panic"},
        {"not_before": "yesterday"},
        {"not_before": "2026-11-23"},
        {"not_before": "2999-01-01T00:00:00+00:00"},
        {"not_before": "0001-01-01T00:00:00+23:59"},
    ],
)
def test_a_form_that_is_not_ours_is_refused_with_a_sentence(
    root: Browser, fields: dict[str, str]
) -> None:
    answer = check(root, **fields)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_no_change_without_a_reason(root: Browser, sessions: Sessions) -> None:
    before = holds(sessions)
    answer = save(root, check(root, lifetime="30"), reason=" ")

    assert answer.status_code == 422
    assert "Say why" in answer.text
    assert holds(sessions) == before


def test_an_organizations_policy_reaches_its_members_alone(
    root: Browser,
    browser: Browser,
    bob: Browser,
    ada: User,
    organizations: Organizations,
    clock: FixedClock,
) -> None:
    organizations.create("Acme", by=CLI)
    organizations.add("Acme", ada.id, by=CLI)
    clock.advance(2 * HOUR)
    root.log_in(ROOTS_EMAIL)
    path = "/admin/policies/organization:Acme"

    checked = check(root, path, idle_timeout="1", idle_timeout_unit="hours")
    assert "1 session of 1 person ends at once" in checked.text
    assert save(root, checked, path).status_code == 303
    assert browser.get("/settings/account").status_code == 303
    assert bob.get("/settings/account").status_code == 200


def test_that_sessions_were_shown_is_written_down(
    root: Browser, browser: Browser, events: Events
) -> None:
    check(root)
    assert EventKind.VIEWED not in [event.kind for event in events()]
    check(root, end_earlier="on")

    (view,) = [event for event in events() if event.kind is EventKind.VIEWED]
    assert view.details == {"scope": "default"}


def test_only_two_hundred_are_shown_of_many(root: Browser, sessions: Sessions) -> None:
    start_many(sessions, 220)

    page = check(root, end_earlier="on").text
    assert "221 sessions of 221 people end at once" in page
    assert "The first 200 of 221." in page
