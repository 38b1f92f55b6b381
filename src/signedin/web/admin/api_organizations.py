"""The JSON API for administrators: organizations and who is in them."""

from __future__ import annotations

from urllib.parse import quote

from signedin.accounts.errors import NotAMemberError, OrganizationTakenError
from signedin.core.errors import InvalidPolicyError
from signedin.web import bodies, times, told
from signedin.web.admin import bodies as admin
from signedin.web.admin import guard
from signedin.web.admin import told as admin_told
from signedin.web.operations import Answer
from signedin.web.problems import INVALID, NOT_FOUND, ORGANIZATION_TAKEN, Refused, invalid
from signedin.web.server import server
from signedin.web.visit import Visit

_ROOT = "/api/v1/admin/organizations"
_ONE = f"{_ROOT}/{{name}}"
_MEMBER = f"{_ONE}/members/{{user}}"


def list_organizations(visit: Visit) -> Answer[admin.OrganizationList]:
    organizations = server(visit).organizations.list()
    return Answer(admin.OrganizationList([admin_told.organization(one) for one in organizations]))


def create_organization(visit: Visit, body: admin.NewOrganization) -> Answer[admin.Organization]:
    try:
        made = server(visit).organizations.create(body.name, by=guard.administrator(visit))
    except InvalidPolicyError as error:
        raise Refused(invalid(str(error))) from None
    except OrganizationTakenError:
        raise Refused(ORGANIZATION_TAKEN) from None
    location = visit.url(f"{_ROOT}/{quote(made.name, safe='')}/members")
    return Answer(admin_told.organization(made), 201, {"Location": location})


def delete_organization(visit: Visit) -> Answer[bodies.Receipt]:
    receipt = server(visit).organizations.delete(_name(visit), by=guard.administrator(visit))
    return Answer(told.receipt(receipt))


def list_members(visit: Visit) -> Answer[admin.MemberList]:
    members = [
        admin.Member(one.user.id, one.user.email, one.user.name, times.iso(one.since))
        for one in server(visit).organizations.members(_name(visit))
    ]
    return Answer(admin.MemberList(members))


def add_member(visit: Visit) -> Answer[bodies.Receipt]:
    user_id = visit.request.path_params["user"]
    by = guard.administrator(visit)
    return Answer(told.receipt(server(visit).organizations.add(_name(visit), user_id, by=by)))


def remove_member(visit: Visit) -> Answer[bodies.Receipt]:
    user_id, by = visit.request.path_params["user"], guard.administrator(visit)
    try:
        receipt = server(visit).organizations.remove(_name(visit), user_id, by=by)
    except NotAMemberError:
        raise Refused(NOT_FOUND) from None
    return Answer(told.receipt(receipt))


def _name(visit: Visit) -> str:
    name: str = visit.request.path_params["name"]
    return name


OPERATIONS = (
    guard.operation(
        list_organizations,
        method="GET",
        path=_ROOT,
        summary="List the organizations",
    ),
    guard.operation(
        create_organization,
        acts=True,
        method="POST",
        path=_ROOT,
        summary="Create an organization",
        status=201,
        sends=("Location",),
        refusals=(INVALID, ORGANIZATION_TAKEN),
    ),
    guard.operation(
        delete_organization,
        acts=True,
        method="DELETE",
        path=_ONE,
        summary="Delete an organization",
        description="Its members leave it first. What its policy has ended stays ended.",
    ),
    guard.operation(
        list_members,
        method="GET",
        path=f"{_ONE}/members",
        summary="List the members",
    ),
    guard.operation(
        add_member,
        acts=True,
        method="PUT",
        path=_MEMBER,
        summary="Add a member",
        description="The organization’s policy holds for all their sessions when this has "
        "answered; the receipt says how many that ended.",
    ),
    guard.operation(
        remove_member,
        acts=True,
        method="DELETE",
        path=_MEMBER,
        summary="Remove a member",
        description="What the policy has ended stays ended.",
    ),
)
