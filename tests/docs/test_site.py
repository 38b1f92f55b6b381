"""The documentation as a site: it is built without a warning, and loads nothing from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT

_LOADING = {"script": "src", "img": "src", "source": "srcset", "iframe": "src", "link": "href"}


class _Loads(HTMLParser):
    """What a page makes a browser load by itself, and the pictures without a description."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.undescribed: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        address = found.get(_LOADING.get(tag, ""))
        if address is not None:
            self.addresses.append(address)
        if tag == "img" and not found.get("alt"):
            self.undescribed.append(address or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make check` does."""
    folder = tmp_path_factory.mktemp("site")
    build(folder)
    return folder


def build(folder: Path, *more: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder), *more],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_page_is_in_the_site_and_loads_nothing_from_elsewhere(site: Path) -> None:
    for source in DOCS.rglob("*.md"):
        page = (site / source.relative_to(DOCS)).with_suffix(".html")
        loads = _Loads()
        loads.feed(page.read_text("utf-8"))

        assert len(loads.addresses) > 3
        assert [one for one in loads.addresses if "://" in one or one.startswith("//")] == []
        assert loads.undescribed == [], page


def test_no_stylesheet_loads_anything_from_elsewhere(site: Path) -> None:
    sheets = list(site.rglob("*.css"))

    assert sheets
    for sheet in sheets:
        assert "url(http" not in sheet.read_text("utf-8"), sheet
        assert "@import" not in sheet.read_text("utf-8"), sheet


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "mkdocs.yml"
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# A page\n\n[away](nowhere.md)\n")
    config.write_text("site_name: broken\n")

    with pytest.raises(AssertionError, match="Aborted with 1 warning"):
        build(tmp_path / "site", "--config-file", str(config))
