"""``signedin organizations``: groups of people for whom a policy of their own can hold."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Any

from signedin.cli.options import Commands, database_options, json_option
from signedin.cli.output import (
    DONE,
    moment,
    print_json,
    print_receipt,
    print_table,
    say,
    timestamp,
)
from signedin.cli.people import no_account

if TYPE_CHECKING:
    from signedin.accounts.ports import Organization


def register(commands: Commands) -> None:
    """Add ``organizations`` and what is below it to the command line."""
    options = [database_options(), json_option()]
    organizations = commands.add_parser("organizations")
    below = organizations.add_subparsers(metavar="COMMAND", required=True)
    name = argparse.ArgumentParser(add_help=False)
    name.add_argument("name", metavar="NAME", help="the organization's name")
    person = argparse.ArgumentParser(add_help=False)
    person.add_argument("email", metavar="EMAIL", help="the person's e-mail address")

    adding = below.add_parser("add", parents=[name, *options], help="add an organization")
    adding.set_defaults(run=run_add)

    listing = below.add_parser("list", parents=options, help="list the organizations")
    listing.set_defaults(run=run_list)

    removing = below.add_parser(
        "remove",
        parents=[name, *options],
        help="remove an organization; its members leave it",
        description="Remove an organization; its members leave it. Its policy is kept, and "
        "holds again if an organization of the same name is added.",
    )
    removing.set_defaults(run=run_remove)

    members = below.add_parser("members", parents=[name, *options], help="list who is in one")
    members.set_defaults(run=run_members)

    joining = below.add_parser(
        "join",
        parents=[name, person, *options],
        help="make somebody a member",
        description="Make somebody a member. When the command returns, the organization's policy "
        "holds for all their sessions: those past its limits have ended.",
    )
    joining.set_defaults(run=run_join)

    leaving = below.add_parser(
        "leave",
        parents=[name, person, *options],
        help="make somebody a member no more",
        description="Make somebody a member no more. What the organization's policy has ended "
        "stays ended.",
    )
    leaving.set_defaults(run=run_leave)


def run_add(args: argparse.Namespace) -> int:
    """Add an organization."""
    from signedin.cli.parts import OPERATOR, opened

    with opened(args) as parts:
        organization = parts.organizations.create(args.name, by=OPERATOR)
    if args.json:
        print_json(_data(organization))
    else:
        scope = shlex.quote(f"organization:{organization.name}")  # as a shell takes it back
        say(f"Added {organization.name}. Set its policy: signedin policy set --scope {scope}")
    return DONE


def run_list(args: argparse.Namespace) -> int:
    """List the organizations."""
    from signedin.cli.parts import opened

    with opened(args) as parts:
        organizations = parts.organizations.list()
    if args.json:
        print_json({"organizations": [_data(organization) for organization in organizations]})
    elif organizations:
        rows = [(o.name, str(o.members), moment(o.created_at)) for o in organizations]
        print_table(("NAME", "MEMBERS", "ADDED"), rows)
    else:
        say("There is no organization yet. Add one: signedin organizations add NAME")
    return DONE


def run_remove(args: argparse.Namespace) -> int:
    """Remove an organization."""
    from signedin.cli.parts import OPERATOR, opened

    with opened(args) as parts:
        receipt = parts.organizations.delete(args.name, by=OPERATOR)
    return print_receipt(receipt, args, first=f"Removed {args.name}.")


def run_members(args: argparse.Namespace) -> int:
    """List who is in an organization."""
    from signedin.cli.parts import opened

    with opened(args) as parts:
        members = parts.organizations.members(args.name)
    if args.json:
        told = [
            {"id": m.user.id, "email": m.user.email, "name": m.user.name,
             "since": timestamp(m.since)}
            for m in members
        ]  # fmt: skip
        print_json({"members": told})
    elif members:
        rows = [(m.user.email, m.user.name, moment(m.since)) for m in members]
        print_table(("EMAIL", "NAME", "SINCE"), rows)
    else:
        say(f"Nobody is in {args.name} yet. Add somebody: signedin organizations join NAME EMAIL")
    return DONE


def run_join(args: argparse.Namespace) -> int:
    """Make somebody a member."""
    from signedin.cli.parts import OPERATOR, opened

    with opened(args) as parts:
        user = parts.accounts.find(args.email)
        if user is None:
            return no_account(args.email)
        receipt = parts.organizations.add(args.name, user.id, by=OPERATOR)
    return print_receipt(receipt, args, first=f"{user.email} is a member of {args.name}.")


def run_leave(args: argparse.Namespace) -> int:
    """Make somebody a member no more."""
    from signedin.cli.parts import OPERATOR, opened

    with opened(args) as parts:
        user = parts.accounts.find(args.email)
        if user is None:
            return no_account(args.email)
        receipt = parts.organizations.remove(args.name, user.id, by=OPERATOR)
    return print_receipt(receipt, args, first=f"{user.email} is no member of {args.name} any more.")


def _data(organization: Organization) -> dict[str, Any]:
    return {
        "name": organization.name,
        "created_at": timestamp(organization.created_at),
        "members": organization.members,
    }
