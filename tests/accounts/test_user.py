"""One person, one form of their e-mail address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.accounts.errors import InvalidEmailError
from signedin.accounts.user import canonical_email, display_name, email_address


def full_width(text: str) -> str:
    """As typed with an East Asian keyboard."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


WRITTEN_ALIKE = {
    "upper case": "JOHN@EXAMPLE.COM",
    "a blank after it": "john@example.com ",
    "a tab and a line end": "\tjohn@example.com\r\n",
    "full width": full_width("john@example.com"),
    "a space of no width": "jo\u200bhn@example.com",
    "a soft hyphen": "jo\u00adhn@exam\u00adple.com",
    "a mark of direction": "\u202ejohn@example.com",
    "a variation selector": "john\ufe0f@example.com",
    "a byte order mark": "\ufeffjohn@example.com",
    "a lone surrogate": "john\ud800@example.com",
    "a null": "john\x00@example.com",
}


@pytest.mark.parametrize("written", WRITTEN_ALIKE.values(), ids=WRITTEN_ALIKE)
def test_addresses_that_look_alike_are_one(written: str) -> None:
    assert canonical_email(written) == "john@example.com"
    assert email_address(written) == "john@example.com"


def test_composed_and_decomposed_letters_are_one() -> None:
    assert canonical_email("jose\u0301@example.com") == canonical_email("jos\u00e9@example.com")


def test_letters_that_only_lower_case_can_compose_are_one() -> None:
    assert canonical_email("J\u030can@example.com") == canonical_email("\u01f0an@example.com")


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("ada@xn--bcher-kva.example", "ada@bücher.example"),
        ("ADA@XN--BCHER-KVA.EXAMPLE", "ada@bücher.example"),
        ("ada@mail.xn--fa-hia.example", "ada@mail.faß.example"),
        ("ada@xn--mgbh0fb.xn--kgbechtv", "ada@مثال.إختبار"),
    ],
)
def test_a_domain_as_browsers_send_it_is_the_one_that_was_typed(sent: str, meant: str) -> None:
    """Chromium encodes what is typed into a field for e-mail addresses (RFC 3492)."""
    assert canonical_email(sent) == canonical_email(meant) == meant


@pytest.mark.parametrize(
    "domain",
    ["xn--", "xn--example-", "xn--99999999", "xn--0.example", "xn--bücher", "xn--bcher-KVA\u200b9"],
)
def test_what_only_looks_encoded_stays_as_it_is(domain: str) -> None:
    once = canonical_email(f"ada@{domain}")

    assert "xn--" in once
    assert canonical_email(once) == once


@given(st.from_regex(r"xn--[a-z0-9-]{0,12}", fullmatch=True))
def test_an_encoded_domain_has_one_form_too(label: str) -> None:
    once = canonical_email(f"ada@{label}.example")

    assert canonical_email(once) == once
    assert once.count("@") == 1


@given(st.text(max_size=40))
def test_the_one_form_is_its_own_form(text: str) -> None:
    once = canonical_email(text)

    assert canonical_email(once) == once


@given(st.text(max_size=40))
def test_case_and_full_width_never_tell_two_accounts_apart(text: str) -> None:
    assert canonical_email(f" {text.upper().lower()}") == canonical_email(text.upper())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "john",
        "john@",
        "@example.com",
        "john@example..com",
        "john@.example.com",
        "john@example.com.",
        "john@-example.com",
        "john@example.com@example.org",
        "jo hn@example.com",
        "john@exam ple.com",
        "<john@example.com>",
        "a@b.com,c@d.com",
        "x" * 65 + "@example.com",
        "john@" + "a." * 125 + "com",
        "a" * 1017 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidEmailError, match=r"such as name@example\.com"):
        email_address(text)


@pytest.mark.parametrize(
    "text",
    ["o'hara+news@example.co.uk", "root@localhost", "josé@exämple.com", "उदाहरण@उदाहरण.भारत"],
)
def test_unusual_addresses_are_addresses(text: str) -> None:
    assert "@" in email_address(text)


def test_a_name_fits_on_one_line() -> None:
    assert display_name("  Ana\n\tMaria\u202e  Díaz ", email="a@b.c") == "Ana Maria Díaz"
    assert len(display_name("x" * 5000, email="a@b.c")) == 100


def test_who_gives_no_name_is_called_by_the_address() -> None:
    assert display_name(" \u200b ", email="ana@example.com") == "ana"
