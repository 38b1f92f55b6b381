"""Where IP data is looked for, and which of it is used.

Files that are named count; else what lies in the ``geo`` folder of the data. Of these,
the files that know cities are used, else those that know countries, and of several
providers the one with the newest data: a page can then name its one source.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from signedin.places.file import DatabaseFile, Detail

SUFFIX = ".mmdb"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when a file is replaced or written to."""

    inode: tuple[int, int]
    changed: int
    size: int


def geo_folder(data: Path) -> Path:
    """The folder for IP data below a data folder."""
    return data / "geo"


def candidates(paths: Sequence[Path], folder: Path | None) -> Mapping[Path, Stamp]:
    """The files that may be opened, each with its stamp; what is not there is left out.

    A path may name a folder; then the databases in it are meant.
    """
    found: dict[Path, Stamp] = {}
    for path in paths or ([] if folder is None else [folder]):
        for file in databases_in(path) if path.is_dir() else [path]:
            stamp = _stamp(file)
            if stamp is not None:
                found[file] = stamp
    return found


def databases_in(folder: Path) -> list[Path]:
    """The IP databases of a folder, by name; none if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return []
    return [folder / name for name in sorted(names) if name.endswith(SUFFIX)]


def choose(files: Iterable[DatabaseFile]) -> tuple[DatabaseFile, ...]:
    """The files to use, the newest first: one provider, cities before countries."""
    ranked = sorted(files, key=lambda file: file.built_on, reverse=True)
    best = next((file for file in ranked if file.detail is Detail.CITY), None)
    if best is None and ranked:
        best = ranked[0]
    if best is None:
        return ()
    return tuple(
        file for file in ranked if (file.detail, file.provider) == (best.detail, best.provider)
    )


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp((status.st_dev, status.st_ino), status.st_mtime_ns, status.st_size)
