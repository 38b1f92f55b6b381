"""Checks of the machine: where the files lie, who may read them, what is installed."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from signedin.cli.doctor.verdict import Verdict, fail, ok, warn
from signedin.core.device import UserAgentEngine
from signedin.core.errors import InvalidSettingError
from signedin.stores.sqlite.filesystem import MOUNTS, file_system_of, refuse_network_file_system

NO_ROOM = 64 * 2**20  # bytes; the log of a busy hour
LITTLE_ROOM = 512 * 2**20
_SERVER = ("argon2", "babel", "httptools", "jinja2", "msgspec", "starlette", "uvicorn", "zxcvbn")


def file_system(path: Path, mounts: Path = MOUNTS) -> Verdict:
    """Whether SQLite's locks hold where the database lies."""
    try:
        refuse_network_file_system(path, mounts)
    except InvalidSettingError as error:
        return fail(str(error).removeprefix("database: "), "move it, and correct the setting")
    kind = file_system_of(path, mounts)
    return ok("not known to be a network's" if kind is None else f"{kind}, of this machine")


def permissions(files: Sequence[Path]) -> Verdict:
    """Whether nobody but the server's own user and group can read the database."""
    if os.name != "posix":
        return ok("not looked at on this system")
    for path in files:
        if stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXO:
            return fail(f"every user of this machine may read {path}", f"chmod o= '{path}'*")
    folder = files[0].parent
    mode = folder.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        return fail(f"every user may replace the files in {folder}", f"chmod o-w '{folder}'")
    return ok("only its own user and group may read it")


def disk_space(path: Path, free: Callable[[Path], int] | None = None) -> Verdict:
    """Whether log-ins and ends can still be written."""
    left = (free or _free)(path.parent)
    told = f"{left // 2**20:,} MiB free"
    if left < NO_ROOM:
        return fail(
            told, "make room: when none is left, nobody can log in and nothing can be ended"
        )
    if left < LITTLE_ROOM:
        return warn(told, "make room soon")
    return ok(told)


def server_parts(find: Callable[[str], object] = find_spec) -> Verdict:
    """Whether all is installed that the server needs."""
    missing = [name for name in _SERVER if find(name) is None]
    if missing:
        return warn(
            f"the server cannot run here: {', '.join(missing)} missing",
            "pip install 'signedin[server]'; without a server on this machine, nothing",
        )
    return ok("all that the server needs is installed")


def device_engine(load: Callable[[], UserAgentEngine | None]) -> Verdict:
    """Whether rare browsers are told, too."""
    if load() is None:
        return warn(
            "rare browsers and devices show as unknown: the engine is not installed",
            "pip install 'signedin[ua]'",
        )
    return ok("the engine for rare browsers and devices is installed")


def started_at(now: datetime) -> datetime | None:
    """When this machine was started, as far as it tells."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    return now - timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
