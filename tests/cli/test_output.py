"""Nothing that somebody else wrote is obeyed by the terminal that shows it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.cli.output import print_table, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Chrome on macOS", "Chrome on macOS"),
        ("Büro 東京", "Büro 東京"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("abc\u202edef", "abc\\u202edef"),
        ("a\u200bb", "a\\u200bb"),
        ("\x9b31m", "\\x9b31m"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_no_control_or_format_character_is_ever_printed(text: str) -> None:
    assert not {unicodedata.category(c) for c in visible(text)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_columns_line_up_also_with_wide_characters(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME", "X"), [("東京", "1"), ("abcdef", "2"), ("e\u0301", "3")])

    assert capsys.readouterr().out.splitlines() == [
        "NAME    X",
        "東京    1",
        "abcdef  2",
        "e\u0301       3",
    ]
