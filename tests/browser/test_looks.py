"""Rows 80 to 82 and 84 of ui.md section 5: motion, forced colours, dark, and paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import FIREFOX, Device, Person
from tests.browser.server import Server

pytestmark = pytest.mark.browser

# ui.md 3.10
LIGHT = {
    "bg": "#ffffff",
    "surface": "#f6f6f4",
    "hover": "#ededea",
    "text": "#1b1b1a",
    "muted": "#57564f",
    "line": "#dcdbd6",
    "edge": "#85837b",
    "accent": "#1d5bb8",
    "on-accent": "#ffffff",
    "focus": "#1d5bb8",
    "danger": "#b3261e",
    "on-danger": "#ffffff",
    "danger-bg": "#fceeec",
    "ok": "#14603a",
    "ok-bg": "#e6f4ec",
}
DARK = {
    "bg": "#171716",
    "surface": "#1f1f1e",
    "hover": "#2a2a28",
    "text": "#f1f0eb",
    "muted": "#b5b3aa",
    "line": "#383734",
    "edge": "#7e7c74",
    "accent": "#8db8fa",
    "on-accent": "#0a1a33",
    "focus": "#8db8fa",
    "danger": "#ff9388",
    "on-danger": "#2b0805",
    "danger-bg": "#391a17",
    "ok": "#84d9a8",
    "ok-bg": "#15301f",
}
NEEDS = {  # what on what, and the contrast it needs
    ("text", "bg"): 7,
    ("text", "surface"): 7,
    ("text", "hover"): 7,
    ("text", "danger-bg"): 7,
    ("muted", "bg"): 4.5,
    ("muted", "surface"): 4.5,
    ("accent", "bg"): 4.5,
    ("on-accent", "accent"): 4.5,
    ("danger", "bg"): 4.5,
    ("danger", "hover"): 4.5,
    ("on-danger", "danger"): 4.5,
    ("ok", "ok-bg"): 4.5,
    ("edge", "bg"): 3,
    ("edge", "surface"): 3,
    ("focus", "bg"): 3,
    ("focus", "hover"): 3,
}


@pytest.fixture
def page(server: Server, device: Device, ada: Person) -> Page:
    """The list, with another session in it."""
    ada.log_in_elsewhere(server, FIREFOX)
    return device.reload().page


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def style(page: Page, selector: str, name: str) -> str:
    found = page.locator(selector).first.evaluate("(e, n) => getComputedStyle(e)[n]", name)
    return str(found)


def rgb(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


@pytest.mark.parametrize(("scheme", "tokens"), [("light", LIGHT), ("dark", DARK)])
def test_the_colours_are_the_ones_that_were_worked_out(
    scheme: str, tokens: dict[str, str], page: Page
) -> None:
    """Row 82."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    seen = page.evaluate(
        "names => names.map(n => getComputedStyle(document.documentElement)"
        ".getPropertyValue(`--${n}`).trim())",
        list(tokens),
    )

    assert dict(zip(tokens, seen, strict=True)) == tokens
    assert style(page, "html", "backgroundColor") == rgb(tokens["bg"])
    assert style(page, ".device", "color") == rgb(tokens["text"])
    assert style(page, ".badge", "color") == rgb(tokens["ok"])
    assert style(page, ".badge", "backgroundColor") == rgb(tokens["ok-bg"])
    assert style(page, "[data-ask=everywhere]", "color") == rgb(tokens["danger"])
    for (front, back), need in NEEDS.items():
        assert contrast(tokens[front], tokens[back]) >= need


def test_nothing_moves_for_who_does_not_want_it(page: Page, device: Device) -> None:
    """Row 80."""
    page.emulate_media(reduced_motion="reduce")
    device.three_dots("Firefox on Windows").click()
    assert page.evaluate("document.getAnimations().length") == 0
    device.menu.get_by_text("Terminate").click()
    expect(device.dialog).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0


def test_forced_colours_leave_everything_visible(page: Page, device: Device) -> None:
    """Row 81: edges are real borders, and the focus a real outline."""
    page.emulate_media(forced_colors="active")
    background = style(page, "html", "backgroundColor")
    for selector in (".badge", "[data-ask=others]"):
        assert style(page, selector, "borderTopStyle") == "solid"
        assert style(page, selector, "borderTopColor") not in (background, "rgba(0, 0, 0, 0)")
    page.keyboard.press("Tab")
    focused = page.evaluate(
        "(style => [style.outlineStyle, parseFloat(style.outlineWidth)])"
        "(getComputedStyle(document.activeElement))"
    )
    assert focused[0] == "solid"
    assert focused[1] >= 2
    device.three_dots("Firefox on Windows").press("Enter")
    expect(device.menu).to_be_visible()
    assert style(page, ".menu a:focus", "outlineStyle") == "solid"
    assert style(page, ".menu:popover-open", "borderTopStyle") == "solid"


def test_paper_gets_the_table_with_absolute_times_and_no_buttons(page: Page, ada: Person) -> None:
    """Row 84."""
    page.emulate_media(media="print")

    expect(page.get_by_role("table", name="Active sessions")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_text(f"for {ada.email}")).to_be_visible()
    for time in page.locator("tr[data-session] time").all():
        printed = time.evaluate("e => getComputedStyle(e, '::after').content")
        assert re.search(r"[A-Z][a-z]+ \d{1,2}, \d{4} at \d", printed)
        assert time.evaluate("e => getComputedStyle(e).fontSize") == "0px"
    assert page.pdf().startswith(b"%PDF")
