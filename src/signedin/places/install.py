"""Puts IP databases where the server looks for them.

A running server is never disturbed: a file is checked first and then takes its place in
one step, while the former one stays readable for whoever has it open.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from signedin.places.file import DatabaseFile, Unusable, open_file
from signedin.places.locate import SUFFIX, databases_in

PACKAGES = "@ip-location-db"


@dataclass(frozen=True, slots=True)
class Installation:
    """What was put in place, and what was left out and why."""

    installed: tuple[DatabaseFile, ...]
    refused: tuple[Unusable, ...]


def install(source: Path, into: Path) -> Installation:
    """Install the IP databases of a file, a folder, or the npm packages below a folder.

    Files of npm packages are linked where the disk allows it, because npm never writes
    over a file; any other is copied, so that nothing written to it later can reach the
    server.

    Raises:
        OSError: The target folder cannot be written.
    """
    installed: list[DatabaseFile] = []
    refused: list[Unusable] = []
    for path in databases_below(source):
        file = open_file(path)
        if isinstance(file, DatabaseFile):
            file = _put(path, into)
        if isinstance(file, DatabaseFile):
            installed.append(file)
        else:
            refused.append(file)
    return Installation(tuple(installed), tuple(refused))


def databases_below(source: Path) -> list[Path]:
    """The databases that are meant by a path; a file is meant itself, whatever it is."""
    if not source.is_dir():
        return [source]
    folders = [source, *_folders(source), *_folders(source / PACKAGES)]
    folders += _folders(source / "node_modules" / PACKAGES)
    found = [path for folder in dict.fromkeys(folders) for path in databases_in(folder)]
    return _without_halves(found)


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except OSError:
        return []


def _without_halves(paths: Iterable[Path]) -> list[Path]:
    """Leave out ``x-ipv4`` and ``x-ipv6`` where ``x``, which holds both, lies beside them."""
    found = list(paths)
    whole = {path.with_suffix("") for path in found}
    return [
        path
        for path in found
        if not any(
            path.stem.endswith(half) and path.with_name(path.stem.removesuffix(half)) in whole
            for half in ("-ipv4", "-ipv6")
        )
    ]


def _put(path: Path, into: Path) -> DatabaseFile | Unusable:
    into.mkdir(parents=True, exist_ok=True)
    name = path.name if path.name.endswith(SUFFIX) else path.name + SUFFIX
    target = into / name
    if target.exists() and target.samefile(path):
        return open_file(target)
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=into) as folder:
        arriving = Path(folder, name)
        _link_or_copy(path, arriving)
        file = open_file(arriving)
        if isinstance(file, Unusable):
            return file
        arriving.replace(target)
    return open_file(target)


def _link_or_copy(path: Path, target: Path) -> None:
    real = path.resolve()
    if "node_modules" in real.parts:
        try:
            os.link(real, target)
        except OSError:
            pass  # another disk, or one without links
        else:
            return
    with real.open("rb") as reading, target.open("wb") as writing:
        shutil.copyfileobj(reading, writing)
        writing.flush()
        os.fsync(writing.fileno())
