"""Says where an address is, from IP databases on this machine.

No request ever leaves the machine, and none fails for want of a place: without data, or
with broken data, private networks are still told from the rest.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from signedin.core.errors import InvalidSettingError
from signedin.core.network import Reach, classify, public_address
from signedin.core.place import PRIVATE_PLACE, UNKNOWN_PLACE, Attribution, Place
from signedin.places.file import DatabaseFile, Provider, Unusable, open_file
from signedin.places.locate import Stamp, candidates, choose, geo_folder

_LOG = logging.getLogger(__name__)

# What the licences ask to be shown, with the link that DB-IP's demands.
_CREDITS = {
    Provider.DB_IP: ("IP Geolocation by DB-IP", "https://db-ip.com"),
    Provider.GEOLITE: (
        "This product includes GeoLite2 data created by MaxMind, available from "
        "https://www.maxmind.com",
        "https://www.maxmind.com",
    ),
    Provider.NRO: ("Country data by the Number Resource Organization", "https://www.nro.net"),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open now: all that could be read, what of it is used, and what could not."""

    found: Mapping[Path, Stamp] = field(default_factory=dict)
    held: Mapping[Path, tuple[Stamp, DatabaseFile]] = field(default_factory=dict)
    used: tuple[DatabaseFile, ...] = ()
    unusable: tuple[Unusable, ...] = ()


class NoPlaces:
    """No data: only what an address itself says."""

    attribution: Attribution | None = None
    data_date: date | None = None

    def find(self, address: str | None) -> Place:
        """Private networks, and no other place."""
        return PRIVATE_PLACE if classify(address) is Reach.PRIVATE else UNKNOWN_PLACE


class PlaceDatabase:
    """Where addresses are, by the best of the IP databases that are there.

    Files are opened at once and again when one is added, replaced or removed. Replace
    them as ``signedin geo install`` does, by renaming: a file that is written over while
    it is open can end the process that reads it.

    Args:
        paths: Files or folders to use instead of ``folder``.
        folder: Where data is looked for; it need not exist yet.
    """

    def __init__(self, paths: Sequence[Path] = (), *, folder: Path | None = None) -> None:
        self._paths = tuple(paths)
        self._folder = folder
        self._reopening = threading.Lock()
        self._opened = Opened()
        self.opened()

    @property
    def attribution(self) -> Attribution | None:
        """Whom the pages must name for what is used now."""
        used = self.opened().used
        credit = _CREDITS.get(used[0].provider) if used else None
        return None if credit is None else Attribution(*credit, built=_oldest(used))

    @property
    def data_date(self) -> date | None:
        """From when the data is; of several files, the oldest."""
        used = self.opened().used
        return _oldest(used) if used else None

    def find(self, address: str | None) -> Place:
        """Where an address is, as far as is known. Never raises."""
        public = public_address(address)
        if public is None:
            return PRIVATE_PLACE if classify(address) is Reach.PRIVATE else UNKNOWN_PLACE
        for file in self.opened().used:
            place = file.find(public)
            if place is not None:
                return place
        return UNKNOWN_PLACE

    def opened(self) -> Opened:
        """What is open, after a look at whether the files are still the same ones."""
        found = candidates(self._paths, self._folder)
        # Who finds another thread reopening goes on with what is open.
        if found != self._opened.found and self._reopening.acquire(blocking=False):
            try:
                self._opened = _reopen(found, self._opened)
            finally:
                self._reopening.release()
        return self._opened


def open_places(data: Path, paths: Sequence[Path] = ()) -> PlaceDatabase:
    """Open the files that the settings name, or what lies in the data folder.

    Raises:
        InvalidSettingError: A named file is missing or no IP database. What lies in the
            data folder never stops a start: it is left out, and logged.
    """
    database = PlaceDatabase(paths, folder=geo_folder(data))
    opened = database.opened()
    for path in paths:
        if not path.exists():
            raise InvalidSettingError(f"IP data: {path} does not exist")
    if paths and not opened.held:
        why = opened.unusable[0].why if opened.unusable else "it holds no .mmdb file"
        raise InvalidSettingError(f"IP data: {paths[0]} cannot be used: {why}")
    return database


def _reopen(found: Mapping[Path, Stamp], before: Opened) -> Opened:
    held: dict[Path, tuple[Stamp, DatabaseFile]] = {}
    unusable: list[Unusable] = []
    for path, stamp in found.items():
        old = before.held.get(path)
        if old is not None and old[0] == stamp:
            held[path] = old
            continue
        file = open_file(path)
        if isinstance(file, DatabaseFile):
            held[path] = stamp, file
            continue
        unusable.append(file)
        _LOG.warning("%s is not used for places: %s", path, file.why)
        # The file that was replaced is still whole in memory; one written over is not.
        if old is not None and old[0].inode != stamp.inode:
            held[path] = old
    used = choose(file for _, file in held.values())
    return Opened(found, held, used, tuple(unusable))


def _oldest(files: Sequence[DatabaseFile]) -> date:
    return min(file.built_on for file in files)
