"""Every page but those of administrators, and every state of one that looks different."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import Browser, expect

from signedin.core.permission import Actor
from signedin.core.policy import Policy
from tests.browser.people import ACCOUNT, EDGE, FIREFOX, SAFARI, Device, Person
from tests.browser.server import Server
from tests.browser.timed import TimedServer

POLICY = Policy(idle_timeout=timedelta(hours=8), max_sessions=2)
FIREFOX_ROW = "Firefox on Windows"


@dataclass
class Scene:
    """A server with a busy account, one without any, and one with a strict policy."""

    inside: Device  # logged in
    outside: Device  # not logged in
    first_run: Device  # at the server without an account
    limited: Device  # logged in where a policy is
    refused: Device  # not let in there yet
    empty: Server
    person: Person  # whose account it is, on both

    @property
    def devices(self) -> tuple[Device, ...]:
        return (self.inside, self.outside, self.first_run, self.limited, self.refused)

    def at(self, path: str) -> Device:
        self.inside.page.goto(path)
        return self.inside

    def at_account(self) -> Device:
        return self.at(ACCOUNT)

    def at_session(self, label: str, rest: str = "") -> Device:
        row = self.at_account().row(label)
        return self.at(f"{ACCOUNT}/sessions/{row.get_attribute('data-session')}{rest}")

    def logged_out_at(self, path: str) -> Device:
        self.outside.page.goto(path)
        return self.outside


@contextmanager
def scene(chromium: Browser, server: Server, empty: Server, strict: TimedServer) -> Iterator[Scene]:
    """Set it up; afterwards no page may have broken a rule that holds for all."""
    ada = Person.on(server, "Ada Lovelace")
    for agent, address in (
        (FIREFOX, "203.0.113.9"),
        (SAFARI, "10.0.0.5"),
        (SAFARI, "203.0.113.10"),
        (EDGE, "203.0.113.11"),
        ("curl/8.9.1", "203.0.113.12"),
    ):
        ada.log_in_elsewhere(server, agent, address)
    inside = Device.new(chromium, server, None).log_in(ada)
    inside.choose("Edge on Windows", "Terminate")
    inside.confirm("Terminate")
    expect(inside.banner).to_be_visible()
    inside.choose(FIREFOX_ROW, "Rename")
    inside.page.get_by_label("Name for this device").fill("Office desk")
    inside.page.get_by_role("button", name="Rename").click()
    strict.add_user(ada.email, ada.name)
    ada.log_in_elsewhere(strict, FIREFOX)
    limited = Device.new(chromium, strict, None).log_in(ada)
    strict.clock.advance(timedelta(hours=1))
    strict.sessions.policies.set("default", POLICY, by=Actor.admin("root"), reason="Audit")
    set_up = Scene(
        inside,
        Device.new(chromium, server, None),
        Device.new(chromium, empty, None),
        limited,
        Device.new(chromium, strict, None),
        empty,
        ada,
    )
    yield set_up
    for device in set_up.devices:
        device.context.close()
    accidents = [accident for device in set_up.devices for accident in device.accidents]
    assert accidents == [], accidents


def row_menu(scene: Scene) -> Device:
    device = scene.at_account()
    device.three_dots(FIREFOX_ROW).click()
    expect(device.menu).to_be_visible()
    return device


def profile_menu(scene: Scene) -> Device:
    device = scene.at_account()
    device.page.get_by_role("button", name="Account menu").locator("visible=true").click()
    expect(device.menu).to_be_visible()
    return device


def opened(scene: Scene) -> Device:
    """Everything unfolded that can be."""
    device = scene.at_account()
    device.page.get_by_text("What is a session?").click()
    device.page.get_by_text("Ended sessions").click()
    expect(device.page.get_by_role("table", name="Ended sessions")).to_be_visible()
    return device


def terminate_dialog(scene: Scene) -> Device:
    device = scene.at_account()
    device.choose(FIREFOX_ROW, "Terminate")
    expect(device.dialog).to_be_visible()
    return device


def failed_dialog(scene: Scene) -> Device:
    device = terminate_dialog(scene)
    device.page.route("**/api/**", lambda route: route.abort())
    device.confirm("Terminate")
    expect(device.alert).to_be_visible()
    device.page.unroute("**/api/**")
    return device


def others_dialog(scene: Scene) -> Device:
    device = scene.at_account()
    device.page.get_by_role("button", name="Log out of all other sessions").click()
    expect(device.dialog).to_be_visible()
    return device


def banner(scene: Scene) -> Device:
    """The banner of a terminate; the answer is made up, so that the row stays for the others."""
    device = terminate_dialog(scene)
    receipt = {"ended": 1, "already_ended": 0, "effective_at": "2026-11-23T14:02:07.120Z"}
    device.page.route("**/api/**", lambda route: route.fulfill(json=receipt))
    device.confirm("Terminate")
    expect(device.banner).to_be_visible()
    device.page.unroute("**/api/**")
    return device


def wrong_login(scene: Scene) -> Device:
    device = scene.logged_out_at("/login")
    device.page.get_by_label("E-mail").fill("ada@example.org")
    device.page.get_by_role("textbox", name="Password").fill("not this one")
    device.page.get_by_role("button", name="Log in").click()
    expect(device.page.get_by_role("alert")).to_be_visible()
    return device


def too_many_logins(scene: Scene) -> Device:
    """The answer is a page of its own; the attempts are made at a server that has no account."""
    page = scene.first_run.page
    page.goto("/login")
    for _ in range(11):
        page.get_by_label("E-mail").fill("nobody@example.org")
        page.get_by_role("textbox", name="Password").fill("not this one")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Try again in")
    return scene.first_run


def wrong_name(scene: Scene) -> Device:
    device = scene.at_session(FIREFOX_ROW, "/rename")
    device.page.get_by_label("Name for this device").fill("x" * 61)
    device.page.get_by_role("button", name="Rename").click()
    expect(device.page.get_by_role("alert")).to_be_visible()
    return device


def wrong_password(scene: Scene) -> Device:
    device = scene.at(f"{ACCOUNT}/password")
    for name in ("Current password", "New password"):
        device.page.get_by_role("textbox", name=name).fill("not this one")
    device.page.get_by_role("button", name="Change password").click()
    expect(device.page.get_by_role("alert")).to_be_visible()
    return device


def menu_of_the_phone(scene: Scene) -> Device:
    """The side bar, opened where it is not always there."""
    device = scene.at_account()
    button = device.page.get_by_role("button", name="Menu", exact=True)
    if button.is_visible():
        button.click()
        expect(device.page.locator("#sidebar")).to_be_visible()
    return device


def refused_form(scene: Scene) -> Device:
    device = scene.at(f"{ACCOUNT}/password")
    device.page.locator("main [name=form_token]").evaluate("e => { e.value = 'x'.repeat(43); }")
    for name in ("Current password", "New password"):
        device.page.get_by_role("textbox", name=name).fill("not this one")
    device.page.get_by_role("button", name="Change password").click()
    expect(device.page.get_by_role("heading", name="This form is no longer good")).to_be_visible()
    return device


def no_room(scene: Scene) -> Device:
    """A login at the cap, which asks what shall end."""
    page = scene.refused.page
    page.goto("/login")
    page.get_by_label("E-mail").fill(scene.person.email)
    page.get_by_role("textbox", name="Password").fill(scene.person.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("group", name="Choose a session to log out")).to_be_visible()
    return scene.refused


def after_a_policy(scene: Scene) -> Device:
    page = scene.limited.reload().page
    expect(page.get_by_text("Updated by policy").first).to_be_visible()
    return scene.limited


def details_after_a_policy(scene: Scene) -> Device:
    device = after_a_policy(scene)
    device.choose(FIREFOX_ROW, "Details")
    expect(device.page.get_by_text("Changed by policy")).to_be_visible()
    return device


def idle_warning(scene: Scene) -> Device:
    """Not waited for: the page would leave for the login in the middle of a test."""
    page = scene.limited.reload().page
    page.locator("#idle").evaluate(
        "e => { e.querySelector('[data-slot]').textContent = '2:15:07 PM'; e.hidden = false; }"
    )
    expect(page.get_by_role("button", name="Stay logged in")).to_be_visible()
    return scene.limited


def setup(scene: Scene) -> Device:
    scene.first_run.page.goto(scene.empty.setup_link)
    return scene.first_run


VIEWS: Mapping[str, Callable[[Scene], Device]] = {
    "account": lambda scene: scene.at_account(),
    "account, unfolded": opened,
    "account, menu of a row": row_menu,
    "account, profile menu": profile_menu,
    "account, banner": banner,
    "account, side bar of the phone": menu_of_the_phone,
    "account after a policy": after_a_policy,
    "account, idle warning": idle_warning,
    "dialog": terminate_dialog,
    "dialog that failed": failed_dialog,
    "dialog with devices": others_dialog,
    "details": lambda scene: scene.at_session(FIREFOX_ROW),
    "details of the own": lambda scene: scene.at_session("Current session"),
    "details after a policy": details_after_a_policy,
    "rename": lambda scene: scene.at_session(FIREFOX_ROW, "/rename"),
    "rename refused": wrong_name,
    "question": lambda scene: scene.at_session(FIREFOX_ROW, "/terminate"),
    "question with devices": lambda scene: scene.at(f"{ACCOUNT}/sessions/end-others"),
    "question everywhere": lambda scene: scene.at(f"{ACCOUNT}/sessions/end-all"),
    "question log out": lambda scene: scene.at("/logout"),
    "password": lambda scene: scene.at(f"{ACCOUNT}/password"),
    "password refused": wrong_password,
    "form refused": refused_form,
    "help": lambda scene: scene.at("/help/sessions"),
    "not found": lambda scene: scene.at("/nowhere"),
    "login": lambda scene: scene.logged_out_at("/login"),
    "login after logging out": lambda scene: scene.logged_out_at("/login?done=logged-out"),
    "login that failed": wrong_login,
    "login refused for a while": too_many_logins,
    "login without room": no_room,
    "help, logged out": lambda scene: scene.logged_out_at("/help/sessions"),
    "API": lambda scene: scene.logged_out_at("/api/docs"),
    "session ended": lambda scene: scene.logged_out_at("/session-ended"),
    "set-up": setup,
    "set-up closed": lambda scene: scene.logged_out_at("/setup?key=old"),
}
