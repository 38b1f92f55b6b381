"""Passwords that are guessed first are refused; the rest is kept with argon2id."""

from __future__ import annotations

import threading

import pytest

from signedin.accounts.errors import Weakness, WeakPasswordError
from signedin.accounts.passwords import PasswordHasher, check_new

GOOD = "a long walk at night"


@pytest.fixture(scope="module")
def hasher() -> PasswordHasher:
    return PasswordHasher()


@pytest.fixture(scope="module")
def kept(hasher: PasswordHasher) -> str:
    return hasher.hash(GOOD)


def test_a_hash_says_how_it_was_made_and_never_twice_the_same(
    hasher: PasswordHasher, kept: str
) -> None:
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.hash(GOOD) != kept


def test_only_the_exact_password_fits(hasher: PasswordHasher, kept: str) -> None:
    assert hasher.verify(kept, GOOD)
    for other in ("", GOOD.upper(), f"{GOOD} ", GOOD[:-1], "\ud800"):
        assert not hasher.verify(kept, other)


def test_every_byte_up_to_the_longest_password_counts(hasher: PasswordHasher) -> None:
    longest = "x" * 1023 + "y"
    kept = hasher.hash(longest)

    assert hasher.verify(kept, longest)
    assert not hasher.verify(kept, "x" * 1024)


def test_a_longer_password_never_fits_not_even_by_its_beginning(hasher: PasswordHasher) -> None:
    kept = hasher.hash("x" * 1024)

    assert not hasher.verify(kept, "x" * 1025)


def test_nobody_and_a_broken_hash_fit_no_password(hasher: PasswordHasher) -> None:
    assert not hasher.verify(None, GOOD)
    assert not hasher.verify("no hash", GOOD)


def test_a_hash_of_weaker_settings_is_to_be_made_anew(hasher: PasswordHasher, kept: str) -> None:
    assert not hasher.needs_rehash(kept)
    assert hasher.needs_rehash(kept.replace("m=19456", "m=8192"))


def test_hashing_from_many_threads_gives_each_its_answer(hasher: PasswordHasher, kept: str) -> None:
    answers: dict[int, bool] = {}

    def verify(number: int) -> None:
        answers[number] = hasher.verify(kept, GOOD if number % 2 else "wrong")

    threads = [threading.Thread(target=verify, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {number: number % 2 == 1 for number in range(12)}


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("", Weakness.TOO_SHORT),
        ("1234567", Weakness.TOO_SHORT),
        ("x" * 1025, Weakness.TOO_LONG),
        ("ü" * 513, Weakness.TOO_LONG),
        ("password", Weakness.COMMON),
        ("12345678", Weakness.COMMON),
        ("Iloveyou2", Weakness.COMMON),
        ("aaaaaaaaaaaa", Weakness.COMMON),
        ("Ana@Example.com", Weakness.PERSONAL),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, weakness: Weakness) -> None:
    with pytest.raises(WeakPasswordError) as caught:
        check_new(password, about=["ana@example.com"])

    assert caught.value.weakness is weakness


@pytest.mark.parametrize(
    "password", [GOOD, "tr0ub4dor&3", "пароль моей мечты", "xkcdxkcx", "🐎🔋🖇✅" * 2]
)
def test_nothing_is_asked_of_the_composition(password: str) -> None:
    check_new(password)
