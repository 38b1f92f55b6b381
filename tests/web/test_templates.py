"""What holds for the text of every page, whoever draws it and with whatever data."""

from __future__ import annotations

import gettext
import gzip
import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment, PackageLoader, StrictUndefined

from tests.web.drawn import ACCOUNT, PAGES, QUESTION, ROWS, row

STATIC = files("signedin.web") / "static"
LARGEST_SCRIPT = 12_000  # bytes, as written
LARGEST_FIRST_VISIT = 60_000  # bytes over the wire
VOID = {"meta", "link", "input", "use", "br", "wbr"}
SPOKEN = {"aria-label", "alt", "placeholder"}
FOR_THE_SCRIPT = {"data-act", "data-busy", "data-failed", "data-live", "data-label"}
REFERENCES = {"aria-labelledby", "aria-describedby", "for", "popovertarget", "data-reveal"}
TABLE_ROLES = {"table", "thead", "tbody", "tr", "th", "td"}


class PseudoLocale(gettext.NullTranslations):
    """A language in which every text is the English one in brackets."""

    def gettext(self, message: str) -> str:
        return f"[{message}]"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"[{msgid1 if n == 1 else msgid2}]"


@dataclass
class Element:
    """One start tag."""

    tag: str
    attributes: dict[str, str]
    template: int  # which <template> it is in, 0 for none: each has ids of its own


@dataclass(eq=False)
class Page(HTMLParser):
    """A page taken apart."""

    html: str
    elements: list[Element] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._templates = 0
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "template":
            self._templates += 1
        within = self._templates if "template" in self._open else 0
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, within))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert not (data.strip() and self._open[-1:] in (["script"], ["style"]))
        self.text += data

    def values(self, names: set[str]) -> list[str]:
        return [v for e in self.elements for n, v in e.attributes.items() if n in names]

    def having(self, attribute: str) -> list[Element]:
        return [element for element in self.elements if attribute in element.attributes]


@cache
def pseudo_environment() -> Any:
    environment: Any = Environment(
        loader=PackageLoader("signedin.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(PseudoLocale(), newstyle=True)
    return environment


def draw(template: str, context: dict[str, Any]) -> str:
    user = SimpleNamespace(
        name="[Ada Lovelace]", email="[ada@example.org]", initials="[AL]", is_admin=True
    )
    frame = {
        "url": lambda path, **query: "/mounted" + path,
        "static": lambda name: "/mounted/static/hash/" + name,
        "site": "[signedin]",
        "now": "2026-11-23T14:02:07Z",
        "idle": SimpleNamespace(seconds=900, ahead=120),
        "lang": "en",
        "direction": "ltr",
        "user": user,
        "form_token": "a-form-token",
        "current_path": "/mounted/settings/account",
        "current_address": "/mounted/settings/account",
        "home": "/mounted/settings/account",
        "has_accent": True,
        "login": lambda **query: "/mounted/login",
        "password_url": "/mounted/settings/account/password",
    }
    drawn: str = pseudo_environment().get_template(template).render(frame | context)
    return drawn


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(draw(*PAGES[request.param]))


def outside_brackets(text: str) -> str:
    """What of a text did not come from the catalogue, nor from the bracketed data."""
    outside, depth = "", 0
    for character in text:
        depth -= character == "]"
        outside += character if depth == 0 else ""
        depth += character == "["
        assert depth >= 0
    assert depth == 0
    return outside


def test_every_text_comes_from_the_catalogue(page: Page) -> None:
    assert re.findall(r"\w+", outside_brackets(page.text)) == []


def test_so_does_what_is_only_heard_and_what_the_script_says(page: Page) -> None:
    said = page.values(SPOKEN | FOR_THE_SCRIPT)

    assert [text for text in said if re.search(r"\w", outside_brackets(text))] == []


def test_no_page_has_a_script_or_a_style_of_its_own(page: Page) -> None:
    assert [e for e in page.elements if e.tag == "style" or "style" in e.attributes] == []
    assert [e for e in page.elements if e.tag == "script" and "src" not in e.attributes] == []
    assert [name for e in page.elements for name in e.attributes if name.startswith("on")] == []


def test_each_id_is_there_once_and_each_reference_leads_somewhere(page: Page) -> None:
    ids = [(e.template, e.attributes["id"]) for e in page.having("id")]
    references = [
        (e.template, target)
        for name in REFERENCES
        for e in page.having(name)
        for target in e.attributes[name].split()
    ]

    assert len(ids) == len(set(ids))
    assert set(references) <= set(ids)


def test_tables_stay_tables_when_their_rows_become_blocks(page: Page) -> None:
    parts = [e for e in page.elements if e.tag in TABLE_ROLES]

    assert [e for e in parts if "role" not in e.attributes] == []


def test_every_form_that_changes_something_carries_the_token(page: Page) -> None:
    posts = [e for e in page.having("method") if e.attributes["method"] == "post"]
    tokens = [e for e in page.having("name") if e.attributes["name"] == "form_token"]

    assert len(posts) == len(tokens)


def test_every_address_of_ours_is_below_the_mount_point(page: Page) -> None:
    told = {"/", "https://db.example", QUESTION["action"], QUESTION["cancel"]}  # by the context
    addresses = set(page.values({"href", "src", "action"})) - told

    assert [a for a in addresses if not a.startswith(("/mounted/", "#"))] == []


def test_icons_are_hidden_from_screen_readers_and_in_the_sprite(page: Page) -> None:
    sprite = (STATIC / "icons.svg").read_text()
    names = [e.attributes["href"].partition("#")[2] for e in page.elements if e.tag == "use"]

    assert [e for e in page.elements if e.tag == "svg" and "aria-hidden" not in e.attributes] == []
    assert [name for name in names if f'id="{name}"' not in sprite] == []


def test_the_current_session_can_be_logged_out_and_the_others_terminated() -> None:
    html = draw("account.html", ACCOUNT)
    current, *others = re.split(r"<tr [^>]*data-session", html)[1 : len(ACCOUNT["rows"]) + 1]

    assert 'data-ask="log-out"' in current
    assert "/terminate" not in current
    assert all("/terminate" in other and "log-out" not in other for other in others[:-1])


def test_what_a_client_says_of_itself_is_shown_as_text() -> None:
    hostile = row(1, device='<script>"&\u202e', name="'><img src=x>", spoken='"><b>')
    page = Page(draw("account.html", ACCOUNT | {"rows": [ROWS[0], hostile], "count": 2}))

    assert [e for e in page.elements if e.tag in ("img", "b")] == []
    assert '<script>"&\u202e' in page.text
    assert '"><b>' in page.values({"data-spoken"})


def test_the_script_is_small_and_never_makes_elements_from_text() -> None:
    script = (STATIC / "app.js").read_text()

    assert len(script.encode()) <= LARGEST_SCRIPT
    assert re.findall(r"\w*(?:HTML|eval|document\.write|new Function)\b", script) == []


def test_a_first_visit_is_small() -> None:
    kept = [STATIC / name for name in ("app.css", "app.js", "icons.svg", "favicon.svg")]
    packed = sum(len(gzip.compress(file.read_bytes())) for file in kept)
    twenty = ACCOUNT | {"rows": [row(n) for n in range(20)], "count": 20}

    assert packed + len(draw("account.html", twenty).encode()) < LARGEST_FIRST_VISIT
