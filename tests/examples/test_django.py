"""The example for Django, whole: gunicorn with two workers, and a real browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize, expect

from tests.browser.people import FIREFOX, SAFARI, Device, NewDevice
from tests.browser.server import Site, wait_until

pytestmark = pytest.mark.browser

EXAMPLE = (str(Path(__file__).parents[2] / "examples" / "django" / "serve.py"),)
SECTION = ("-m", "tests.django.section_site")
PHONE = ViewportSize(width=320, height=640)


@contextmanager
def serving(folder: Path, *arguments: str, what: Sequence[str] = EXAMPLE) -> Iterator[str]:
    """The example on a port of its own, from its one command; its address."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                *what,
                "--bind",
                "127.0.0.1:0",
                "--control-socket",
                str(folder / "control"),
                *arguments,
            ],
            env={
                **os.environ,
                "NOTES_DATABASE": str(folder / "notes.db"),
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        listening = re.compile(r"Listening at: (http://127\.0\.0\.1:\d+)")
        wait_until((folder / "notes.db").exists, "the example makes its database")
        for step in ("Starting gunicorn", listening.pattern, "Booting worker"):
            wait_until(partial(_is_told, log, step), step)
        yield listening.findall(log.read_text("utf-8"))[0]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert "Traceback" not in log.read_text("utf-8")


def _is_told(log: Path, words: str) -> bool:
    return re.search(words, log.read_text("utf-8")) is not None


class Notes(Site):
    """The example, which has made its one person itself."""

    def add_user(self, email: str, name: str) -> None:
        raise NotImplementedError


def log_in(device: Device) -> Device:
    device.page.goto("/")
    device.page.get_by_label("Username").fill("ada")
    device.page.get_by_label("Password").fill("correct horse")
    device.page.get_by_role("button", name="Log in").click()
    expect(device.page.get_by_role("heading", name="Notes of Ada")).to_be_visible()
    return device


@pytest.mark.parametrize("arguments", [(), ("--preload",)], ids=["forked", "preloaded"])
def test_a_browser_that_is_terminated_on_the_page_needs_a_login(
    new_device: NewDevice, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with serving(tmp_path, *arguments) as url:
        here = log_in(new_device(at=Notes(url=url)))
        there = log_in(new_device(FIREFOX, at=Notes(url=url)))
        there.page.get_by_label("Note").fill("milk")
        there.page.get_by_role("button", name="Keep").click()
        expect(there.page.get_by_text("milk")).to_be_visible()

        here.page.get_by_role("link", name="Active sessions").click()
        expect(here.rows).to_have_count(2)
        here.choose("Firefox on Windows", "Terminate")
        here.confirm("Terminate")
        expect(here.rows).to_have_count(1)

        login = there.page.get_by_role("heading", name="Log in")
        for _ in range(4):  # whichever worker answers
            there.page.goto("/")
            expect(login).to_be_visible()
        here.page.goto("/")
        here.page.get_by_role("button", name="Log out").click()
        here.page.goto("/account/settings/account")
        expect(here.page.get_by_role("heading", name="Log in")).to_be_visible()


def open_settings(device: Device) -> Device:
    device.page.goto("/settings")
    device.page.get_by_label("Username").fill("ada")
    device.page.get_by_role("button", name="Enter").click()
    expect(device.page.get_by_role("heading", name="Settings of ada")).to_be_visible()
    return device


def test_the_list_in_the_projects_own_page_works_with_scripts_and_without(
    new_device: NewDevice, tmp_path: Path
) -> None:
    with serving(tmp_path, what=SECTION) as url:
        site = Notes(url=url)
        here = open_settings(new_device(at=site, color_scheme="light"))
        there = open_settings(new_device(FIREFOX, at=site))
        how = {"viewport": PHONE, "color_scheme": "dark", "java_script_enabled": False}
        plain = open_settings(new_device(SAFARI, at=site, **how))
        here.page.reload()

        if "SHOTS" in os.environ:
            here.page.screenshot(path="/tmp/dj/shots/light.png", full_page=True)
            plain.page.screenshot(path="/tmp/dj/shots/dark.png", full_page=True)
            plain.three_dots("Firefox on Windows").click()
            plain.page.screenshot(path="/tmp/dj/shots/menu.png")
            plain.page.keyboard.press("Escape")
        here.choose("Firefox on Windows", "Terminate")
        here.confirm("Terminate")
        expect(here.banner).to_contain_text("Session terminated: Firefox on Windows")
        there.page.reload()
        expect(there.page.get_by_role("heading", name="Who are you?")).to_be_visible()

        plain.page.reload()
        plain.choose("Chrome on Linux", "Terminate")
        plain.page.get_by_role("button", name="Terminate").click()
        expect(plain.page).to_have_url(re.compile(rf"{url}/settings\?"))
        expect(plain.banner).to_contain_text("Session terminated: Chrome on Linux")
        expect(plain.rows).to_have_count(1)
        here.page.reload()
        expect(here.page.get_by_role("heading", name="Who are you?")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whoever_needs_contrast_has_it_in_the_projects_own_page(
    new_device: NewDevice, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    with serving(tmp_path, what=SECTION) as url:
        site = Notes(url=url)
        open_settings(new_device(FIREFOX, at=site))
        device = open_settings(new_device(at=site, color_scheme=scheme, viewport=PHONE))

        found = Axe().run(device.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})

        assert found.response["violations"] == []
        assert device.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
