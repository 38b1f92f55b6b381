"""``signedin users``: who has an account."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass
from typing import TYPE_CHECKING, Any

from signedin.cli.options import Commands, database_options, json_option
from signedin.cli.output import (
    DONE,
    REFUSED,
    WrongCallError,
    complain,
    moment,
    print_json,
    print_receipt,
    print_table,
    say,
    timestamp,
)
from signedin.cli.people import no_account

if TYPE_CHECKING:
    from signedin.accounts.user import User


def register(commands: Commands) -> None:
    """Add ``users`` and what is below it to the command line."""
    database, as_json = database_options(), json_option()
    users = commands.add_parser("users")
    below = users.add_subparsers(metavar="COMMAND", required=True)
    password = argparse.ArgumentParser(add_help=False)
    password.add_argument("email", metavar="EMAIL", help="the person's e-mail address")
    password.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from the first line of the input, instead of asking for it",
    )

    adding = below.add_parser("add", parents=[password, database, as_json], help="add an account")
    adding.add_argument("--name", default="", help="the person's name")
    adding.add_argument("--admin", action="store_true", help="make the person an administrator")
    adding.set_defaults(run=run_add)

    listing = below.add_parser("list", parents=[database, as_json], help="list the accounts")
    listing.set_defaults(run=run_list)

    changing = below.add_parser(
        "password",
        parents=[password, database, as_json],
        help="set a new password, and end all of the person's sessions",
    )
    changing.set_defaults(run=run_password)

    disabling = below.add_parser(
        "disable",
        parents=[database, as_json],
        help="let nobody log in to an account any more, and end all its sessions",
    )
    disabling.add_argument("email", metavar="EMAIL", help="the person's e-mail address")
    disabling.set_defaults(run=run_disable)


def run_add(args: argparse.Namespace) -> int:
    """Add an account."""
    from signedin.accounts.errors import EmailTakenError
    from signedin.accounts.user import email_address
    from signedin.cli.parts import OPERATOR, opened

    email_address(args.email)  # before a password is asked for
    password = _password(args)
    with opened(args) as parts:
        try:
            user = parts.accounts.create(
                args.email, args.name, password, admin=args.admin, by=OPERATOR
            )
        except EmailTakenError as error:
            complain(f"{error} For a new password: signedin users password {args.email}")
            return REFUSED
    if args.json:
        print_json(user_data(user))
    else:
        say(f"Added {user.email}{' as an administrator' if user.is_admin else ''}.")
    return DONE


def run_list(args: argparse.Namespace) -> int:
    """List the accounts."""
    from signedin.cli.parts import opened

    with opened(args) as parts:
        users = parts.accounts.list()
    if args.json:
        print_json({"users": [user_data(user) for user in users]})
    elif users:
        print_table(("EMAIL", "NAME", "ROLE", "ADDED", "STATE", "ID"), [_row(u) for u in users])
    else:
        say("There is no account yet. Add one: signedin users add EMAIL --admin")
    return DONE


def run_password(args: argparse.Namespace) -> int:
    """Set a new password; all sessions of the person end."""
    from signedin.cli.parts import OPERATOR, opened

    with opened(args) as parts:
        user = parts.accounts.find(args.email)
        if user is None:
            return no_account(args.email)
        receipt = parts.accounts.set_password(user.id, _password(args), by=OPERATOR)
    said = f"{user.email} has a new password."
    if user.disabled_at is not None:
        said = f"{user.email} has a new password, but is disabled, so cannot log in."
    return print_receipt(receipt, args, first=said)


def run_disable(args: argparse.Namespace) -> int:
    """Disable an account; all sessions of the person end."""
    from signedin.cli.parts import OPERATOR, opened

    with opened(args) as parts:
        user = parts.accounts.find(args.email)
        if user is None:
            return no_account(args.email)
        receipt = parts.accounts.disable(user.id, by=OPERATOR)
    return print_receipt(receipt, args, first=f"{user.email} can no longer log in.")


def user_data(user: User) -> dict[str, Any]:
    """An account as JSON."""
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "is_admin": user.is_admin,
        "created_at": timestamp(user.created_at),
        "password_changed_at": timestamp(user.password_changed_at),
        "disabled_at": timestamp(user.disabled_at),
    }


def _row(user: User) -> tuple[str, ...]:
    return (
        user.email,
        user.name,
        "administrator" if user.is_admin else "user",
        moment(user.created_at),
        "active" if user.disabled_at is None else f"disabled {moment(user.disabled_at)}",
        user.id,
    )


def _password(args: argparse.Namespace) -> str:
    password = _given(args)
    password.encode()  # fails for bytes that are no UTF-8: no browser could send them again
    return password


def _given(args: argparse.Namespace) -> str:
    if args.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise WrongCallError(
            "there is no terminal to ask for the password; pass it with --password-stdin"
        )
    while True:
        password = getpass("Password: ")
        if getpass("The same again: ") == password:
            return password
        complain("the two passwords differ; try again")
