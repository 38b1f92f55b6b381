"""The change that each page of a framework shows, made to an app like that of its tutorial."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from signedin.service import process
from tests.clients import CHROME, FIREFOX
from tests.docs.pages import DOCS, blocks

TUTORIALS = Path(__file__).with_name("tutorials")
MOST_LINES = 5
SETTING = "sessions = Sessions("  # names the database
ADDRESS = "https://testserver"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}

Client = Any  # of Starlette or httpx; both answer alike


@dataclass(frozen=True)
class Tutorial:
    """An app, and how it is used."""

    framework: str
    module: str
    enter: Callable[[Client], object]
    needs_login: str = "/"


def enter_flaskr(browser: Client) -> None:
    form = {"username": "ada", "password": "difference engine"}
    if "ada" not in registered:
        browser.post("/auth/register", data=form)
    registered.append("ada")
    browser.post("/auth/login", data=form)


def enter_notes(browser: Client) -> None:
    browser.post("/login", data={"name": "ada", "password": "difference engine"})


def enter_items(browser: Client) -> None:
    browser.post("/login", data={"username": "ada", "password": "difference engine"})


def enter_session(browser: Client) -> None:
    browser.post("/session", json={"username": "ada", "password": "difference engine"})


registered: list[str] = []
ALL = [
    Tutorial("flask", "flaskr", enter_flaskr, "/create"),
    Tutorial("starlette", "notes", enter_notes),
    Tutorial("fastapi", "main", enter_items, "/items/"),
    Tutorial("litestar", "app", enter_session, "/session"),
]


@pytest.fixture(params=ALL, ids=lambda tutorial: tutorial.framework)
def tutorial(request: pytest.FixtureRequest) -> Tutorial:
    given: Tutorial = request.param
    return given


@pytest.fixture
def diff(tutorial: Tutorial) -> str:
    (block,) = blocks(DOCS / "frameworks" / f"{tutorial.framework}.md", "diff")
    return block.text


@pytest.fixture
def module(
    tutorial: Tutorial, diff: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """The tutorial's app after the change, imported from a folder of its own."""
    folder = tmp_path / "tutorial"
    shutil.copytree(TUTORIALS / tutorial.framework, folder)
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=folder, check=True)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.chdir(folder)
    registered.clear()
    before = set(process._services)
    yield importlib.import_module(tutorial.module)
    for service in set(process._services) - before:  # or its thread outlives the database
        service.close()
    for name in [name for name in sys.modules if name.partition(".")[0] == tutorial.module]:
        del sys.modules[name]


@pytest.fixture
def new_browser(module: ModuleType) -> Iterator[Callable[[str], Client]]:
    """Browsers of people who use the app over https."""
    opened: list[Client] = []
    transport: Any = None
    if hasattr(module, "create_app"):
        app = module.create_app({"TESTING": True})
        with app.app_context():
            module.db.init_db()
        transport = httpx2.WSGITransport(app)

    def open_browser(agent: str) -> Client:
        how: dict[str, Any] = {"base_url": ADDRESS, "headers": {"user-agent": agent}}
        if transport is None:
            browser: Client = TestClient(module.app, follow_redirects=False, **how)
        else:
            browser = httpx2.Client(transport=transport, **how)
        opened.append(browser)
        return browser

    yield open_browser
    for browser in opened:
        browser.close()


def is_logged_in(browser: Client, tutorial: Tutorial) -> bool:
    answer = browser.get(tutorial.needs_login)
    assert answer.is_redirect or answer.status_code in (200, 401)
    return bool(answer.status_code == 200)


def changed_lines(diff: str) -> list[str]:
    added = re.findall(r"^\+(?!\+\+)(.*\S.*)$", diff, re.M)
    removed = re.findall(r"^-(?!--)(.*\S.*)$", diff, re.M)
    assert len(removed) <= len(added)
    return added


def test_at_most_five_lines_change_besides_a_setting(diff: str) -> None:
    settings = [line for line in changed_lines(diff) if line.startswith(SETTING)]

    assert len(settings) <= 1
    assert 1 < len(changed_lines(diff)) - len(settings) <= MOST_LINES


def test_two_browsers_log_in_and_one_terminates_the_other(
    tutorial: Tutorial, new_browser: Callable[[str], Client]
) -> None:
    one, other = new_browser(CHROME), new_browser(FIREFOX)
    assert not is_logged_in(one, tutorial)
    for browser in (one, other):
        tutorial.enter(browser)
        assert is_logged_in(browser, tutorial)

    page = one.get("/account/settings/account").text
    assert page.count("data-session=") == 2
    assert "Chrome on macOS" in page
    assert "Firefox on Windows" in page
    (id,) = [
        session["id"]
        for session in one.get("/account/api/v1/sessions").json()["sessions"]
        if not session["current"]
    ]
    ended = one.delete(f"/account/api/v1/sessions/{id}", headers=SAME_ORIGIN)

    assert ended.json()["ended"] == 1
    assert not is_logged_in(other, tutorial)
    assert is_logged_in(one, tutorial)
