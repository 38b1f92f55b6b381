"""Rows 76 to 79, 88 and 89 of ui.md section 5, for every page and state.

A device notes it when a page asks another host or breaks the content security policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.server import Server, serving
from tests.browser.timed import serving_at
from tests.browser.views import VIEWS, Scene, scene
from tests.clock import FixedClock

pytestmark = pytest.mark.browser

DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=320, height=640)
ZOOMED = ViewportSize(width=320, height=200)  # 1280 x 800 at 400 %

# What sticks out of a box that hides it, and texts that lie on top of each other (the
# banner may: it stays in view while the page is scrolled).
CUT = """() => [...document.body.querySelectorAll("*")].filter(element => {
    const style = getComputedStyle(element);
    return element.checkVisibility() && style.clipPath === "none" && !element.matches("input")
        && /hidden|clip/.test(style.overflowX + style.overflowY)
        && (element.scrollWidth > element.clientWidth + 1
            || element.scrollHeight > element.clientHeight + 1);
}).map(element => element.outerHTML.slice(0, 80))"""
OVERLAPS = """() => {
    const seen = [], found = [];
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, range = document.createRange();
        if (!node.data.trim() || !node.parentElement.checkVisibility()
            || node.parentElement.closest(".vh, thead, [popover], #notice")) continue;
        range.selectNodeContents(node);
        for (const box of range.getClientRects()) {
            for (const [other, text] of seen) {
                if (text !== node.data
                    && Math.min(box.right, other.right) - Math.max(box.left, other.left) > 2
                    && Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > 8)
                    found.push([text.trim(), node.data.trim()]);
            }
            seen.push([box, node.data]);
        }
    }
    return found;
}"""
TARGETS = """() => [...document.querySelectorAll("a, button, input, summary")].filter(
    element => element.checkVisibility() && !element.matches(".skip, [type=hidden]")
        && getComputedStyle(element).display !== "inline"
        && getComputedStyle(element).visibility === "visible"
).map(element => {
    const box = (element.matches("[type=checkbox]") ? element.parentElement : element)
        .getBoundingClientRect();
    return [element.outerHTML.slice(0, 80), box.width, box.height,
            element.matches(".kebab") ? 44 : 24];
}).filter(([_, width, height, least]) => Math.min(width, height) < least)"""
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }"""
LARGE = "html { font-size: 200% !important; }"


@pytest.fixture(scope="module")
def stage(
    chromium: Browser, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    with (
        serving(tmp_path_factory.mktemp("empty")) as empty,
        serving_at(FixedClock(), tmp_path_factory.mktemp("strict")) as strict,
        scene(chromium, server, empty, strict) as set_up,
    ):
        yield set_up


def scrolls_sideways(page: Page) -> bool:
    root = "document.documentElement"
    return bool(page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))


def with_style(page: Page, css: str) -> None:
    """Add rules in the only way that the content security policy leaves."""
    page.evaluate(
        """css => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(css);
            document.adoptedStyleSheets = [sheet];
        }""",
        css,
    )


def faults(page: Page) -> dict[str, Any]:
    found = {
        "scrolls sideways": scrolls_sideways(page),
        "cut": page.evaluate(CUT),
        "overlaps": page.evaluate(OVERLAPS),
    }
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(view: str, size: ViewportSize, stage: Scene) -> None:
    """Row 76 in English, light and dark; rows 77 and 78 on the way."""
    for device in stage.devices:
        device.page.set_viewport_size(size)
    page = VIEWS[view](stage).page

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        results = Axe().run(page)
        assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"
    assert page.evaluate(TARGETS) == []
    assert faults(page) == {}


HELP = """() => {
    const links = [...document.querySelectorAll("a:not(dialog a, [popover] a, .skip)")];
    return [links.at(-1).textContent, links.at(-1).checkVisibility()];
}"""


def test_help_is_at_the_same_place_on_every_page_and_none_asks_another_host(stage: Scene) -> None:
    """WCAG 2.2, 3.2.6: the last link, below all that a page is about. And rows 88 and 89."""
    seen = {}
    for view, open_view in VIEWS.items():
        page = open_view(stage).page
        page.wait_for_load_state("networkidle")
        seen[view] = page.evaluate(HELP)

    assert {v: link for v, link in seen.items() if link != ["Help with sessions", True]} == {}
    assert [accident for device in stage.devices for accident in device.accidents] == []


@pytest.mark.parametrize("view", VIEWS)
def test_large_or_spaced_text_stays_whole(view: str, stage: Scene) -> None:
    """Rows 78 (400 %) and 79."""
    for device in stage.devices:
        device.page.set_viewport_size(DESK)
    page = VIEWS[view](stage).page
    for css in (SPACED, LARGE):
        with_style(page, css)
        assert faults(page) == {}, css

    with_style(page, "")
    page.set_viewport_size(ZOOMED)
    assert faults(page) == {}
