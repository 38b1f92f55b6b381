"""Rows 16 to 23 of ui.md section 5: times as people read them, by the server's clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.people import ACCOUNT, FIREFOX, Device, NewDevice, Person
from tests.browser.timed import TimedServer
from tests.clock import MONDAY

pytestmark = pytest.mark.browser

LABEL = "Firefox on Windows"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AGES = {  # in the order of time
    2 * MINUTE: "Active now",
    3 * MINUTE - SECOND: "Active now",
    3 * MINUTE + 59 * SECOND: "3 minutes ago",
    59 * MINUTE + 59 * SECOND: "59 minutes ago",
    HOUR: "1 hour ago",
    23 * HOUR + 59 * MINUTE: "23 hours ago",
    DAY: "1 day ago",
    6 * DAY + 23 * HOUR: "6 days ago",
    7 * DAY: "Nov 23",
}


def log_in_at(timed: TimedServer, new_device: NewDevice, **how: object) -> tuple[Device, Person]:
    person = Person.on(timed)
    return new_device(at=timed, **how).log_in(person, keep=True), person


def updated(device: Device, label: str) -> str:
    """What the server itself says in a row, before any script."""
    html = device.context.request.get(ACCOUNT).text()
    row = next(r for r in html.split("<tr ") if f"<bdi>{label}</bdi>" in r)
    return re.sub("<[^>]*>", "", row.split("<time")[1].split(">", 1)[1].split("</time>")[0])


def test_ages_are_floored_and_the_script_says_what_the_server_says(
    timed: TimedServer, new_device: NewDevice
) -> None:
    """Rows 16 to 19, in this year."""
    device, ada = log_in_at(timed, new_device)
    ada.log_in_elsewhere(timed, FIREFOX)
    for age, words in AGES.items():
        timed.clock.advance(MONDAY + age - timed.clock.now())
        device.reload()

        expect(device.row(LABEL).locator("time")).to_have_text(words)
        assert updated(device, LABEL) == words
        expect(device.row("Current session").locator("time")).to_have_text("Active now")


def test_another_year_is_said(timed: TimedServer, new_device: NewDevice) -> None:
    """Row 19."""
    timed.clock.advance(datetime(2026, 12, 28, tzinfo=UTC) - MONDAY)
    device, ada = log_in_at(timed, new_device, timezone_id="UTC")
    ada.log_in_elsewhere(timed, FIREFOX)
    timed.clock.advance(7 * DAY)
    device.reload()

    expect(device.row(LABEL).locator("time")).to_have_text("Dec 28, 2026")
    assert updated(device, LABEL) == "Dec 28, 2026"


@pytest.mark.parametrize(
    ("zone", "full"),
    [
        ("Pacific/Apia", "November 23, 2026 at 11:00:00 PM GMT+13"),
        ("America/New_York", "November 23, 2026 at 5:00:00 AM EST"),
    ],
)
def test_a_time_is_exact_for_the_mouse_in_the_readers_zone(
    zone: str, full: str, timed: TimedServer, new_device: NewDevice
) -> None:
    """Rows 20 and 21."""
    device, ada = log_in_at(timed, new_device, timezone_id=zone)
    ada.log_in_elsewhere(timed, FIREFOX)
    timed.clock.advance(3 * HOUR)
    time = device.reload().row(LABEL).locator("time")

    time.hover()
    title = time.get_attribute("title") or ""
    assert re.sub(r"\s", " ", title) == full
    expect(time).to_have_attribute("datetime", "2026-11-23T10:00:00Z")
    expect(time).to_have_text("3 hours ago")


@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Apia", "Nov 24"), ("UTC", "Nov 23"), ("America/New_York", "Nov 23")]
)
def test_a_day_is_the_readers_day_as_its_title_says(
    zone: str, day: str, timed: TimedServer, new_device: NewDevice
) -> None:
    timed.clock.advance(2 * HOUR)  # Apia is past midnight
    device, _ = log_in_at(timed, new_device, timezone_id=zone)
    changed = device.page.get_by_text("Last changed").locator("time")

    expect(changed).to_have_text(day)
    title = changed.get_attribute("title") or ""
    assert title.startswith(day.replace("Nov", "November"))


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_wrong_clock_in_the_browser_changes_no_words(
    hours: int, timed: TimedServer, new_device: NewDevice
) -> None:
    """Row 22."""
    device, ada = log_in_at(timed, new_device)
    ada.log_in_elsewhere(timed, FIREFOX)
    timed.clock.advance(2 * HOUR + 59 * MINUTE)
    device.page.clock.install(time=timed.clock.now() + timedelta(hours=hours))
    device.reload()

    expect(device.row(LABEL).locator("time")).to_have_text("2 hours ago")
    expect(device.row("Current session").locator("time")).to_have_text("Active now")


def test_words_move_on_while_the_page_stays_open(device: Device) -> None:
    """Row 23: nothing is announced."""
    device.page.clock.install()
    device.reload()
    device.page.clock.run_for(2 * 60_000)
    time = device.rows.first.locator("time")
    expect(time).to_have_text("Active now")

    device.page.clock.run_for(3 * 60_000)
    expect(time).to_have_text(re.compile("^[45] minutes ago$"))
    expect(device.page.locator("#status")).to_be_empty()
