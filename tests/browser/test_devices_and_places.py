"""Rows 24 and 27 to 30 of ui.md section 5: what a session is, where, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from signedin.core.network import NetworkKind
from signedin.core.permission import Actor
from signedin.core.place import Attribution, make_place
from signedin.core.policy import Policy
from signedin.wiring import Sessions
from tests.browser.conftest import Serve
from tests.browser.people import FIREFOX, SAFARI, Device, NewDevice, Person
from tests.browser.server import Server
from tests.browser.timed import KnownPlaces, TimedServer, serving_at
from tests.clock import FixedClock

pytestmark = pytest.mark.browser

LABEL = "Firefox on Windows"
# One address for each way in which a place is known.
CITY, REGION, COUNTRY, MOBILE, NOWHERE = (f"203.0.113.{n}" for n in range(1, 6))
PLACES = KnownPlaces(
    {
        CITY: make_place(city="Oslo", region="Oslo", country_code="NO", radius_km=20),
        REGION: make_place(city="X", region="Vestland", country_code="NO", radius_km=150),
        COUNTRY: make_place(city="Lima", country_code="PE", radius_km=300),
        MOBILE: make_place(country_code="NO", network=NetworkKind.MOBILE),
    },
    attribution=Attribution("IP Geolocation by DB-IP", "https://db-ip.com", date(2026, 11, 1)),
)


@pytest.fixture
def timed(tmp_path: Path) -> Iterator[TimedServer]:
    with serving_at(FixedClock(), tmp_path, places=PLACES) as running:
        yield running


def fact(device: Device, term: str) -> str:
    """What the details say of something, its note included."""
    found = device.page.locator(".facts > div").filter(
        has=device.page.get_by_text(term, exact=True)
    )
    return re.sub(r"\s+", " ", found.locator("dd").inner_text())


def test_without_data_only_private_networks_have_a_name(
    serve: Serve, new_device: NewDevice
) -> None:
    """Row 24, without the VPN, which no open data tells."""
    server = serve()
    ada = Person.on(server)
    ada.log_in_elsewhere(server, FIREFOX, "10.0.0.5")
    ada.log_in_elsewhere(server, SAFARI, "203.0.113.9")
    device = new_device(at=server).log_in(ada)

    expect(device.row(LABEL).get_by_text("Private network")).to_be_visible()
    expect(device.row("Safari on iOS").get_by_text("Unknown location")).to_be_visible()
    device.choose("Safari on iOS", "Details")
    assert fact(device, "Location").endswith("Nothing is known about where this IP address is.")


def test_the_details_say_since_when_from_where_how_sure_and_until_when(
    timed: TimedServer, new_device: NewDevice
) -> None:
    """Row 27, and that no token is in any page of it."""
    ada = Person.on(timed)
    stranger = new_device(FIREFOX, CITY, at=timed, timezone_id="UTC").log_in(ada, keep=True)
    timed.clock.advance(timedelta(days=1))
    stranger.context.set_extra_http_headers({"X-Forwarded-For": COUNTRY})
    stranger.reload()
    timed.clock.advance(timedelta(hours=5))
    device = new_device(at=timed, timezone_id="UTC").log_in(ada)
    device.choose(LABEL, "Details")

    expect(device.page.get_by_role("heading", name=LABEL, level=1)).to_be_visible()
    assert fact(device, "Logged in") == "1 day ago November 23, 2026 at 10:00:00 AM UTC"
    assert fact(device, "Logged in with") == "Password"
    assert fact(device, "Last used") == "5 hours ago November 24, 2026 at 10:00:00 AM UTC"
    assert fact(device, "Location").startswith("Peru Approximate, based on IP address: probably")
    assert fact(device, "At login").startswith("Oslo, Norway Approximate, based on IP address")
    assert fact(device, "IP address") == f"{COUNTRY} At login: {CITY}"
    assert fact(device, "Ends").endswith(
        "December 8, 2026 at 10:00:00 AM UTC If it is not used again"
    )
    assert FIREFOX in fact(device, "What the browser sent")
    expect(device.page.get_by_text("IP Geolocation by DB-IP, November 2026")).to_be_visible()
    secrets = [*device.cookies.values(), *stranger.cookies.values()]
    assert [secret for secret in secrets if secret in device.page.content()] == []


def test_an_address_is_removed_after_thirty_days_without_use_and_the_page_says_so(
    timed: TimedServer, new_device: NewDevice, tmp_path: Path
) -> None:
    """Row 28."""
    timed.sessions.policies.set("default", Policy(), by=Actor.admin("root"), reason="no limits")
    ada = Person.on(timed)
    ada.log_in_elsewhere(timed, FIREFOX, CITY)
    timed.clock.advance(timedelta(days=30, minutes=1))
    with closing(Sessions(f"sqlite:///{tmp_path}/timed.db", clock=timed.clock)) as started_since:
        started_since.sweeper.sweep()
    device = new_device(at=timed).log_in(ada)
    device.choose(LABEL, "Details")

    assert fact(device, "IP address") == "Removed after 30 days without use"
    assert CITY not in device.page.content()
    assert fact(device, "Location").startswith("Oslo, Norway")


@pytest.mark.parametrize(
    ("address", "place", "how_sure"),
    [
        (CITY, "Oslo, Norway", "probably this city, or one near it"),
        (REGION, "Vestland, Norway", "probably this region. The city is not known"),
        (COUNTRY, "Peru", "probably this country. More is not known"),
        (MOBILE, "Norway · mobile network", "which can be far from the device"),
        (NOWHERE, "Unknown location", "Nothing is known"),
        ("10.0.0.5", "Private network", "inside a home, a company"),
    ],
)
def test_a_place_is_shown_as_far_as_it_is_known_and_the_details_say_how_far(
    address: str, place: str, how_sure: str, timed: TimedServer, new_device: NewDevice
) -> None:
    """Rows 25 and 27."""
    ada = Person.on(timed)
    ada.log_in_elsewhere(timed, FIREFOX, address)
    device = new_device(at=timed).log_in(ada)
    expect(device.row(LABEL).get_by_text(place, exact=True)).to_be_visible()

    device.choose(LABEL, "Details")
    expect(device.page.get_by_role("heading", name=LABEL, level=1)).to_be_visible()
    for term in ("Location", "At login"):
        assert fact(device, term).startswith(place)
        assert how_sure in fact(device, term)


@pytest.mark.parametrize("user_agent", ["", "x", "unheard of " * 500])
def test_a_strange_user_agent_is_an_unknown_device_and_the_page_is_whole(
    user_agent: str, device: Device, ada: Person, server: Server
) -> None:
    """Row 29."""
    ada.log_in_elsewhere(server, user_agent)
    page = device.reload().page

    expect(device.row("Unknown device")).to_be_visible()
    expect(device.row("Current session")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    device.choose("Unknown device", "Details")
    expect(page.get_by_text("What the browser sent")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_a_client_sends_is_text_and_turns_nothing_around(
    device: Device, ada: Person, server: Server
) -> None:
    """Row 30."""
    hostile = "\u202e<script>alert(1)</script> Firefox/1"
    ada.log_in_elsewhere(server, hostile.encode().decode("latin-1"))
    device.page.on("dialog", lambda dialog: device.accidents.append(dialog.message))
    row = device.reload().rows.nth(1)
    name, dots = row.locator(".device").bounding_box(), row.locator(".kebab").bounding_box()

    assert name is not None
    assert dots is not None
    assert name["x"] < dots["x"]
    assert "\u202e" not in row.inner_text()
    row.locator(".kebab").click()
    device.menu.get_by_text("Details").click()
    expect(device.page.get_by_text("<script>alert(1)</script>")).to_be_visible()
    assert "\u202e" not in device.page.locator("main").inner_text()
