"""The main job, whole: four devices, one of them terminated, refused by every process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel import Locale
from playwright.sync_api import expect

from tests.browser.conftest import CHROMIUM, Serve
from tests.browser.people import EDGE, FIREFOX, SAFARI, Device, NewDevice, Person
from tests.browser.server import Server

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent.parent
WORKERS = 4
# Public addresses that have long been with one university or network each.
OTHERS = {
    "Safari on iOS": (SAFARI, "148.122.10.1"),
    "Firefox on Windows": (FIREFOX, "143.107.1.1"),
    "Edge on Windows": (EDGE, "128.178.1.1"),
}


@pytest.fixture(scope="module")
def program() -> str:
    """The browser that people have."""
    return CHROMIUM


def city_data() -> Path | None:
    """The city database of the tree, if set-up has fetched one."""
    folders = (ROOT / "var" / "geo", ROOT / "node_modules" / "@ip-location-db")
    return next((file for f in folders for file in f.glob("**/*city*ipv4*.mmdb")), None)


def place_in(data: Path | None, address: str) -> str:
    """What the page must say, read from the file by somebody else's code."""
    if data is None:
        return "Unknown location"
    maxminddb = pytest.importorskip("maxminddb")
    with maxminddb.open_database(data) as database:
        record = database.get(address)
    return f"{record['city']}, {Locale('en').territories[record['country_code']]}"


def answers_of(server: Server, device: Device) -> dict[int, tuple[int, str]]:
    """What each worker says to a device that asks for its account."""
    answers = {}
    for worker in server.workers():
        with server.only(worker):
            answer = server.get("/settings/account", Cookie=device.cookie_header)
            answers[worker] = (answer.status, answer.headers.get("Location", ""))
    return answers


def test_a_terminated_device_gets_the_login_page_from_every_worker(
    serve: Serve, new_device: NewDevice, tmp_path: Path
) -> None:
    """Acceptance 2."""
    data = city_data()
    server = serve(workers=WORKERS)
    if data is not None:
        server.command("geo", "install", "--from", str(data), "--data", str(tmp_path))
    ada = Person.on(server)
    devices = {
        label: new_device(user_agent, address, at=server).log_in(ada)
        for label, (user_agent, address) in OTHERS.items()
    }
    mine = new_device(at=server).log_in(ada)

    expect(mine.rows).to_have_count(4)
    expect(mine.row("Chromium on Linux").get_by_text("Private network")).to_be_visible()
    for label, (_, address) in OTHERS.items():
        expect(mine.row(label).get_by_text(place_in(data, address), exact=True)).to_be_visible()
        expect(mine.row(label).locator("time")).to_have_text("Active now")
    if data is not None:
        expect(mine.page.get_by_text("IP Geolocation by DB-IP")).to_be_visible()

    firefox = devices.pop("Firefox on Windows")
    before = answers_of(server, firefox)
    assert len(before) == WORKERS
    assert {status for status, _ in before.values()} == {200}  # so each has it in memory

    mine.choose("Firefox on Windows", "Terminate")
    mine.confirm("Terminate")

    expect(mine.row("Firefox on Windows")).to_have_count(0)
    expect(mine.banner).to_contain_text("Session terminated: Firefox on Windows")
    expect(mine.banner).to_contain_text("Every server refused it from")
    after = answers_of(server, firefox)
    assert after.keys() == before.keys()
    assert {status for status, _ in after.values()} == {303}
    assert all(location.startswith("/login?") for _, location in after.values())

    firefox.page.get_by_role("link", name="Change password").click()
    firefox.expect_login_page("Your session has ended. Log in again to continue.")
    for other in devices.values():
        other.expect_logged_in()

    firefox.log_in(ada)
    mine.reload()
    expect(mine.row("Firefox on Windows")).to_have_count(1)
    expect(mine.rows).to_have_count(4)


def test_the_receipt_names_no_time_before_it_was_true(
    server: Server, new_device: NewDevice, device: Device, ada: Person
) -> None:
    """Row 98: not before it was asked for, nor before the API's; and both processes agree."""
    other = new_device(FIREFOX).log_in(ada)
    device.reload()
    expect(device.rows).to_have_count(2)
    assert {status for status, _ in answers_of(server, other).values()} == {200}
    device.choose("Firefox on Windows", "Terminate")
    asked_at = datetime.now(UTC)
    with device.page.expect_response("**/api/v1/sessions/*") as answer:
        device.confirm("Terminate")
    effective_at = answer.value.json()["effective_at"]
    after = answers_of(server, other)

    assert asked_at - timedelta(milliseconds=1) <= datetime.fromisoformat(effective_at)
    assert len(after) == 2
    assert {status for status, _ in after.values()} == {303}
    shown = device.page.evaluate(
        "at => new Date(Math.ceil(new Date(at) / 1000) * 1000)"
        ".toLocaleTimeString('en-US', {timeStyle: 'medium'})",
        effective_at,
    )
    expect(device.banner).to_contain_text(f"from {shown}.")
    other.reload().expect_login_page()
