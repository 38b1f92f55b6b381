"""A request is ours only if the browser says so (security.md R-02, R-03; attacks 34 to 36)."""

from __future__ import annotations

import pytest

from signedin.core.origin import is_same_origin

OURS = ("https://id.example.org",)


@pytest.mark.parametrize(
    ("fetch_site", "origin", "ours"),
    [
        ("same-origin", None, True),
        ("same-origin", "https://id.example.org", True),
        ("same-site", "https://blog.example.org", False),
        ("cross-site", "https://id.example.org", False),
        ("none", None, False),
        ("", None, False),
        (None, "https://id.example.org", True),
        (None, "https://evil.example", False),
        (None, "https://id.example.org.evil.example", False),
        (None, "http://id.example.org", False),
        (None, "null", False),
        (None, None, False),
    ],
)
def test_the_browsers_word_decides_and_silence_is_a_no(
    fetch_site: str | None, origin: str | None, ours: bool
) -> None:
    assert is_same_origin(fetch_site=fetch_site, origin=origin, own_origins=OURS) is ours
