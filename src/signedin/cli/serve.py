"""``signedin serve``: the stand-alone server."""

from __future__ import annotations

import argparse
import errno
from typing import TYPE_CHECKING

from signedin.cli.options import Commands, database_options
from signedin.cli.output import REFUSED, complain, say

if TYPE_CHECKING:
    from functools import partial

    from signedin.asgi import App
    from signedin.cli.settings import Settings


def register(commands: Commands) -> None:
    """Add ``serve`` to the command line."""
    serving = commands.add_parser(
        "serve",
        parents=[database_options()],
        description="Start the server. It makes and migrates the database by itself.",
    )
    serving.add_argument("--host", help="the address to listen at (default: 127.0.0.1)")
    serving.add_argument("--port", help="the port to listen at (default: 8700; 0: any free one)")
    serving.add_argument("--workers", help="how many processes serve (default: 1)")
    serving.set_defaults(run=run_serve)


def run_serve(args: argparse.Namespace) -> int:
    """Serve until the process is told to stop."""
    from dataclasses import replace
    from functools import partial

    from signedin.cli.application import application, refuse_unusable
    from signedin.cli.logs import log_to_stderr
    from signedin.cli.parts import settings_of
    from signedin.cli.running import listen, run

    settings = settings_of(args)
    refuse_unusable(settings)
    try:
        listening = listen(settings.host, settings.port)
    except OSError as error:
        return _cannot_listen(settings, error)
    with listening:
        port = listening.getsockname()[1]

        def prepare() -> partial[App]:
            settings = replace(settings_of(args), port=port)
            refuse_unusable(settings)
            return partial(application, settings)

        settings = replace(settings, port=port)
        log_to_stderr(settings)
        _announce(settings)
        return run(prepare, listening, workers=settings.workers)


def _cannot_listen(settings: Settings, error: OSError) -> int:
    if error.errno == errno.EADDRINUSE:
        complain(
            f"port {settings.port} is taken by another program; stop that one, or choose "
            f"another port: signedin serve --port {settings.port + 1}"
        )
    else:
        why = error.strerror or error
        complain(f"cannot listen at {settings.host}, port {settings.port}: {why}")
    return REFUSED


def _announce(settings: Settings) -> None:
    """Migrate, and say where the server is and how to begin."""
    from signedin.cli.address import own_address
    from signedin.cli.parts import put_together

    url = own_address(settings).url
    parts = put_together(settings)
    try:
        parts.sessions.store.migrate()
        key = parts.accounts.setup_key()
    finally:
        parts.sessions.close()
    say(f"signedin is at {url}")
    if key is not None:
        say("There is no account yet. Open this link within 30 minutes to make the first one:")
        say(f"{url}/setup?key={key}")
