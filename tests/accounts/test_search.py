"""People are found by any part of their name or address, in any spelling, a page at a time."""

from __future__ import annotations

import pytest

from signedin.accounts import search as searching
from signedin.accounts.accounts import Accounts
from tests.accounts.parts import PASSWORD

PEOPLE = [
    ("ada@example.org", "Ada Lovelace"),
    ("bjoern@example.com", "Bj\u00f6rn \u00c5ngstr\u00f6m"),
    ("cleo@example.com", "Cleo"),
    ("dorothy@example.org", "Dorothy Vaughan"),
]


@pytest.fixture(autouse=True)
def people(accounts: Accounts) -> None:
    for email, name in PEOPLE:
        accounts.create(email, name, PASSWORD)


def found(accounts: Accounts, text: str) -> list[str]:
    return [user.email.partition("@")[0] for user in accounts.search(text, limit=10)[0]]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("", ["ada", "bjoern", "cleo", "dorothy"]),
        ("  ", ["ada", "bjoern", "cleo", "dorothy"]),
        ("LOVE", ["ada"]),
        ("lovelace ada", ["ada"]),
        ("ada vaughan", []),
        ("\u00c5NGSTR\u00d6M", ["bjoern"]),
        ("a\u030angstro\u0308m", ["bjoern"]),
        ("Cleo@EXAMPLE.com", ["cleo"]),
        ("example.org", ["ada", "dorothy"]),
        ("%", []),
        ("_", []),
    ],
)
def test_who_is_meant_is_found(accounts: Accounts, text: str, who: list[str]) -> None:
    assert found(accounts, text) == who


def test_pages_follow_one_another_and_the_last_says_so(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_AT_ONCE", 1)  # so that these few are several stretches
    first, after = accounts.search("o", limit=2)
    assert after is not None

    second, end = accounts.search("o", after=after, limit=2)

    assert [user.name.split()[0] for user in (*first, *second)] == [
        "Ada",
        "Bj\u00f6rn",
        "Cleo",
        "Dorothy",
    ]
    assert end is None
