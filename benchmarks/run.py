"""`make bench`: what a check costs, and what it leaves of the requests a second."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path

from benchmarks import checks, requests

HOW_TO_READ = """\
Each table is made in one interleaved run: every round visits all in shuffled order. Ratios
travel to other machines, microseconds and requests a second do not. An aim is called reached
or not only if the middle half of the pairs agrees. A wide spread means that the machine was
busy with something else: run it again on a quiet one.
"""


def main() -> None:
    print(about_the_machine() + "\n")
    print(HOW_TO_READ)
    checks.run()
    requests.run()


def about_the_machine() -> str:
    """What was measured on, and how busy it was before."""
    load = f"{os.getloadavg()[0]:.1f}"
    return (
        f"{_processor()}, {os.cpu_count()} cores, load {load} before; {platform.platform()}\n"
        f"CPython {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
