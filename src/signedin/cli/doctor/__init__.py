"""``signedin doctor``: is all as it must be, and what to do where it is not."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from signedin.cli.options import Commands, database_options, json_option
from signedin.cli.output import DONE, REFUSED, log_nothing, print_json, say

if TYPE_CHECKING:
    from signedin.cli.doctor.verdict import Verdict
    from signedin.cli.settings import Settings
    from signedin.service.clock import Clock
    from signedin.stores.sqlite.diagnosis import Diagnosis

    Check = tuple[str, Callable[[], Verdict]]

_WIDTH = 15  # of the longest name of a check


def register(commands: Commands) -> None:
    """Add ``doctor`` to the command line."""
    doctor = commands.add_parser(
        "doctor",
        parents=[database_options(), json_option()],
        description="Check the settings, the database and the machine: a line for each, with "
        "what to do. Nothing is changed. The exit code is 1 if something fails.",
    )
    doctor.set_defaults(run=run_doctor)


def run_doctor(args: argparse.Namespace) -> int:
    """Run every check, and say what each found."""
    from signedin.cli.doctor.verdict import Level
    from signedin.service.clock import SystemClock

    log_nothing()
    found = []
    for name, verdict in examine(args, SystemClock()):
        found.append((name, verdict))
        if not args.json:
            todo = f". What to do: {verdict.todo}" if verdict.todo else ""
            say(f"{verdict.level:<5} {name:<{_WIDTH}} {verdict.what}{todo}")
    if args.json:
        print_json(
            {
                "checks": [
                    {"check": name, "level": v.level, "what": v.what, "todo": v.todo}
                    for name, v in found
                ]
            }
        )
    return REFUSED if any(verdict.level is Level.FAIL for _, verdict in found) else DONE


def examine(args: argparse.Namespace, clock: Clock) -> Iterator[tuple[str, Verdict]]:
    """Every check's name and verdict; one that breaks fails, and the others go on."""
    from signedin.cli.doctor.verdict import fail, ok
    from signedin.cli.parts import settings_of
    from signedin.core.errors import InvalidSettingError

    try:
        settings = settings_of(args)
    except InvalidSettingError as error:
        yield "settings", fail(str(error), "correct it; no command works until then")
        return
    yield "settings", ok("they can be read")
    for name, check in chain(_of_settings(settings, clock), _of_database(settings, clock)):
        yield name, _safely(check)


def _of_settings(settings: Settings, clock: Clock) -> Iterator[Check]:
    from signedin.agents import load_engine
    from signedin.cli.doctor import configured, machine

    yield "address", lambda: configured.address(settings)
    yield "proxies", lambda: configured.proxies(settings)
    yield "IP data", lambda: configured.places(settings, clock.now().date())
    yield "device names", lambda: machine.device_engine(load_engine)
    yield "server", machine.server_parts


def _of_database(settings: Settings, clock: Clock) -> Iterator[Check]:
    import sqlite3

    from signedin.cli.doctor import machine
    from signedin.cli.doctor.verdict import fail, ok
    from signedin.core.errors import InvalidSettingError
    from signedin.stores.sqlite.diagnosis import Diagnosis
    from signedin.wiring import is_postgres, sqlite_path

    if is_postgres(settings.database):
        from signedin.cli.doctor import postgres

        yield "database", lambda: postgres.database(settings.database)
        return
    try:
        path = sqlite_path(settings.database)
    except InvalidSettingError as error:
        verdict = fail(str(error), "correct it")
        yield "database", lambda: verdict
        return
    if not path.exists():
        verdict = fail(f"there is none at {path}", "start the server, or: signedin migrate")
        yield "database", lambda: verdict
        return
    yield "file system", lambda: machine.file_system(path)
    yield "disk space", lambda: machine.disk_space(path)
    try:
        opened = Diagnosis(path)
    except sqlite3.Error as error:
        todo = "see that the user of the server may read it"
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            todo = "correct the setting `database`; if it is right, restore the newest backup"
        verdict = fail(f"{path} cannot be read ({error})", todo)
        yield "database", lambda: verdict
        return
    with opened:
        yield "database", lambda: ok(f"{path} can be read")
        yield from _of_content(opened, settings, clock)


def _of_content(db: Diagnosis, settings: Settings, clock: Clock) -> Iterator[Check]:
    from signedin.cli.doctor import database, limits, machine
    from signedin.stores.sqlite.diagnosis import files_of, newest_version

    yield "schema", lambda: database.schema(db.path, db.version)
    if db.version is None:
        return
    yield "permissions", lambda: machine.permissions(files_of(db.path))
    now = clock.now()
    yield "journal", lambda: database.journal(db)
    yield "integrity", lambda: database.integrity(db, clock)
    yield "change word", lambda: database.change_word(db.word())
    yield "one machine", lambda: database.one_machine(db.word(), machine.started_at(now))
    if db.version != newest_version():
        return  # what is asked for may have another name
    yield "clock", lambda: database.times(db, now)
    yield "sessions", lambda: database.counts(db)
    yield "sweep", lambda: database.sweep(db, settings.policy, now)
    yield "purge", lambda: database.purge(db, settings.retention, now)
    yield "policies", lambda: limits.policies(db, settings)
    yield "caps", lambda: limits.caps(db, settings.policy, now)
    yield "administrator", lambda: database.administrator(db)


def _safely(check: Callable[[], Verdict]) -> Verdict:
    import sqlite3

    from signedin.cli.doctor.verdict import fail

    try:
        return check()
    except sqlite3.Error as error:
        return fail(f"cannot be looked at: {error}", "if this stays so, restart the server")
    except OSError as error:
        what = f"cannot be looked at: {error.filename}: {error.strerror or error}"
        return fail(what, "run it as the user that the server runs as")
