"""Take the README's pictures: ``make screenshots``. A throw-away server, a real Chromium.

The devices and the dates are made up; the logins are real, through the trusted proxy that
this script is, so what the pictures show is what the page says. The server runs in this
process, because its clock has to be moved.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

import httpx2
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright

from signedin.accounts.accounts import Accounts
from signedin.accounts.passwords import PasswordHasher
from signedin.core.cookie import CookieNames
from signedin.places.reader import open_places
from signedin.service.clock import SystemClock
from signedin.stores.accounts import SqlAccounts
from signedin.web.app import create_app
from signedin.wiring import Sessions
from tests.browser.conftest import CHROMIUM, QUIET
from tests.browser.people import EDGE, FIREFOX, PASSWORD, SAFARI
from tests.clients import CHROME

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
DATA = Path(__file__).parent.parent / "var"
EMAIL = "ada@example.org"
# User agent, address, and how long ago it was used last.
OTHERS = (
    (EDGE, "10.0.0.5", timedelta(days=9)),
    (FIREFOX, "143.107.1.1", timedelta(days=2, hours=3)),
    (SAFARI, "128.178.1.1", timedelta(hours=3)),
)
OWN = "148.122.10.1"
Scheme = Literal["light", "dark"]


class MovedClock(SystemClock):
    """The machine's clock, as far in the past as it is told."""

    ago = timedelta(0)

    def now(self) -> datetime:
        return super().now() - self.ago

    def time(self) -> float:
        return self.now().timestamp()


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    clock = MovedClock()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), clock) as url,
        sync_playwright() as playwright,
    ):
        for user_agent, address, ago in OTHERS:
            clock.ago = ago
            log_in_elsewhere(url, user_agent, address)
        clock.ago = timedelta(0)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = partial(
            browser.new_context,
            base_url=url,
            user_agent=CHROME,
            device_scale_factor=1.5,
            reduced_motion="reduce",
            # What Chromium says of itself beside the user agent would contradict it.
            extra_http_headers={"X-Forwarded-For": OWN, "Sec-CH-UA": ""},
        )
        desktop = context(viewport={"width": 1280, "height": 860})
        page = log_in(desktop.new_page())
        phone = context(
            viewport={"width": 360, "height": 740},
            is_mobile=True,
            storage_state=desktop.storage_state(),
        ).new_page()
        schemes: tuple[Scheme, Scheme] = ("light", "dark")
        for scheme in schemes:
            take(page, phone, scheme)
        browser.close()


@contextmanager
def serving(folder: Path, clock: MovedClock) -> Iterator[str]:
    """A server with one account, in a thread; yields its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    places = open_places(DATA)
    sessions = Sessions(f"sqlite:///{folder}/signedin.db", clock=clock, places=places)
    accounts = Accounts(SqlAccounts(sessions.store), sessions, PasswordHasher(), clock)
    clock.ago = timedelta(days=112)
    accounts.create(EMAIL, "Ada Lovelace", PASSWORD)
    app = create_app(
        sessions,
        accounts,
        places,
        site="signedin",
        cookies=CookieNames.on_loopback(port),
        origins=(url,),
        trusted_proxies=(ip_network("127.0.0.1"),),
        short_session=timedelta(days=30),
    )
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, proxy_headers=False))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join()
        sessions.close()
        listening.close()


def log_in_elsewhere(url: str, user_agent: str, address: str) -> None:
    answer = httpx2.post(
        f"{url}/api/v1/sessions",
        json={"email": EMAIL, "password": PASSWORD, "persistent": True},
        headers={"User-Agent": user_agent, "X-Forwarded-For": address},
    )
    answer.raise_for_status()


def log_in(page: Page) -> Page:
    page.goto("/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("tr[data-session]")).to_have_count(1 + len(OTHERS))
    return page


def take(page: Page, phone: Page, scheme: Scheme) -> None:
    """The page with a menu open, the question before an end, and the list on a phone."""
    page.emulate_media(color_scheme=scheme)
    page.goto("/settings/account")
    page.get_by_role("button", name="Options for Firefox on Windows").click()
    page.get_by_role("menuitem", name="Terminate").focus()
    shoot(page, f"sessions-{scheme}")
    page.get_by_role("menuitem", name="Terminate").click()
    shoot(page, f"question-{scheme}")
    phone.emulate_media(color_scheme=scheme)
    phone.goto("/settings/account")
    heading = phone.get_by_role("heading", name="Active sessions")
    heading.evaluate("e => scrollTo(0, e.getBoundingClientRect().top - 16)")
    shoot(phone, f"phone-{scheme}")


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    main()
