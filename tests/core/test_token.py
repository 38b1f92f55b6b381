"""Tokens carry 256 random bits and a checksum; ids and proofs open nothing."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.core.token import (
    device_key,
    form_token,
    is_proof,
    is_session_id,
    is_well_formed,
    new_device_token,
    new_session_id,
    new_token,
    proof,
    token_hash,
)

entropies = st.binary(min_size=32, max_size=32)


@given(entropies)
def test_a_token_is_52_characters_that_are_well_formed(entropy: bytes) -> None:
    token = new_token(entropy)

    assert re.fullmatch(r"si_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}", token)
    assert is_well_formed(token)


@given(entropies, entropies)
def test_other_entropy_makes_another_token(one: bytes, other: bytes) -> None:
    assert (new_token(one) == new_token(other)) is (one == other)


@given(entropies, st.integers(3, 51), st.sampled_from("09azAZ_-"))
def test_one_wrong_character_is_refused_without_a_look_up(
    entropy: bytes, at: int, character: str
) -> None:
    token = new_token(entropy)
    changed = token[:at] + character + token[at + 1 :]

    assert is_well_formed(changed) is (changed == token)


@given(entropies)
def test_what_is_kept_of_a_token_is_sha_256_of_the_whole_of_it(entropy: bytes) -> None:
    token = new_token(entropy)

    assert token_hash(token) == hashlib.sha256(token.encode()).digest()


@given(st.text(max_size=80))
def test_nonsense_is_not_well_formed(text: str) -> None:
    assert not is_well_formed(text)


def test_the_checksum_is_that_of_a_known_token() -> None:
    token = new_token(bytes(32))

    assert token == "si_" + "A" * 43 + "06CWBG"
    assert len(token_hash(token)) == 32


def test_a_secret_hides_itself_from_logs_and_tracebacks() -> None:
    token = new_token(bytes(32))

    assert token not in repr([token])


def test_ids_sort_by_time_and_are_uuids_of_version_7() -> None:
    early = new_session_id(datetime(2026, 1, 1, tzinfo=UTC), b"\xff" * 10)
    late = new_session_id(datetime(2026, 1, 2, tzinfo=UTC), b"\x00" * 10)

    assert early < late
    assert UUID(early).version == 7
    assert is_session_id(early)


@pytest.mark.parametrize("text", ["", "x", "0" * 36, "{0199a0b0-0000-7000-8000-000000000000}"])
def test_what_is_no_id_costs_no_look_up(text: str) -> None:
    assert not is_session_id(text)


def test_only_what_we_could_have_made_is_a_device_token() -> None:
    assert device_key(new_device_token(bytes(32))) is not None
    for text in (None, "", "x", "A" * 42, "A" * 44, "ä" * 43):
        assert device_key(text) is None


@given(st.text(min_size=1, max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_a_proof_holds_for_one_secret_and_one_text_only(secret: str, text: str, other: str) -> None:
    shown = proof(secret, text)

    assert is_proof(secret, text, shown)
    assert is_proof(secret, other, shown) is (other == text)
    assert not is_proof(secret + "x", text, shown)
    assert secret not in form_token(secret) or len(secret) < 3
