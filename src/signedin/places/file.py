"""One IP database on disk, in either of the two record layouts that are common.

``maxmind`` is that of MaxMind and DB-IP: nested, with names in several languages and
sometimes a radius. ``flat`` is that of the ``ip-location-db`` packages: one level, with
``''`` for what is not known. Which one a file has is seen in its records.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signedin.core.network import Address, NetworkKind
from signedin.core.place import Certainty, Place, make_place

if TYPE_CHECKING:
    import maxminddb

SAMPLE = 200  # records looked at to tell what a file holds; the first may be empty ones
_LOG = logging.getLogger(__name__)

_YES = 1  # equal to `True`; some writers of such files keep one value for both
_ANONYMIZING = (
    "is_anonymous",
    "is_anonymous_proxy",
    "is_anonymous_vpn",
    "is_public_proxy",
    "is_residential_proxy",
    "is_tor_exit_node",
)


class Layout(StrEnum):
    """How the records of a file are built."""

    FLAT = "flat"
    MAXMIND = "maxmind"


class Detail(StrEnum):
    """The smallest area that a file knows."""

    CITY = "city"
    COUNTRY = "country"


class Provider(StrEnum):
    """Whose data a file holds; decides whom the pages must name."""

    DB_IP = "db-ip"
    GEOLITE = "geolite"
    NRO = "nro"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file that cannot be read for places, and why, as a sentence's end."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class DatabaseFile:
    """An open IP database. Safe to use from several threads.

    It is never closed but let go of, so that a look-up in another thread can end first.
    """

    path: Path
    layout: Layout
    detail: Detail
    provider: Provider
    ip_versions: tuple[int, ...]
    built_on: date
    _reader: maxminddb.Reader = field(repr=False)

    def find(self, address: Address) -> Place | None:
        """Where an address is by this file; ``None`` if it does not say. Never raises."""
        if address.version not in self.ip_versions:
            return None
        try:
            record = self._reader.get(address)
        except Exception as error:  # whatever a broken file brings about
            _LOG.warning("a record of %s cannot be read: %s", self.path, type(error).__name__)
            return None
        if not isinstance(record, dict):
            return None
        place = _from_flat(record) if self.layout is Layout.FLAT else _from_maxmind(record)
        says_nothing = place.certainty is Certainty.NONE and place.network is NetworkKind.ORDINARY
        return None if says_nothing else place


def open_file(path: Path) -> DatabaseFile | Unusable:
    """Open an IP database, or say why it is none that can be read for places."""
    try:
        import maxminddb  # the package is optional, and not needed without a file
    except ImportError:
        return Unusable(path, "the package maxminddb is missing: pip install 'signedin[geo]'")
    try:
        reader = _open(maxminddb, path)
        metadata = reader.metadata()
        built_on = datetime.fromtimestamp(metadata.build_epoch, UTC).date()
        sample = [record for _, record in islice(reader, SAMPLE) if isinstance(record, dict)]
    except OSError as error:
        return Unusable(path, f"it cannot be opened: {error.strerror or error}")
    except Exception:  # whatever a broken file brings about
        return Unusable(path, "it is no IP database, or a broken one")
    layout = _layout_of(sample)
    if layout is None:
        return Unusable(path, "its records name no countries in a layout that is known")
    kind = str(metadata.database_type).lower()
    return DatabaseFile(
        path=path,
        layout=layout,
        detail=_detail_of(kind, sample),
        provider=_provider_of(f"{kind} {path.name.lower()}"),
        ip_versions=_ip_versions_of(kind, metadata.ip_version),
        built_on=built_on,
        _reader=reader,
    )


def _open(maxminddb: Any, path: Path) -> maxminddb.Reader:
    # In Python on purpose: the C extension aborts the whole process over some broken files,
    # and look-ups are rare enough not to miss it.
    reader = maxminddb.open_database(path, maxminddb.MODE_MMAP)
    return reader  # type: ignore[no-any-return]


def _layout_of(sample: list[dict[str, Any]]) -> Layout | None:
    if any(isinstance(record.get("country"), dict) for record in sample):
        return Layout.MAXMIND
    if any(isinstance(record.get("country_code"), str) for record in sample):
        return Layout.FLAT
    return None


def _detail_of(kind: str, sample: list[dict[str, Any]]) -> Detail:
    named = "city" in kind or "enterprise" in kind
    return Detail.CITY if named or any(record.get("city") for record in sample) else Detail.COUNTRY


def _provider_of(names: str) -> Provider:
    if "dbip" in names or "db-ip" in names:
        return Provider.DB_IP
    if "geolite" in names:
        return Provider.GEOLITE
    return Provider.NRO if "geo-whois" in names else Provider.OTHER


def _ip_versions_of(kind: str, ip_version: int) -> tuple[int, ...]:
    if ip_version == 4:
        return (4,)
    return (6,) if "ipv6" in kind else (4, 6)


def _from_flat(record: Mapping[str, Any]) -> Place:
    return make_place(
        city=record.get("city"),
        region=record.get("state1"),
        country_code=record.get("country_code"),
    )


def _from_maxmind(record: Mapping[str, Any]) -> Place:
    # Not `registered_country`: that is where the provider is at home, not the address.
    subdivisions = record.get("subdivisions")
    largest = subdivisions[0] if isinstance(subdivisions, list) and subdivisions else None
    return make_place(
        city=_english(record.get("city")),
        region=_english(largest),
        country_code=_part(record, "country").get("iso_code"),
        radius_km=_part(record, "location").get("accuracy_radius"),
        network=_network_of(_part(record, "traits")),
    )


def _network_of(traits: Mapping[str, Any]) -> NetworkKind:
    if any(traits.get(name) == _YES for name in _ANONYMIZING):
        return NetworkKind.ANONYMIZING
    if traits.get("is_hosting_provider") == _YES or traits.get("user_type") == "hosting":
        return NetworkKind.HOSTING
    if traits.get("connection_type") == "Cellular" or traits.get("user_type") == "cellular":
        return NetworkKind.MOBILE
    return NetworkKind.ORDINARY


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = record.get(name)
    return part if isinstance(part, dict) else {}


def _english(part: object) -> object:
    names = part.get("names") if isinstance(part, dict) else None
    return names.get("en") if isinstance(names, dict) else None
