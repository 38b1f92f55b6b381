"""``signedin events``: what happened, as one list that only ever grows at its end."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from signedin.cli.options import Commands, database_options, whole_number
from signedin.cli.output import DONE, say, timestamp
from signedin.cli.people import actor_data, actor_words, id_of, no_account

if TYPE_CHECKING:
    from signedin.cli.parts import Parts
    from signedin.core.event import Event

_LOOKS_EVERY = 0.5  # seconds; a look is one search in an index, some microseconds
_AT_ONCE = 1000


def register(commands: Commands) -> None:
    """Add ``events`` to the command line."""
    events = commands.add_parser(
        "events",
        parents=[database_options()],
        description="Print what happened, the newest last: sessions that started and ended, "
        "log-ins that were refused, changes of passwords, accounts, memberships and policies.",
    )
    events.add_argument("--follow", action="store_true", help="go on with what happens, to Ctrl-C")
    events.add_argument("--user", metavar="EMAIL", help="only what happened to this person")
    events.add_argument(
        "--limit",
        type=whole_number,
        default=100,
        metavar="N",
        help="how many to begin with (default: 100)",
    )
    events.add_argument("--json", action="store_true", help="print each as a line of JSON")
    events.set_defaults(run=run_events)


def run_events(args: argparse.Namespace) -> int:
    """Print the newest events, and those that follow if wanted."""
    from signedin.cli.parts import opened

    with opened(args) as parts:
        user_id = None if args.user is None else id_of(parts, args.user)
        if args.user is not None and user_id is None:
            return no_account(args.user)
        printer = _Printer(parts, as_json=args.json)
        newest = parts.sessions.events.latest(1)
        position = newest[0][0] if newest else 0
        printer.print(parts.sessions.events.latest(
            args.limit, before=position + 1, user_id=user_id)[::-1])  # fmt: skip
        while args.follow:
            found = parts.sessions.events.after(position, _AT_ONCE)
            printer.print([(p, e) for p, e in found if user_id in (None, e.user_id)])
            if found:
                position = found[-1][0]
            else:
                threading.Event().wait(_LOOKS_EVERY)
    return DONE


class _Printer:
    """Prints events, and knows by then whom they are about."""

    def __init__(self, parts: Parts, *, as_json: bool) -> None:
        self._parts = parts
        self._as_json = as_json
        self._emails: dict[str, str] = {}

    def print(self, events: Sequence[tuple[int, Event]]) -> None:
        for position, event in events:
            if self._as_json:
                print(json.dumps(self._data(position, event)), flush=True)
            else:
                say(self._line(event))

    def _line(self, event: Event) -> str:
        at = event.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        acting = event.actor.acting_session
        details: dict[str, str | int | None] = {"session": event.session_id}
        details["from"] = None if acting == event.session_id else acting
        told = [f"{n}={_quoted(v)}" for n, v in (details | dict(event.details)).items() if v]
        who = self._email(event.user_id) or event.user_id or "-"
        columns = f"{event.kind:<16}  {who:<24}  by {actor_words(event.actor):<18}"
        return "  ".join([at, columns, *told]).rstrip()

    def _data(self, position: int, event: Event) -> dict[str, Any]:
        return {
            "position": position,
            "at": timestamp(event.at),
            "kind": event.kind.value,
            "user_id": event.user_id,
            "user": self._email(event.user_id),
            "session_id": event.session_id,
            "by": actor_data(event.actor),
            "details": dict(event.details),
        }

    def _email(self, user_id: str | None) -> str | None:
        if user_id is not None and user_id not in self._emails:
            user = self._parts.accounts.get(user_id)
            self._emails[user_id] = "" if user is None else user.email
        return self._emails.get(user_id or "") or None


def _quoted(value: str | int) -> str:
    return json.dumps(value, ensure_ascii=False) if " " in str(value) else str(value)
