"""Every link leads to a page and a heading that are there, and every file that is named exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, prose

_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
_FILE = re.compile(r"`((?:\.ci|benchmarks|docs|examples|requirements|src|tests|tools)/[^\s`*]*)`")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@each_page
def test_every_link_within_the_project_leads_to_a_page_and_a_heading(page: Path) -> None:
    for first, second in _LINK.findall(prose(page)):
        target, _, anchor = (first or second).partition("#")
        if "://" in target:
            continue
        file = page.parent / target if target else page
        assert file.exists(), f"{target} does not exist"
        if anchor:
            assert anchor in _anchors(file), f"{target} has no heading #{anchor}"


@each_page
def test_every_file_that_is_named_exists(page: Path) -> None:
    files = [name.partition("::")[0] for name in _FILE.findall(prose(page))]

    assert [name for name in files if not (ROOT / name).exists()] == []


def test_a_heading_s_anchor_is_what_the_site_and_a_forge_make_of_it() -> None:
    assert _slug("Why memory can be trusted") == "why-memory-can-be-trusted"
    assert _slug("5. In your own app") == "5-in-your-own-app"
    assert _slug("Over http, on your own machine") == "over-http-on-your-own-machine"
    assert _slug("You can't tell `a` session") == "you-cant-tell-a-session"


def _anchors(page: Path) -> set[str]:
    return {_slug(found) for found in re.findall(r"^#+ (.+)$", prose(page), re.M)}


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
