"""``signedin sessions``: which sessions are live, and the end of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from signedin.cli.options import Commands, database_options, json_option, reason
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
from signedin.cli.people import id_of, no_account

if TYPE_CHECKING:
    from signedin.cli.parts import Parts
    from signedin.core.session import Session


def register(commands: Commands) -> None:
    """Add ``sessions`` and what is below it to the command line."""
    database, as_json = database_options(), json_option()
    sessions = commands.add_parser("sessions")
    below = sessions.add_subparsers(metavar="COMMAND", required=True)

    listing = below.add_parser(
        "list", parents=[database, as_json], help="list the live sessions, last used first"
    )
    listing.add_argument("--user", metavar="EMAIL", help="only this person's")
    listing.set_defaults(run=run_list)

    showing = below.add_parser(
        "show", parents=[database, as_json], help="say all that is known of a session"
    )
    showing.add_argument("id", metavar="ID", help="as in the list")
    showing.set_defaults(run=run_show)

    ending = below.add_parser(
        "end",
        parents=[database, as_json],
        help="end sessions",
        description="End sessions: those that are named, or all of one person. When the "
        "command returns, every server refuses them.",
    )
    ending.add_argument("ids", nargs="*", metavar="ID", help="as in the list")
    ending.add_argument("--user", metavar="EMAIL", help="end all sessions of this person")
    ending.add_argument("--keep", metavar="ID", help="with --user: all but this one")
    ending.add_argument("--reason", type=reason, metavar="TEXT", help="why; the person is told")
    ending.set_defaults(run=run_end)


def run_list(args: argparse.Namespace) -> int:
    """List live sessions."""
    from signedin.cli.parts import opened

    with opened(args) as parts:
        user_id = None if args.user is None else id_of(parts, args.user)
        if args.user is not None and user_id is None:
            return no_account(args.user)
        live = parts.sessions.everybodys() if user_id is None else parts.sessions.list(user_id)
        people = {user.id: user.email for user in parts.accounts.list()}
        if args.json:
            print_json({"sessions": [session_data(s, parts, people) for s in live]})
        elif live:
            rows = [_row(session, parts, people) for session in live]
            print_table(("ID", "USER", "DEVICE", "LOCATION", "LAST USED"), rows)
        else:
            say("There is no live session.")
    return DONE


def run_show(args: argparse.Namespace) -> int:
    """Show one session, live or ended."""
    from signedin.cli.parts import opened
    from signedin.core.errors import SessionNotFoundError

    with opened(args) as parts:
        try:
            session = parts.sessions.find(args.id)
        except SessionNotFoundError:
            return _no_session(args.id)
        people = {user.id: user.email for user in parts.accounts.list()}
        data = session_data(session, parts, people)
        if args.json:
            print_json(data)
            return DONE
        width = max(map(len, data)) + 1
        for name, value in data.items():
            shown = value["label"] if isinstance(value, dict) else value
            if isinstance(shown, list):
                shown = ", ".join(shown)
            if shown is not None:
                say(f"{name.replace('_', ' ') + ':':<{width}} {_plain(shown)}")
    return DONE


def run_end(args: argparse.Namespace) -> int:
    """End the sessions that are named, or all of a person's."""
    from signedin.cli.parts import OPERATOR, opened
    from signedin.core.errors import SessionNotFoundError

    if bool(args.ids) == (args.user is not None):
        raise WrongCallError("name the sessions to end, or whose: sessions end ID… | --user EMAIL")
    if args.keep is not None and args.user is None:
        raise WrongCallError("--keep goes with --user")
    with opened(args) as parts:
        if args.user is not None:
            user_id = id_of(parts, args.user)
            if user_id is None:
                return no_account(args.user)
            if args.keep is not None and args.keep not in {
                session.id for session in parts.sessions.list(user_id)
            }:
                complain(
                    f"{args.keep} is no live session of {args.user}, so nothing was ended; "
                    "see: signedin sessions list"
                )
                return REFUSED
            receipt = parts.sessions.terminate_all(
                user_id, keep=args.keep, by=OPERATOR, note=args.reason
            )
            return print_receipt(receipt, args)
        try:
            with parts.sessions.work() as work:
                for session_id in dict.fromkeys(args.ids):
                    work.terminate(session_id, user_id=None, by=OPERATOR, note=args.reason)
        except SessionNotFoundError as error:
            return _no_session(str(error), nothing_done=True)
    return print_receipt(work.receipt, args)


def session_data(session: Session, parts: Parts, people: dict[str, str]) -> dict[str, Any]:
    """A session as JSON; the fields are those of the API, and whose it is."""
    from signedin.core.place import label

    end = session.ended
    expires = None if end else parts.sessions.outlooks([session])[session.id].expires_at
    return {
        "id": session.id,
        "user_id": session.user_id,
        "user": people.get(session.user_id or ""),
        "device": {"label": _device(session, parts), "name": session.name},
        "location": {"label": label(session.last_seen_from.place)},
        "ip_address": session.last_seen_from.ip_address,
        "logged_in_at": timestamp(session.created_at),
        "authenticated_at": timestamp(session.authenticated_at),
        "last_used_at": timestamp(session.last_used_at),
        "expires_at": None if expires is None else timestamp(expires),
        "persistent": session.persistent,
        "methods": list(session.methods),
        "ended_at": None if end is None else timestamp(end.at),
        "ended_reason": None if end is None else end.reason.value,
        "ended_by": None if end is None else end.by.kind.value,
        "ended_note": None if end is None else end.note,
    }


def _row(session: Session, parts: Parts, people: dict[str, str]) -> tuple[str, ...]:
    from signedin.core.place import label

    who = session.user_id or "(visitor)"
    return (
        session.id,
        people.get(who, who),
        session.name or _device(session, parts),
        label(session.last_seen_from.place),
        moment(session.last_used_at),
    )


def _device(session: Session, parts: Parts) -> str:
    return parts.sessions.describe(session).label


def _plain(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _no_session(session_id: str, *, nothing_done: bool = False) -> int:
    nothing = "so nothing was ended; " if nothing_done else ""
    complain(f"no session has the id {session_id}, {nothing}see: signedin sessions list")
    return REFUSED
