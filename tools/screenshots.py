"""Take the README's pictures: ``make screenshots``. A throw-away server, a real Chromium.

The devices and the dates are made up; the logins are real, through the trusted proxy that
this script is, so what the pictures show is what the page says. The clock is moved and then
stands still, so that the pictures change only when the page does.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, expect, sync_playwright

from signedin.places.reader import open_places
from tests.browser.conftest import CHROMIUM, QUIET
from tests.browser.people import EDGE, FIREFOX, SAFARI, Person
from tests.browser.timed import TimedServer, serving_at
from tests.clients import CHROME
from tests.clock import MONDAY, FixedClock

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
DATA = Path(__file__).parent.parent / "var"
ADA = Person("ada@example.org", "Ada Lovelace")
ACCOUNT_AGE = timedelta(days=112)
# User agent, address, and how long ago it was used last.
OTHERS = (
    (EDGE, "10.0.0.5", timedelta(days=9)),
    (FIREFOX, "143.107.1.1", timedelta(days=2, hours=3)),
    (SAFARI, "128.178.1.1", timedelta(hours=3)),
)
OWN = "148.122.10.1"
Scheme = Literal["light", "dark"]


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving_at(
            FixedClock(MONDAY - ACCOUNT_AGE),
            Path(folder),
            places=open_places(DATA),
        ) as server,
        sync_playwright() as playwright,
    ):
        live_up_to_now(server)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = partial(
            browser.new_context,
            base_url=server.url,
            locale="en-US",
            timezone_id="Europe/Oslo",
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


def live_up_to_now(server: TimedServer) -> None:
    """Log in everywhere, each at its time; then it is now."""
    now = MONDAY
    server.add_user(ADA.email, ADA.name)
    for user_agent, address, ago in OTHERS:
        server.clock.advance(now - ago - server.clock.now())
        ADA.log_in_elsewhere(server, user_agent, address)
    server.clock.advance(now - server.clock.now())


def log_in(page: Page) -> Page:
    page.goto("/login")
    page.get_by_label("E-mail").fill(ADA.email)
    page.get_by_role("textbox", name="Password").fill(ADA.password)
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
