"""What was measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path


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
