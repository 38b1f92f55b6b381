"""``signedin demo``: a look around, with a person and devices that are made up."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from signedin.cli.options import Commands
from signedin.cli.output import REFUSED, WrongCallError, complain, say

if TYPE_CHECKING:
    from signedin.cli.demo_player import DemoPlaces
    from signedin.cli.settings import Settings

SITE = "signedin demo (made-up devices)"


def register(commands: Commands) -> None:
    """Add ``demo`` to the command line."""
    demo = commands.add_parser(
        "demo",
        description="Start a throw-away server with one account and a dozen sessions, all made "
        "up. Only this machine can reach it, and everything is gone when it stops.",
    )
    demo.add_argument("--port", default="0", help="the port to listen at (default: any free one)")
    demo.set_defaults(run=run_demo)


def run_demo(args: argparse.Namespace) -> int:
    """Make it all up, serve it until the process is told to stop, and remove it."""
    from tempfile import TemporaryDirectory

    from signedin.cli.running import listen, stop_as_by_ctrl_c

    stop_as_by_ctrl_c()  # so that a process that is told to stop cleans up too
    port = _port(args.port)
    try:
        listening = listen("127.0.0.1", port)
    except OSError as error:
        complain(f"cannot listen at port {port}: {error.strerror or error}; try --port 0")
        return REFUSED
    with listening, TemporaryDirectory(prefix="signedin-demo-") as folder:
        from signedin.cli.application import build
        from signedin.cli.logs import log_to_stderr
        from signedin.cli.running import run

        settings = _settings(Path(folder), listening.getsockname()[1])
        log_to_stderr(settings)
        places = _places()
        _make_up(settings, places)
        return run(lambda: lambda: build(settings, places), listening)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 5 or int(text) > 65535:
        raise WrongCallError(f"--port: expected a whole number from 0 to 65535, got {text!r}")
    return int(text)


def _settings(folder: Path, port: int) -> Settings:
    """Those of a server that has nothing to do with any other: nothing from outside counts."""
    from signedin.cli.settings import Settings

    database = f"sqlite:///{folder.absolute()}/demo.db"
    return Settings(database=database, data=folder, port=port, site=SITE, log_level="warning")


def _places() -> DemoPlaces:
    from signedin.cli.demo_player import DemoPlaces
    from signedin.cli.settings import load_settings
    from signedin.places.reader import open_places

    return DemoPlaces(open_places(load_settings().data))


def _make_up(settings: Settings, places: DemoPlaces) -> None:
    """Play the story, and say how to look at what came of it."""
    from signedin.cli.address import own_address
    from signedin.cli.demo_player import PastClock, Player
    from signedin.cli.demo_story import EMAIL
    from signedin.cli.parts import put_together

    clock = PastClock()
    parts = put_together(settings, places, clock)
    try:
        password = Player(parts, clock).play()
    finally:
        parts.sessions.close()
    say("A demo: the person, the devices and the places are made up. Ctrl-C removes all of it.")
    say(f"Address   {own_address(settings).url}")
    say(f"E-mail    {EMAIL}")
    say(f"Password  {password}")
