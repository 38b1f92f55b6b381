"""People and their browsers: each browser is a profile of its own in one real Chromium."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from tests.browser.server import PASSWORD, PATIENCE, Site
from tests.clients import FIREFOX, SAFARI

__all__ = ["EDGE", "FIREFOX", "PASSWORD", "SAFARI", "Device", "NewDevice", "Person"]

ACCOUNT = "/settings/account"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"
)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    email: str
    name: str
    password: str = PASSWORD

    @classmethod
    def on(cls, server: Site, name: str = "Ada Lovelace") -> Person:
        """Make an account that nobody else uses."""
        person = cls(f"ada{next(_numbers)}@example.org", name)
        server.add_user(person.email, name)
        return person

    def log_in_elsewhere(
        self, server: Site, user_agent: str, address: str = "203.0.113.20"
    ) -> None:
        """Log in on a device that only shows up in lists; much cheaper than a browser."""
        answer = server.post(
            "/api/v1/sessions",
            {"email": self.email, "password": self.password, "persistent": True},
            **{"User-Agent": user_agent, "X-Forwarded-For": address},
        )
        assert answer.status == 201


@dataclass
class Device:
    """A browser profile, and what it was told that a page of ours must never cause."""

    server: Site
    context: BrowserContext
    page: Page
    accidents: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, browser: Browser, server: Site, address: str | None, **how: Any) -> Device:
        """A profile that comes from an address, through the trusted proxy that we are."""
        headers = {} if address is None else {"X-Forwarded-For": address}
        how = {"viewport": {"width": 1280, "height": 800}, "locale": "en-US", **how}
        context = browser.new_context(base_url=server.url, extra_http_headers=headers, **how)
        context.set_default_timeout(1000 * PATIENCE)
        device = cls(server, context, context.new_page())
        context.on("request", device._see_request)
        context.on("console", device._see_console)
        context.on("weberror", lambda error: device.accidents.append(str(error.error)))
        return device

    def _see_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.netloc != urlsplit(self.server.url).netloc:
            self.accidents.append(f"asks another host: {request.url}")

    def _see_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.accidents.append(message.text)

    def log_in(self, person: Person, *, keep: bool = False) -> Device:
        """Log in by the page, from wherever the browser is led to."""
        self.page.goto("/login")
        return self.fill_in_login(person, keep=keep)

    def fill_in_login(self, person: Person, *, keep: bool = False) -> Device:
        self.page.get_by_label("E-mail").fill(person.email)
        self.page.get_by_role("textbox", name="Password").fill(person.password)
        self.page.get_by_label("Keep me logged in").set_checked(keep)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("heading", name="Active sessions")).to_be_visible()
        return self

    def reload(self) -> Device:
        self.page.goto(ACCOUNT)
        return self

    @property
    def rows(self) -> Locator:
        return self.page.locator("tr[data-session]")

    def row(self, label: str) -> Locator:
        return self.rows.filter(has=self.page.get_by_text(label, exact=True))

    def three_dots(self, label: str) -> Locator:
        return self.row(label).get_by_role("button", name="Options for")

    @property
    def menu(self) -> Locator:
        """The menu that is open."""
        return self.page.locator(".menu:popover-open")

    def choose(self, label: str, item: str) -> None:
        """Open a row's menu and choose from it."""
        self.three_dots(label).click()
        self.menu.get_by_text(item, exact=True).click()

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def confirm(self, act: str) -> None:
        self.dialog.get_by_role("button", name=act).click()

    @property
    def banner(self) -> Locator:
        return self.page.locator(".notice")

    @property
    def alert(self) -> Locator:
        return self.dialog.get_by_role("alert")

    @property
    def cookies(self) -> dict[str, str]:
        return {
            c["name"].partition("_")[0]: c["value"]
            for c in self.context.cookies()
            if "name" in c and "value" in c
        }

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}_{self.server.port}={v}" for name, v in self.cookies.items())

    def api(self, path: str) -> Any:
        """Ask the JSON API as this browser."""
        return self.context.request.get(f"/api/v1{path}").json()

    @property
    def label(self) -> str:
        """What our pages call this browser."""
        label: str = self.api("/sessions/current")["device"]["label"]
        return label

    def expect_login_page(self, words: str | None = None) -> None:
        expect(self.page.get_by_role("heading", name="Log in", level=1)).to_be_visible()
        expect(self.page.get_by_text("Active sessions")).to_have_count(0)
        if words is not None:
            expect(self.page.get_by_role("status")).to_have_text(words)

    def expect_logged_in(self) -> None:
        """Whatever this browser asks for next, it gets."""
        self.reload()
        expect(self.row("Current session")).to_be_visible()


NewDevice = Callable[..., Device]
