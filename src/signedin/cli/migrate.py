"""``signedin migrate``: bring the database up to date before anything needs it."""

from __future__ import annotations

import argparse

from signedin.cli.options import Commands, database_options, json_option
from signedin.cli.output import DONE, print_json, say


def register(commands: Commands) -> None:
    """Add ``migrate`` to the command line."""
    database, as_json = database_options(), json_option()
    migrating = commands.add_parser(
        "migrate",
        parents=[database, as_json],
        description="Make the database, or bring it up to date. Every command that writes does "
        "this by itself; this one is for whoever wants to choose the moment.",
    )
    migrating.set_defaults(run=run_migrate)


def run_migrate(args: argparse.Namespace) -> int:
    """Migrate, and say what was applied."""
    from signedin.cli.parts import opened

    with opened(args) as parts:
        applied = parts.sessions.store.migrate()
    if args.json:
        print_json({"applied": applied})
    elif applied:
        say(f"Applied {', '.join(applied)}.")
    else:
        say("The database is up to date.")
    return DONE
