"""Options that several commands have."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

# In quotes: the class takes no parameters while the program runs.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def database_options() -> argparse.ArgumentParser:
    """Which database, and which settings."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="a TOML file with settings (default: SIGNEDIN_CONFIG)",
    )
    options.add_argument(
        "--database", metavar="URL", help="such as sqlite:////var/lib/signedin/signedin.db"
    )
    return options


def json_option() -> argparse.ArgumentParser:
    """Print data, not sentences."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--json", action="store_true", help="print it as JSON")
    return options


def reason(text: str) -> str:
    """Read a reason that people are told; for ``type=``.

    Raises:
        argparse.ArgumentTypeError: It holds what could mislead a reader, or is no text at all.
    """
    if not text.isprintable():
        raise argparse.ArgumentTypeError("a reason cannot hold control or direction characters")
    return text


def whole_number(text: str) -> int:
    """Read a number of things; for ``type=``.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}")
    return int(text)
