"""Organizations: which there are, and who is in them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from signedin.accounts.errors import NotAMemberError, OrganizationTakenError
from signedin.core.errors import InvalidPolicyError
from signedin.core.policy import ORGANIZATION_LENGTH, organization_scope
from signedin.web import times
from signedin.web.admin import guard, people, policies
from signedin.web.admin.notice import banner, go_on
from signedin.web.notices import Notice
from signedin.web.problems import NOT_FOUND, Refused
from signedin.web.server import server
from signedin.web.times import Time
from signedin.web.visit import Visit

HOME = "/admin/organizations"


@dataclass(frozen=True, slots=True)
class Listed:
    """One organization in the list."""

    name: str
    address: str
    members: int
    created: Time


@dataclass(frozen=True, slots=True)
class ListedMember:
    """One member, and where to remove them."""

    name: str
    email: str
    address: str
    since: Time
    remove: str


def list_page(visit: Visit) -> Response:
    return _list(visit)


def create(visit: Visit) -> Response:
    name = " ".join(visit.form.get("name", "").split())
    try:
        server(visit).organizations.create(name, by=guard.administrator(visit))
    except (InvalidPolicyError, OrganizationTakenError) as error:
        return _list(visit, 422, name=name, error=visit.say(str(error)))
    return go_on(visit, address(name), Notice("organization-created"))


def organization_page(visit: Visit) -> Response:
    return _page(visit)


def add_member(visit: Visit) -> Response:
    """Make the person with an e-mail address a member; the policy holds for them at once."""
    name, email = name_in_address(visit), visit.form.get("email", "")
    user = server(visit).accounts.find(email)
    if user is None:
        error = visit.say("There is no account with this e-mail address.")
        return _page(visit, 422, email=email, error=error)
    receipt = server(visit).organizations.add(name, user.id, by=guard.administrator(visit))
    return go_on(visit, address(name), Notice.of("member-added", receipt))


def remove_page(visit: Visit) -> Response:
    name = name_in_address(visit)
    user_id = visit.request.query_params.get("user", "")
    members = server(visit).organizations.members(name)
    member = next((member for member in members if member.user.id == user_id), None)
    if member is None:
        return visit.redirect(address(name))
    return _question(
        visit,
        name,
        title=visit.say("Remove this member?"),
        lead=f"{member.user.name}, {member.user.email}",
        extra=visit.say(
            "The policy of %(organization)s will hold for them no longer. What it has ended "
            "stays ended.",
            organization=name,
        ),
        act=visit.say("Remove"),
        path="/remove",
        kept={"user": user_id},
    )


def remove_member(visit: Visit) -> Response:
    name, user_id = name_in_address(visit), visit.form.get("user", "")
    try:
        server(visit).organizations.remove(name, user_id, by=guard.administrator(visit))
    except NotAMemberError:
        return visit.redirect(address(name))  # somebody else was quicker
    return go_on(visit, address(name), Notice("member-removed"))


def delete_page(visit: Visit) -> Response:
    name = name_in_address(visit)
    members = len(server(visit).organizations.members(name))
    return _question(
        visit,
        name,
        title=visit.say("Delete this organization?"),
        lead=visit.count("%(n)s member leaves it.", "%(n)s members leave it.", members),
        extra=visit.say(
            "Its policy will hold for nobody. What it has ended stays ended, and its history "
            "is kept."
        ),
        act=visit.say("Delete organization"),
        path="/delete",
    )


def delete(visit: Visit) -> Response:
    server(visit).organizations.delete(name_in_address(visit), by=guard.administrator(visit))
    return go_on(visit, HOME, Notice("organization-deleted"))


def name_in_address(visit: Visit) -> str:
    """The organization in the address.

    Raises:
        Refused: There is none with this name.
    """
    name: str = visit.request.path_params["name"]
    if all(organization.name != name for organization in server(visit).organizations.list()):
        raise Refused(NOT_FOUND)
    return name


def address(name: str, act: str = "") -> str:
    """Where an organization is, or an act on it."""
    return f"{HOME}/{quote(name)}{act}"


def _list(visit: Visit, code: int = 200, *, name: str = "", error: str | None = None) -> Response:
    now, locale = visit.parts.sessions.clock.now(), visit.parts.renderer.locale
    return visit.page(
        "admin/organizations.html",
        code,
        organizations=[
            Listed(
                one.name,
                visit.url(address(one.name)),
                one.members,
                times.on_day(one.created_at, now, locale),
            )
            for one in server(visit).organizations.list()
        ],
        name=name,
        longest=ORGANIZATION_LENGTH,
        error=error,
        notice=banner(visit),
    )


def _page(visit: Visit, code: int = 200, *, email: str = "", error: str | None = None) -> Response:
    name = name_in_address(visit)
    now, locale = visit.parts.sessions.clock.now(), visit.parts.renderer.locale
    here = visit.url(address(name))
    return visit.page(
        "admin/organization.html",
        code,
        name=name,
        here=here,
        policy=visit.url(policies.address(organization_scope(name))),
        members=[
            ListedMember(
                member.user.name,
                member.user.email,
                visit.url(people.address(member.user)),
                times.on_day(member.since, now, locale),
                visit.url(address(name, "/remove"), user=member.user.id),
            )
            for member in server(visit).organizations.members(name)
        ],
        email=email,
        error=error,
        notice=banner(visit),
    )


def _question(
    visit: Visit,
    name: str,
    *,
    title: str,
    lead: str,
    extra: str,
    act: str,
    path: str,
    kept: dict[str, str] | None = None,
) -> Response:
    return visit.page(
        "admin/ask.html",
        title=title,
        about=name,
        lead=lead,
        extra=extra,
        act=act,
        kept=kept or {},
        action=visit.url(address(name, path)),
        cancel=visit.url(address(name)),
    )
