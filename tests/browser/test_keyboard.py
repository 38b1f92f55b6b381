"""Rows 65 to 69 and 100 of ui.md section 5: everything by keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import ACCOUNT, EDGE, FIREFOX, SAFARI, Device, NewDevice, Person

pytestmark = pytest.mark.browser

FOCUSED = """() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    return {
        name: element.getAttribute("aria-label") ?? element.textContent.trim(),
        main: !!element.closest("main"),
        outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
        seen: box.bottom > 0 && box.top < innerHeight && box.width > 1,
    };
}"""


def listed(device: Device, person: Person) -> list[str]:
    """Make three other sessions; their labels, in the order of the rows."""
    for agent in (FIREFOX, SAFARI, EDGE):
        person.log_in_elsewhere(device.server, agent)
    device.reload()
    expect(device.rows).to_have_count(4)
    labels = device.page.locator("tr[data-session] .device").all_inner_texts()
    return labels[1:]


@pytest.fixture
def others(device: Device, ada: Person) -> list[str]:
    return listed(device, ada)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def terminate_by_keyboard(device: Device, label: str) -> None:
    device.three_dots(label).focus()
    press(device.page, "Enter", "t", "Enter", "Tab", "Enter")
    expect(device.row(label)).to_have_count(0)


def test_tab_goes_from_the_skip_link_through_the_shell_to_the_page(device: Device) -> None:
    """Row 65."""
    stops: list[dict[str, Any]] = []
    device.page.goto(ACCOUNT)
    for _ in range(40):
        press(device.page, "Tab")
        stop = device.page.evaluate(FOCUSED)
        if stops and stop["name"] == stops[0]["name"]:
            break
        if device.page.evaluate("document.activeElement !== document.body"):
            stops.append(stop)

    names = [stop["name"] for stop in stops]
    assert names[0] == "Skip to main content"
    assert names[1] == "Account"
    assert "Account menu, Ada Lovelace" in names
    in_main = [stop["main"] for stop in stops]
    assert in_main == sorted(in_main)  # first all of the shell, then all of the page
    assert any(in_main)
    assert [s for s in stops if s["outline"] < 2 or not s["seen"]] == []


def test_the_skip_link_skips_to_the_page(device: Device) -> None:
    """Row 65."""
    device.page.goto(ACCOUNT)
    press(device.page, "Tab", "Enter")

    expect(device.page.get_by_role("main")).to_be_focused()


def test_the_menu_is_moved_in_with_arrows_and_letters(device: Device, others: list[str]) -> None:
    """Row 66, by the table of section 2.2."""
    page, button = device.page, device.three_dots(others[0])
    items = {
        name: device.menu.get_by_role("menuitem", name=name)
        for name in ("Details", "Rename", "Terminate")
    }
    for key in ("Enter", "Space", "ArrowDown"):
        button.focus()
        press(page, key)
        expect(items["Details"]).to_be_focused()
        press(page, "Escape")
        expect(button).to_be_focused()
    press(page, "ArrowUp")
    expect(items["Terminate"]).to_be_focused()
    steps = {
        "ArrowDown": "Details",  # wraps
        "End": "Terminate",
        "Home": "Details",
        "ArrowUp": "Terminate",  # wraps
        "r": "Rename",
        "t": "Terminate",
        "D": "Details",
        "x": "Details",  # nothing begins with it
    }
    for key, name in steps.items():
        press(page, key)
        expect(items[name]).to_be_focused()
    press(page, "t", "Space")
    expect(device.dialog).to_be_visible()


def test_the_focus_is_in_the_menu_as_soon_as_it_is_open(device: Device, others: list[str]) -> None:
    """Row 66: the next key may already be on its way."""
    focused = device.three_dots(others[0]).evaluate(
        "button => { button.focus(); button.click(); return document.activeElement.textContent; }"
    )

    assert focused == "Details"


def test_a_menu_that_was_just_closed_opens_and_stays_open(
    device: Device, others: list[str]
) -> None:
    """Row 66: what is learnt of the menu before, too late, must not close it again."""
    is_open = device.three_dots(others[0]).evaluate(
        """async (button) => {
            const menu = document.getElementById(button.getAttribute("popovertarget"));
            const frame = () => new Promise(requestAnimationFrame);
            const keyPress = () => scheduler.postTask(() => {}, { priority: "user-blocking" });
            for (let round = 0; round < 5; round += 1) {
                button.click();
                await frame(), await frame(), await frame();
                menu.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
                await keyPress();
                button.click();
                await frame(), await frame(), await frame();
                if (!menu.matches(":popover-open")) return false;
                menu.hidePopover();
            }
            return true;
        }"""
    )

    assert is_open


def test_tab_leaves_the_menu_for_what_follows_the_button(device: Device, others: list[str]) -> None:
    """Row 66, by the table of section 2.2."""
    device.three_dots(others[0]).focus()
    press(device.page, "Enter", "Tab")

    expect(device.menu).to_have_count(0)
    expect(device.three_dots(others[1])).to_be_focused()
    press(device.page, "Enter", "Shift+Tab")
    expect(device.three_dots(others[0])).to_be_focused()


def test_a_menu_closes_when_it_is_left_alone(device: Device, others: list[str]) -> None:
    """Row 66, by the table of section 2.2: a click outside, and a page that is scrolled away."""
    page = device.page
    device.three_dots(others[0]).click()
    expect(device.menu).to_be_visible()
    page.get_by_text("These devices and browsers are logged in").click()
    expect(device.menu).to_have_count(0)

    page.set_viewport_size({"width": 320, "height": 400})
    device.three_dots(others[0]).click()
    expect(device.menu).to_be_visible()
    page.mouse.move(100, 100)
    page.mouse.wheel(0, 2000)
    expect(device.menu).to_have_count(0)


def test_escape_leads_back_to_the_three_dots(device: Device, others: list[str]) -> None:
    """Row 67, from the menu and from the dialog."""
    button = device.three_dots(others[1])
    button.focus()
    press(device.page, "Enter", "Escape")
    expect(device.menu).to_have_count(0)
    expect(button).to_be_focused()

    press(device.page, "Enter", "t", "Enter")
    expect(device.dialog).to_be_visible()
    press(device.page, "Escape")
    expect(device.dialog).to_have_count(0)
    expect(button).to_be_focused()


def test_after_terminate_the_focus_goes_to_the_neighbour(device: Device, others: list[str]) -> None:
    """Row 68: the next row, then the previous, then the heading."""
    first, middle, last = others

    terminate_by_keyboard(device, middle)
    expect(device.three_dots(last)).to_be_focused()
    terminate_by_keyboard(device, last)
    expect(device.three_dots(first)).to_be_focused()
    terminate_by_keyboard(device, first)
    expect(device.page.get_by_role("heading", name="Active sessions")).to_be_focused()


@pytest.mark.parametrize("size", [(320, 640), (256, 600), (320, 400), (320, 200)])
def test_no_window_is_too_small_for_menus_and_none_hides_what_has_the_focus(
    size: tuple[int, int], new_device: NewDevice, ada: Person
) -> None:
    """WCAG 2.2, 2.4.11: where the banner stays in view, and where no menu fits below its button."""
    width, height = size
    device = new_device(viewport={"width": width, "height": height}).log_in(ada)
    for label in listed(device, ada):
        terminate_by_keyboard(device, label)
        assert device.page.evaluate(
            """() => {
                const focused = document.activeElement, box = focused.getBoundingClientRect();
                const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return focused.contains(at);
            }"""
        )


def test_tab_stays_in_the_dialog(device: Device, others: list[str]) -> None:
    """Row 69; the body stands for the browser's own bar."""
    device.choose(others[0], "Terminate")
    inside = "document.querySelector('dialog').contains(document.activeElement)"
    for key in ["Tab"] * 20 + ["Shift+Tab"] * 20:
        press(device.page, key)
        assert device.page.evaluate(f"{inside} || document.activeElement === document.body")


def test_what_a_session_is_opens_in_place_and_closes_with_escape(device: Device) -> None:
    """Row 100."""
    summary = device.page.get_by_text("What is a session?")
    summary.focus()
    press(device.page, "Enter")
    facts = device.page.locator("details[open] li")
    expect(facts).to_have_count(3)

    press(device.page, "Escape")
    expect(facts.first).not_to_be_visible()
    expect(summary).to_be_focused()
