"""Cookies are found byte for byte, never chosen from, and always set with every flag."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.core.cookie import (
    DUPLICATE,
    LONGEST_AGE,
    CookieNames,
    clear_cookie,
    find,
    session_age,
    set_cookie,
)

NAME = b"__Host-sid"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (b"", None),
        (b"__Host-sid=x", b"x"),
        (b"a=1; __Host-sid=x; b=2", b"x"),
        (b"a=1;__Host-sid=x", b"x"),
        (b"a=1;\t__Host-sid=x", b"x"),
        (b"__host-sid=x", None),
        (b"x__Host-sid=x", None),
        (b"a=__Host-sid=x", None),
        (b"=__Host-sid=x", None),
        (b'"__Host-sid"=x', None),
        (b"\xe2\x80\x80__Host-sid=x", None),
        (b"$Version=1; __Host-sid=x", b"x"),
        (b"__Host-sid=a=b", b"a=b"),
        (b"__Host-sid=", b""),
        (b"__Host-sid", None),
        (b"x__Host-sid=evil; __Host-sid=good", b"good"),
        (b"a=__Host-sid=evil; __Host-sid=good", b"good"),
    ],
)
def test_only_the_cookie_of_exactly_this_name_is_taken(header: bytes, value: bytes | None) -> None:
    assert find(header, NAME) == value


@pytest.mark.parametrize(
    "header",
    [
        b"__Host-sid=good; __Host-sid=bad",
        b"__Host-sid=bad; a=1; __Host-sid=good",
        b"__Host-sid=same; __Host-sid=same",
        b"__Host-sid=;__Host-sid=x",
    ],
)
def test_two_of_the_name_are_refused_not_chosen_from(header: bytes) -> None:
    assert find(header, NAME) is DUPLICATE


@given(st.binary(max_size=200))
def test_no_header_breaks_the_search(header: bytes) -> None:
    find(header, NAME)
    find(header + b"; __Host-sid=x", NAME)


@given(st.lists(st.tuples(st.sampled_from([b"a", b"__Host-sid", b"xsid"]), st.binary(max_size=4))))
def test_the_quick_search_says_what_a_plain_one_says(pairs: list[tuple[bytes, bytes]]) -> None:
    pairs = [(n, v.translate(None, b"; \t=")) for n, v in pairs]
    header = b"; ".join(n + b"=" + v for n, v in pairs)
    plain = [v for n, v in pairs if n == NAME]

    found = find(header, NAME)

    if len(plain) > 1:
        assert found is DUPLICATE
    else:
        assert found == (plain[0] if plain else None)


def test_a_cookie_is_set_with_every_flag() -> None:
    assert set_cookie("__Host-sid", "x", secure=True, max_age=timedelta(days=2)) == (
        "__Host-sid=x; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=172800"
    )
    assert set_cookie("sid_8700", "x", secure=False) == (
        "sid_8700=x; Path=/; HttpOnly; SameSite=Lax"
    )


def test_a_cookie_is_cleared_with_the_flags_it_was_set_with() -> None:
    assert clear_cookie("__Host-sid", secure=True) == (
        "__Host-sid=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
    )


def test_no_cookie_outlives_what_browsers_keep() -> None:
    assert "Max-Age=34560000" in set_cookie("a", "b", secure=True, max_age=timedelta(days=4000))


def test_the_sessions_cookie_lives_to_the_end_that_no_use_moves() -> None:
    end = NOW + timedelta(days=90)

    assert session_age(persistent=True, fixed_end=end, now=NOW) == timedelta(days=90)
    assert session_age(persistent=True, fixed_end=None, now=NOW) == LONGEST_AGE
    assert session_age(persistent=False, fixed_end=end, now=NOW) is None


def test_on_loopback_the_port_is_in_the_name() -> None:
    assert CookieNames.on_loopback(8700) == CookieNames(
        "sid_8700", "device_8700", "pre_8700", secure=False
    )
