"""Rows 58 to 64 of ui.md section 5: what goes wrong is told, and never told as done."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.people import ACCOUNT, Device, NewDevice, Person
from tests.browser.server import Server

pytestmark = pytest.mark.browser

LABEL = "Firefox on Windows"
API = "**/api/v1/sessions/*"
NEIGHBOUR = "http://127.0.0.1:9"  # another port: same site, so Lax cookies are sent along


TIME_LEAPS = """
    const now = performance.now.bind(performance);
    let ahead = 0;
    addEventListener("mousedown", () => { ahead += %d; }, true);
    performance.now = () => now() + ahead;
"""


class _LoggingIn:
    """A login form, filled in; what it sends first takes long to arrive."""

    def __init__(self, device: Device, person: Person, *, between: int = 0) -> None:
        """``between``: the milliseconds that the page believes to pass before each press."""
        self.device, self.sent = device, 0
        self._held: list[Route] = []
        device.page.add_init_script(TIME_LEAPS % between)
        device.page.goto("/login")
        device.page.get_by_label("E-mail").fill(person.email)
        device.page.get_by_role("textbox", name="Password").fill(person.password)
        button = device.page.get_by_role("button", name="Log in").bounding_box()
        assert button is not None
        device.page.mouse.move(button["x"] + 5, button["y"] + 5)
        device.page.route("**/login", self._send)

    def _send(self, route: Route) -> None:
        self.sent += 1
        if self.sent > 1:
            return route.continue_()
        return self._held.append(route)

    def press(self) -> None:
        self.device.page.mouse.down()  # a click would wait for what the first one began
        self.device.page.mouse.up()
        while not self._held:
            self.device.page.wait_for_timeout(10)  # Playwright tells us only in between

    def go_on(self) -> None:
        self._held[0].continue_()


def expect_it_failed(device: Device) -> None:
    """The dialog says so, and nothing on the page says otherwise."""
    expect(device.alert).to_contain_text("Couldn’t terminate the session. It is still active.")
    expect(device.dialog.get_by_role("button", name="Terminate")).to_be_focused()
    expect(device.banner).to_have_count(0)
    expect(device.page.locator("#status")).to_be_empty()
    expect(device.rows).to_have_count(2)


def expect_it_worked(device: Device) -> None:
    expect(device.banner).to_contain_text("Session terminated")
    expect(device.dialog).to_have_count(0)
    expect(device.rows).to_have_count(1)


def watch_for_success(page: Page) -> None:
    """Remember whether the page ever said that something was terminated."""
    page.evaluate(
        """() => {
            window.saidSuccess = false;
            new MutationObserver(() => {
                if (document.querySelector(".notice")) window.saidSuccess = true;
            }).observe(document.body, {childList: true, subtree: true});
        }"""
    )


def test_a_server_error_leaves_the_row_and_can_be_retried(device: Device, other: Device) -> None:
    """Row 58."""
    device.page.route(API, lambda route: route.fulfill(status=500))
    device.choose(LABEL, "Terminate")
    device.confirm("Terminate")

    expect_it_failed(device)
    device.page.unroute(API)
    device.confirm("Terminate")
    expect_it_worked(device)
    other.reload().expect_login_page()


def test_without_a_network_no_success_is_shown_at_any_time(device: Device, other: Device) -> None:
    """Row 59."""
    watch_for_success(device.page)
    device.choose(LABEL, "Terminate")
    device.context.set_offline(True)
    device.confirm("Terminate")

    expect_it_failed(device)
    assert device.page.evaluate("saidSuccess") is False
    device.context.set_offline(False)
    device.confirm("Terminate")
    expect_it_worked(device)


def test_confirming_twice_acts_once(device: Device, other: Device) -> None:
    """Row 60."""
    asked: list[str] = []
    device.page.on("request", lambda request: asked.append(request.method))
    device.choose(LABEL, "Terminate")
    device.dialog.get_by_role("button", name="Terminate").dblclick()

    expect_it_worked(device)
    assert asked.count("DELETE") == 1


def test_a_login_pressed_twice_logs_in_once(new_device: NewDevice, ada: Person) -> None:
    """A second login would leave a session in the list that no browser has."""
    logging_in = _LoggingIn(new_device(), ada)

    logging_in.press()
    logging_in.press()
    logging_in.go_on()

    expect(logging_in.device.rows).to_have_count(1)
    assert logging_in.sent == 1


def test_a_login_that_takes_long_can_be_sent_again(new_device: NewDevice, ada: Person) -> None:
    logging_in = _LoggingIn(new_device(), ada, between=3000)

    logging_in.press()
    logging_in.press()

    expect(logging_in.device.rows).to_have_count(1)
    assert logging_in.sent == 2


def test_a_row_that_ended_in_another_tab_is_told_as_such(device: Device, other: Device) -> None:
    """Row 61."""
    tab = device.context.new_page()
    tab.goto(ACCOUNT)
    tab.get_by_role("button", name=f"Options for {LABEL}").click()
    tab.get_by_role("menuitem", name="Terminate").click()
    tab.get_by_role("dialog").get_by_role("button", name="Terminate").click()
    expect(tab.locator(".notice")).to_be_visible()

    device.choose(LABEL, "Terminate")
    device.confirm("Terminate")

    expect(device.banner).to_contain_text("That session had already ended.")
    expect(device.rows).to_have_count(1)


def test_a_form_with_a_wrong_token_changes_nothing(device: Device, other: Device) -> None:
    """Row 62, the form."""
    page = device.page
    page.goto(f"{ACCOUNT}/sessions/{other.api('/sessions/current')['id']}/terminate")
    page.locator("main [name=form_token]").evaluate("input => { input.value = 'x'.repeat(43); }")
    with page.expect_response("**/terminate") as answer:
        page.get_by_role("main").get_by_role("button", name="Terminate").click()

    assert answer.value.status == 403
    expect(page.get_by_role("heading", name="This form is no longer good")).to_be_visible()
    other.expect_logged_in()


def test_a_page_of_another_origin_cannot_act(device: Device, other: Device, server: Server) -> None:
    """Row 62, the origin; a page at another port is sent the cookies, so they prove nothing."""
    target = f"{server.url}{ACCOUNT}/sessions/{other.api('/sessions/current')['id']}/terminate"
    device.context.route(
        f"{NEIGHBOUR}/**",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method="post" action="{target}"><button>A prize</button></form>',
        ),
    )
    page = device.context.new_page()
    page.goto(f"{NEIGHBOUR}/")
    device.accidents.clear()  # that page was ours to open
    with page.expect_response("**/terminate") as answer:
        page.get_by_role("button", name="A prize").click()

    assert "sid" in answer.value.request.all_headers()["cookie"]
    assert answer.value.status == 403
    expect(page.get_by_role("heading", name="Not from our own page")).to_be_visible()
    other.expect_logged_in()


def test_somebody_elses_session_is_as_unknown_as_a_made_up_one(
    device: Device, new_device: NewDevice, server: Server
) -> None:
    """Row 63."""
    bob = new_device().log_in(Person.on(server, "Bob"))
    foreign = bob.api("/sessions/current")["id"]
    made_up = str(uuid4())

    def seen(session_id: str, rest: str) -> tuple[int, str]:
        answer = device.page.goto(f"{ACCOUNT}/sessions/{session_id}{rest}")
        assert answer is not None
        return answer.status, device.page.locator("body").inner_html()

    for rest in ("", "/terminate", "/rename"):
        assert seen(foreign, rest) == seen(made_up, rest)
        assert seen(foreign, rest)[0] == 404
    bob.expect_logged_in()


def test_confirming_with_an_ended_session_leads_to_the_login_and_back(
    device: Device, other: Device, ada: Person
) -> None:
    """Row 64."""
    device.choose(LABEL, "Terminate")
    other.reload()
    other.choose(device.label, "Terminate")
    other.confirm("Terminate")
    expect(other.banner).to_be_visible()

    device.confirm("Terminate")

    device.expect_login_page()
    device.fill_in_login(ada)
    expect(device.page).to_have_url(f"{device.server.url}{ACCOUNT}")
    expect(device.row(LABEL)).to_be_visible()


def test_escape_while_sending_stops_nothing_and_hides_nothing(
    device: Device, other: Device
) -> None:
    """Row 70."""
    held: list[Route] = []
    device.page.route(API, lambda route: held.append(route))
    device.choose(LABEL, "Terminate")
    device.confirm("Terminate")
    act = device.dialog.get_by_role("button", name="Terminating…")
    expect(act).to_be_focused()
    expect(act).to_have_attribute("aria-disabled", "true")

    for _ in range(3):
        device.page.keyboard.press("Escape")
    device.dialog.get_by_role("button", name="Cancel").click(force=True)

    expect(act).to_be_visible()
    expect(device.rows).to_have_count(2)
    while not held:
        device.page.wait_for_timeout(10)  # Playwright tells us of the request only in between
    held.pop().continue_()
    expect_it_worked(device)
