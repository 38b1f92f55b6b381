"""Every page for administrators, and every state of one that looks different."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import Browser, expect

from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.stores.organizations import SqlOrganizations
from tests.browser.people import EDGE, FIREFOX, PASSWORD, SAFARI, Device, Person
from tests.browser.timed import TimedServer
from tests.clients import client

ROOT = Person("root@example.org", "Grace Hopper")
ADA = Person("ada.king.countess.of.lovelace@a-rather-long-domain.example.org", "Ada Lovelace")
CLI = Actor.admin("cli")
ACME = "Acme"
DEFAULT_POLICY = "/admin/policies/default"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def organizations_of(server: TimedServer) -> Organizations:
    store = SqlOrganizations(server.sessions.store)
    return Organizations(store, server.sessions, server.clock)


def add_people(server: TimedServer) -> User:
    """An administrator, and Ada on several devices, one of which was ended."""
    server.accounts.create(ROOT.email, ROOT.name, PASSWORD, admin=True)
    ada = server.accounts.create(ADA.email, ADA.name, PASSWORD)
    for agent, address in ((FIREFOX, "203.0.113.9"), (EDGE, "203.0.113.10"), (SAFARI, "10.0.0.5")):
        ADA.log_in_elsewhere(server, agent, address)
    return ada


def start_many(server: TimedServer, n: int) -> None:
    """Sessions of so many other people."""
    for number in range(n):
        server.sessions.start(f"somebody{number}", client(SAFARI), methods=["pwd"])


@dataclass
class Scene:
    """A server with people, organizations and policies, and who looks at them."""

    server: TimedServer
    inside: Device
    ada: User

    def at(self, path: str) -> Device:
        self.inside.page.goto(path)
        return self.inside

    def at_ada(self, act: str = "") -> Device:
        return self.at(f"/admin/users/{self.ada.id}/sessions{act}")


@contextmanager
def scene(chromium: Browser, server: TimedServer) -> Iterator[Scene]:
    """Set it up; afterwards no page may have broken a rule that holds for all."""
    ada, organizations = add_people(server), organizations_of(server)
    first = server.sessions.list(ada.id)[0]
    server.sessions.terminate(first.id, user_id=ada.id, by=CLI, note="Laptop lost, ticket 812")
    for name in (ACME, "Department of Research and of Development"):
        organizations.create(name, by=CLI)
        organizations.add(name, ada.id, by=CLI)
    policy = Policy(max_sessions=9, confirm_within=15 * MINUTE, settle_time=DAY)
    server.sessions.policies.set(f"organization:{ACME}", policy, by=CLI, reason="Contract")
    start_many(server, 25)
    inside = Device.new(chromium, server, None).log_in(ROOT)
    yield Scene(server, inside, ada)
    inside.context.close()
    assert inside.accidents == []


def checked(scene: Scene) -> Device:
    """What would be if all were ended: more than twenty, and the own session."""
    device = scene.at(DEFAULT_POLICY)
    device.page.get_by_label("End everything that began before now").check()
    device.page.get_by_role("textbox", name="Longest session").fill("1")
    device.page.get_by_role("button", name="Check effect").click()
    expect(device.page.get_by_role("heading", name="If you save now")).to_be_visible()
    device.page.get_by_text("Show the sessions that end").click()
    return device


def refused(scene: Scene) -> Device:
    device = checked(scene)
    device.page.get_by_label("Reason").fill("\u202eesrever")
    device.page.get_by_label("Type 28 to confirm").fill("28")
    device.page.get_by_role("button", name="Save policy").click()
    expect(device.page.get_by_role("alert")).to_contain_text("control or direction")
    return device


def no_limit(scene: Scene) -> Device:
    device = scene.at(DEFAULT_POLICY)
    device.page.get_by_role("textbox", name="Longest session").fill("-1")
    device.page.get_by_role("button", name="Check effect").click()
    expect(device.page.get_by_role("alert")).to_be_visible()
    return device


def without_reason(scene: Scene) -> Device:
    device = scene.at_ada("/end-all")
    device.page.get_by_label("Reason").fill("\u202eesrever")
    device.page.get_by_role("button", name="Terminate").click()
    expect(device.page.get_by_role("alert")).to_be_visible()
    return device


def step_up(scene: Scene) -> Device:
    """The password is asked for; time goes back afterwards, for the other tests."""
    device = scene.at_ada("/end-all")
    scene.server.clock.advance(16 * MINUTE)
    device.page.get_by_label("Reason").fill("Laptop lost")
    device.page.get_by_role("button", name="Terminate").click()
    expect(device.page.get_by_role("heading", name="Confirm it’s you")).to_be_visible()
    scene.server.clock.advance(-16 * MINUTE)
    return device


def removal(scene: Scene) -> Device:
    device = scene.at(f"/admin/organizations/{ACME}")
    device.page.get_by_role("link", name="Remove").click()
    expect(device.page.get_by_role("heading", name="Remove this member?")).to_be_visible()
    return device


def unknown_member(scene: Scene) -> Device:
    device = scene.at(f"/admin/organizations/{ACME}")
    device.page.get_by_label("E-mail").fill("nobody@example.org")
    device.page.get_by_role("button", name="Add").click()
    expect(device.page.get_by_role("alert")).to_be_visible()
    return device


def created(scene: Scene) -> Device:
    """A banner, and an organization without members; deleted again by the next who asks."""
    organizations = organizations_of(scene.server)
    if any(one.name == "New" for one in organizations.list()):
        organizations.delete("New", by=CLI)
    device = scene.at("/admin/organizations")
    device.page.get_by_label("Name").fill("New")
    device.page.get_by_role("button", name="Create").click()
    expect(device.banner).to_contain_text("Organization created.")
    return device


VIEWS: Mapping[str, Callable[[Scene], Device]] = {
    "people": lambda scene: scene.at("/admin/users"),
    "nobody found": lambda scene: scene.at("/admin/users?q=nobody"),
    "person": lambda scene: scene.at_ada(),
    "person, nothing selected": lambda scene: scene.at_ada("/end?choose=yes"),
    "question": lambda scene: scene.at_ada("/end-all"),
    "question without a reason": without_reason,
    "question about an account": lambda scene: scene.at_ada("/disable"),
    "confirm": step_up,
    "sessions": lambda scene: scene.at("/admin/sessions"),
    "policies": lambda scene: scene.at("/admin/policies"),
    "policy": lambda scene: scene.at("/admin/policies/organization:Acme"),
    "policy refused": no_limit,
    "policy checked": checked,
    "policy not saved": refused,
    "organizations": lambda scene: scene.at("/admin/organizations"),
    "organization": lambda scene: scene.at(f"/admin/organizations/{ACME}"),
    "organization, new": created,
    "organization, unknown member": unknown_member,
    "member to be removed": removal,
    "organization to be deleted": lambda scene: scene.at(f"/admin/organizations/{ACME}/delete"),
    "events": lambda scene: scene.at("/admin/events"),
    "events of a person": lambda scene: scene.at(f"/admin/events?user={scene.ada.id}"),
}
