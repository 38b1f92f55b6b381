"""The command line. Whatever a command needs is imported when it runs, not before."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from signedin.cli.output import (
    DONE,
    REFUSED,
    WRONG_CALL,
    WrongCallError,
    complain,
    say,
    visible,
)
from signedin.core.errors import InvalidSettingError, SignedInError, StoreUnavailableError

_GROUPS = {
    "serve": "start the server",
    "demo": "look around, with a person and devices that are made up",
    "users": "who has an account: add, list, disable, new password",
    "sessions": "which sessions are live; end them",
    "organizations": "groups of people with a policy of their own: add, list, join, leave",
    "policy": "how long sessions may last: show it, check what a change would do, set it",
    "events": "what happened, in order: log-ins, ends, refusals, changes of policies",
    "doctor": "check the settings, the database and the machine, and say what to do",
    "migrate": "make the database, or bring it up to date",
    "geo": "where addresses are: install IP data, see its age",
}
_SEE_WHY = "To see why: signedin doctor"
_INTERRUPTED = 130  # as shells say it of who was stopped by Ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 refused or not found, 2 wrong call."""
    _escape_what_cannot_be_printed()
    given = sys.argv[1:] if argv is None else argv
    try:
        args = _parser(given[0] if given else None).parse_args(given)
    except SystemExit as stop:
        return WRONG_CALL if stop.code else DONE
    try:
        if getattr(args, "data", args) is None:  # a command with --data that was not given it
            from signedin.cli.settings import load_settings

            args.data = load_settings().data
        code: int = args.run(args)
        sys.stdout.flush()
    except (WrongCallError, InvalidSettingError) as error:
        complain(str(error))
        return WRONG_CALL
    except UnicodeEncodeError:
        complain("what was given is no text; is it written in UTF-8?")
        return WRONG_CALL
    except StoreUnavailableError as error:
        complain(f"{error} {_SEE_WHY}")
        return REFUSED
    except SignedInError as error:
        complain(str(error))
        return REFUSED
    except BrokenPipeError:
        # Who read our output has gone; nothing may be written to it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except OSError as error:
        complain(f"{error.filename or 'a file'} cannot be used: {error.strerror or error}")
        return REFUSED
    except (KeyboardInterrupt, EOFError):
        return _INTERRUPTED
    return code


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="signedin",
        description="See everywhere you're signed in, and sign out of any of it, at once and "
        "for good.",
        epilog="Settings come from the environment (SIGNEDIN_PORT=8700) or a TOML file. "
        "Exit codes: 0 done, 1 refused or not found, 2 wrong call.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, help_text in _GROUPS.items():
        if chosen == name:
            import_module(f"signedin.cli.{name}").register(commands)
        else:
            commands.add_parser(name, help=help_text)
    return parser


class _Parser(argparse.ArgumentParser):
    """Its errors say where to read what would be right."""

    def parse_known_args(self, *given: Any, **how: Any) -> Any:
        """Complain about what is left over here: the whole parser knows only its groups."""
        args, left_over = super().parse_known_args(*given, **how)
        if left_over:
            self.error(f"unrecognized arguments: {' '.join(left_over)}")
        return args, left_over

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_CALL, f"{self.prog}: {visible(message)}; see: {self.prog} --help\n")


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        say(f"signedin {version('signedin')}")
        parser.exit(DONE)


def _escape_what_cannot_be_printed() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us, as with >&-
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - until the process ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
