"""The details of a session: what is known, and how sure that is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from babel import Locale

from signedin.core.deadline import Limit, LimitPassed, Outlook
from signedin.core.network import NetworkKind
from signedin.core.place import PRIVATE_PLACE, UNKNOWN_PLACE, Place, make_place
from signedin.core.session import Session, Sighting
from signedin.web.facts import Fact, facts, how_sure
from signedin.web.times import Time
from tests.web.test_views import BERLIN, NOW, OSLO, WORDS, say, session

NEVER = Outlook(None, None)


def told(of: Session, outlook: Outlook = NEVER) -> dict[str, Fact]:
    listed = facts(
        of,
        WORDS,
        outlook=outlook,
        addresses_kept=timedelta(days=30),
        locale=Locale.parse("en"),
        say=say,
        now=NOW,
    )
    return {fact.term: fact for fact in listed}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (BERLIN, "probably this city"),
        (make_place(region="Bavaria", country_code="DE"), "probably this region"),
        (make_place(city="Lima", country_code="PE", radius_km=300), "probably this country"),
        (UNKNOWN_PLACE, "Nothing is known"),
        (PRIVATE_PLACE, "inside a home, a company"),
        (make_place(country_code="NO", network=NetworkKind.MOBILE), "Where the mobile network is"),
        (make_place(country_code="NO", network=NetworkKind.HOSTING), "may be anywhere"),
        (make_place(city="X", network=NetworkKind.ANONYMIZING), "may be anywhere"),
    ],
)
def test_every_place_is_told_with_how_sure_it_is(place: Place, words: str) -> None:
    assert words in how_sure(place)


def test_the_place_at_login_has_a_certainty_of_its_own() -> None:
    moved = replace(session(1), last_seen_from=Sighting("203.0.113.9", UNKNOWN_PLACE))

    assert "Nothing is known" in str(told(moved)["Location"].note)
    assert "probably this city" in str(told(moved)["At login"].note)


def test_the_address_at_login_is_told_where_it_was_another_one() -> None:
    stayed, moved = session(1), replace(session(2), last_seen_from=Sighting("203.0.113.9", OSLO))
    erased = replace(moved, first_seen_from=Sighting(None, BERLIN))

    assert told(stayed)["IP address"] == Fact("IP address", "203.0.113.7", None)
    assert told(moved)["IP address"].note == "At login: 203.0.113.7"
    assert told(erased)["IP address"].note is None


@pytest.mark.parametrize(
    ("methods", "words"),
    [
        (("pwd",), "Password"),
        (("pwd", "otp"), "Password + One-time code"),
        (("pwd", "swk"), "Password + swk"),
        ((), "Unknown"),
    ],
)
def test_how_somebody_logged_in_is_told(methods: tuple[str, ...], words: str) -> None:
    assert told(replace(session(1), methods=methods))["Logged in with"].value == words


@pytest.mark.parametrize(
    ("limit", "words"),
    [(Limit.IDLE, "If it is not used again"), (Limit.LIFETIME, "Even if it is used until then")],
)
def test_the_end_says_whether_use_can_move_it(limit: Limit, words: str) -> None:
    end = told(session(1), Outlook(LimitPassed(NOW + timedelta(days=14), limit), None))["Ends"]

    assert isinstance(end.value, Time)
    assert end.value.iso == "2026-12-07T10:00:00Z"
    assert end.note == words


def test_what_never_ends_by_itself_has_no_line_for_it() -> None:
    assert "Ends" not in told(session(1))
