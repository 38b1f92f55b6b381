"""Rows 76 to 79 of ui.md section 5 for the pages of administrators."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize

from tests.browser.admin_views import VIEWS, Scene, scene
from tests.browser.test_accessibility import (
    DESK,
    LARGE,
    PHONE,
    SPACED,
    TARGETS,
    ZOOMED,
    faults,
    with_style,
)
from tests.browser.timed import serving_at
from tests.clock import FixedClock

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stage(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with (
        serving_at(FixedClock(), tmp_path_factory.mktemp("admin")) as server,
        scene(chromium, server) as set_up,
    ):
        yield set_up


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(view: str, size: ViewportSize, stage: Scene) -> None:
    """Row 76 in English, light and dark; rows 77 and 78 on the way."""
    stage.inside.page.set_viewport_size(size)
    page = VIEWS[view](stage).page

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        results = Axe().run(page)
        assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"
    assert page.evaluate(TARGETS) == []
    assert faults(page) == {}


@pytest.mark.parametrize("view", VIEWS)
def test_large_or_spaced_text_stays_whole(view: str, stage: Scene) -> None:
    """Rows 78 (400 %) and 79."""
    stage.inside.page.set_viewport_size(DESK)
    page = VIEWS[view](stage).page
    for css in (SPACED, LARGE):
        with_style(page, css)
        assert faults(page) == {}, css

    with_style(page, "")
    page.set_viewport_size(ZOOMED)
    assert faults(page) == {}
