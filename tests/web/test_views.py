"""What pages say about sessions: rows that can be told apart, and why sessions ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from babel import Locale

from signedin.core.deadline import AlteredEnd, Limit, LimitPassed, Outlook, PolicyChange
from signedin.core.device import describe_device
from signedin.core.network import NetworkKind
from signedin.core.permission import Actor
from signedin.core.place import Place, make_place
from signedin.core.policy import Policy
from signedin.core.session import End, EndedReason, Session, Sighting
from signedin.web.host import Person
from signedin.web.views import Altered, Row, Words
from tests.clients import CHROME, FIREFOX

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
BERLIN = make_place(city="Berlin", country_code="DE", radius_km=10)
NO_END = Outlook(None, None)
OSLO = make_place(city="Oslo", country_code="NO", radius_km=10)


def session(
    number: int, *, user_agent: str = CHROME, place: Place = BERLIN, days: int = 0
) -> Session:
    at = NOW - timedelta(days=days)
    seen = Sighting("203.0.113.7", place)
    return Session(
        id=f"0199a000-0000-7000-8000-{number:012}",
        user_id="42",
        organizations={},
        generation=0,
        created_at=at,
        authenticated_at=at,
        last_used_at=at,
        persistent=False,
        ends_by=None,
        methods=("pwd",),
        user_agent=user_agent,
        client_hints={},
        first_seen_from=seen,
        last_seen_from=seen,
    )


def say(text: str, **fields: object) -> str:
    return text % fields if fields else text


WORDS = Words(
    describe=lambda s: describe_device(s.user_agent, s.client_hints),
    locale=Locale.parse("en"),
    say=say,
    now=NOW,
)


def menu_labels(*sessions: Session) -> list[str]:
    return [row.menu_label for row in rows_of(*sessions)]


def rows_of(*sessions: Session, current: str = "", outlook: Outlook = NO_END) -> list[Row]:
    return WORDS.rows(sessions, {session.id: outlook for session in sessions}, current=current)


def test_devices_of_different_kinds_are_told_by_their_name_alone() -> None:
    assert menu_labels(session(1), session(2, user_agent=FIREFOX)) == [
        "Options for Chrome on macOS",
        "Options for Firefox on Windows",
    ]


def test_equal_devices_are_told_apart_by_their_places() -> None:
    assert menu_labels(session(1), session(2, place=OSLO)) == [
        "Options for Chrome on macOS, Berlin, Germany",
        "Options for Chrome on macOS, Oslo, Norway",
    ]


def test_equal_devices_in_one_place_are_told_apart_by_the_day_of_login() -> None:
    assert menu_labels(session(1), session(2, days=3)) == [
        "Options for Chrome on macOS, Berlin, Germany, logged in Nov 23",
        "Options for Chrome on macOS, Berlin, Germany, logged in Nov 20",
    ]


def test_what_is_alike_in_everything_still_has_labels_of_its_own() -> None:
    named = replace(session(3), name="Office desk")

    labels = menu_labels(session(1), session(2), named)

    assert len(set(labels)) == 3
    assert labels[2].endswith(", Office desk")


def test_two_of_the_same_name_are_still_told_apart() -> None:
    labels = menu_labels(*(replace(session(n), name="Desk") for n in (1, 2)))

    assert len(set(labels)) == 2


def test_ids_that_end_alike_are_still_told_apart() -> None:
    first = session(10_001)
    second = replace(first, id=first.id.replace("0199a000", "0199b000"))

    assert len(set(menu_labels(first, second))) == 2


def test_the_current_session_comes_first_and_the_rest_stays_in_order() -> None:
    listed = [session(1), session(2), session(3)]

    rows = rows_of(*listed, current=listed[2].id)

    assert [row.id for row in rows] == [listed[2].id, listed[0].id, listed[1].id]
    assert [row.is_current for row in rows] == [True, False, False]


def test_a_hosting_network_comes_before_the_place_which_means_little() -> None:
    hosted = make_place(country_code="NO", network=NetworkKind.HOSTING)

    (row,) = rows_of(session(1, place=hosted))

    assert (row.place, row.place_note) == ("VPN or hosting network", "(Norway)")


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Ada Lovelace", "AL"),
        ("ada", "A"),
        ("Ada King of Lovelace", "AL"),
        ("  Ada   Lovelace ", "AL"),
        ("ada@example.org", "A"),
        ("李 小龍", "李小"),
    ],
)
def test_initials_are_those_of_the_first_and_the_last_word(name: str, initials: str) -> None:
    assert Person(name).initials == initials


def why(reason: EndedReason, by: Actor) -> str:
    ended = replace(session(1), ended=End(NOW, reason, by))
    (row,) = WORDS.history([ended], [session(2, user_agent=FIREFOX)])
    return row.why


ADA, NOBODY = Actor.user(session(1).id), Actor.system()


@pytest.mark.parametrize(
    ("reason", "by", "words"),
    [
        (EndedReason.LOGGED_OUT, ADA, "Logged out there"),
        (EndedReason.REPLACED, ADA, "Replaced by a new login in the same browser"),
        (EndedReason.REPORTED, ADA, "Reported as not you"),
        (EndedReason.PASSWORD_CHANGED, ADA, "Password changed"),
        (EndedReason.TERMINATED, ADA, "Terminated by you"),
        (
            EndedReason.TERMINATED,
            Actor.user(session(2).id),
            "Terminated by you, from Firefox on Windows",
        ),
        (EndedReason.TERMINATED, Actor.user(session(9).id), "Terminated by you"),
        (EndedReason.TERMINATED, Actor.admin("root"), "Ended by an administrator"),
        (EndedReason.ACCOUNT_DISABLED, Actor.admin("root"), "Ended by an administrator"),
        (EndedReason.IDLE, Actor.policy(), "Unused too long"),
        (EndedReason.LIFETIME, Actor.policy(), "Expired"),
        (EndedReason.CAP, Actor.policy(), "Session limit"),
        (EndedReason.POLICY, Actor.policy(), "Ended by policy"),
        (EndedReason.TOKEN_REUSED, NOBODY, "An old token was used again"),
        (EndedReason.RESTORED_BACKUP, NOBODY, "Ended when a backup was restored"),
    ],
)
def test_the_history_says_why_in_words_that_blame_nobody(
    reason: EndedReason, by: Actor, words: str
) -> None:
    assert why(reason, by) == words


def test_there_are_words_for_every_reason() -> None:
    assert all(why(reason, NOBODY) for reason in EndedReason)


def changed(days_ago: float, *, ends: timedelta | None = timedelta(days=8)) -> Outlook:
    """A policy changed so many days ago; the session now ends so long from now."""
    at = NOW - timedelta(days=days_ago)
    change = PolicyChange("default", at, Actor.admin("root"), "audit", None, Policy())
    end = None if ends is None else LimitPassed(NOW + ends, Limit.LIFETIME)
    return Outlook(end, AlteredEnd(change, at, None, None if end is None else end.at))


def test_a_policy_change_newer_than_the_last_use_comes_first_and_never_as_use() -> None:
    """ui.md row 31."""
    (row,) = rows_of(session(1, days=20), outlook=changed(0))

    assert row.updated.text == "Just now"
    assert row.altered is not None
    assert row.altered.ends is not None
    assert row.altered.ends.text == "Dec 1"
    assert row.is_updated_by_policy
    assert row.used.text == "Nov 3"


def test_a_use_after_a_change_comes_first_and_the_change_is_told_for_a_week() -> None:
    (row,) = rows_of(session(1, days=1), outlook=changed(3))
    assert (row.updated.text, row.is_updated_by_policy) == ("1 day ago", False)
    assert row.altered is not None
    assert row.altered.ends is not None
    assert row.altered.ends.text == "Dec 1"

    (row,) = rows_of(session(1, days=1), outlook=changed(7))
    assert row.altered is None


def test_an_end_within_a_day_is_told_to_the_second() -> None:
    (row,) = rows_of(session(1, days=1), outlook=changed(0, ends=timedelta(minutes=15)))

    assert row.altered is not None
    assert row.altered.ends is not None
    assert row.altered.ends.text == "November 23, 2026, 10:15:00\u202fAM UTC"


def test_a_change_that_took_the_end_away_says_so() -> None:
    (row,) = rows_of(session(1, days=1), outlook=changed(0, ends=None))

    assert row.altered == Altered(None)


def test_what_an_administrator_says_about_an_end_is_shown() -> None:
    """ui.md row 97."""
    end = End(NOW, EndedReason.TERMINATED, Actor.admin("root"), "laptop lost, ticket 812")

    (row,) = WORDS.history([replace(session(1), ended=end)], [])

    assert row.why == "Ended by an administrator: laptop lost, ticket 812"


def test_a_policy_that_ended_a_session_says_why() -> None:
    end = End(NOW, EndedReason.POLICY, Actor.policy(), "30-day maximum")

    (row,) = WORDS.history([replace(session(1), ended=end)], [])

    assert row.why == "Ended by policy: 30-day maximum"
