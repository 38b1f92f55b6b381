"""Both layouts are read, and whatever else a file holds does no harm."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.core.network import NetworkKind
from signedin.core.place import Certainty, label
from signedin.places.file import DatabaseFile, Detail, Layout, Provider, Unusable, open_file
from tests.mmdb import (
    BUILT_ON,
    FLAT_V6,
    nested,
    write_countries,
    write_database,
    write_flat,
    write_nested,
)


def opened(path: Path) -> DatabaseFile:
    file = open_file(path)
    assert isinstance(file, DatabaseFile), file
    return file


def where(file: DatabaseFile, address: str) -> str | None:
    place = file.find(ip_address(address))
    return None if place is None else label(place)


def test_the_flat_layout_is_read(tmp_path: Path) -> None:
    file = opened(write_flat(tmp_path))

    assert (file.layout, file.detail, file.provider) == (Layout.FLAT, Detail.CITY, Provider.DB_IP)
    assert (file.ip_versions, file.built_on) == ((4,), BUILT_ON)
    assert where(file, "81.2.69.142") == "London, GB"
    assert where(file, "90.0.0.1") == "Hauts-de-France, FR"
    assert where(file, "8.8.8.8") == "US"
    assert where(file, "18.26.0.1") == "Cambridge, US"
    assert where(file, "1.1.1.1") is None
    assert where(file, "2a00:1450::1") is None


def test_the_flat_layout_is_read_in_its_other_half(tmp_path: Path) -> None:
    path = tmp_path / "dbip-city-ipv6.mmdb"
    file = opened(write_database(path, FLAT_V6, database_type="city ipv6", ip_version=6))

    assert file.ip_versions == (6,)
    assert where(file, "2a00:1450::1") == "Dublin, IE"
    assert where(file, "81.2.69.142") is None


def test_a_file_of_countries_is_read(tmp_path: Path) -> None:
    file = opened(write_countries(tmp_path))

    assert (file.detail, file.provider, file.ip_versions) == (
        Detail.COUNTRY,
        Provider.NRO,
        (4, 6),
    )
    assert where(file, "81.2.69.142") == "GB"
    assert where(file, "2a00:1450::1") == "IE"


def test_the_layout_of_maxmind_is_read_with_its_radius(tmp_path: Path) -> None:
    records = {
        "81.2.69.0/24": nested("London", "England", "GB", 20),
        "90.0.0.0/8": nested("Lille", "Hauts-de-France", "FR", 100),
        "8.8.8.0/24": nested(None, None, "US", 1000),
        "2a00:1450::/32": nested("Dublin", "Leinster", "IE"),
        "1.1.1.0/24": {"registered_country": {"iso_code": "AU"}},
    }
    file = opened(write_nested(tmp_path / "x.mmdb", records))

    assert (file.layout, file.detail) == (Layout.MAXMIND, Detail.CITY)
    assert (file.provider, file.ip_versions) == (Provider.GEOLITE, (4, 6))
    assert where(file, "81.2.69.142") == "London, GB"
    assert where(file, "90.0.0.1") == "Hauts-de-France, FR"
    assert where(file, "8.8.8.8") == "US"
    assert where(file, "2a00:1450::1") == "Dublin, IE"
    assert where(file, "1.1.1.1") is None


@pytest.mark.parametrize(
    ("traits", "network"),
    [
        ({"is_anonymous_vpn": True}, NetworkKind.ANONYMIZING),
        ({"is_tor_exit_node": True, "is_hosting_provider": True}, NetworkKind.ANONYMIZING),
        ({"is_hosting_provider": True}, NetworkKind.HOSTING),
        ({"user_type": "hosting"}, NetworkKind.HOSTING),
        ({"connection_type": "Cellular"}, NetworkKind.MOBILE),
        ({"user_type": "cellular"}, NetworkKind.MOBILE),
        ({"is_anonymous_vpn": False, "user_type": "residential"}, NetworkKind.ORDINARY),
    ],
)
def test_a_network_is_marked_only_when_the_data_says_so(
    tmp_path: Path, traits: dict[str, Any], network: NetworkKind
) -> None:
    records = {"81.2.69.0/24": nested("London", "England", "GB", **traits)}
    file = opened(write_nested(tmp_path / "x.mmdb", records))
    place = file.find(ip_address("81.2.69.142"))

    assert place is not None
    assert place.network is network


@pytest.mark.parametrize(
    "record",
    [
        {"country": {}, "city": "Oslo", "subdivisions": {}, "location": [], "traits": "x"},
        {"country": {"iso_code": 5}, "city": {"names": []}, "subdivisions": ["x"]},
        {"country": {"iso_code": ""}, "city": {"names": {"de": "Köln"}}, "subdivisions": [{}]},
        ["a list"],
        "a text",
    ],
)
def test_a_record_of_another_shape_says_nothing(tmp_path: Path, record: object) -> None:
    records = {"9.9.9.0/24": nested("Oslo", None, "NO"), "81.2.69.0/24": record}
    file = opened(write_nested(tmp_path / "x.mmdb", records))

    assert file.find(ip_address("81.2.69.142")) is None


def test_markup_and_turned_text_in_a_name_arrive_as_plain_characters(tmp_path: Path) -> None:
    record = {"city": "<script>\u202etxet</script>", "state1": "", "country_code": "DE"}
    place = opened(write_database(tmp_path / "x.mmdb", {"81.2.69.0/24": record})).find(
        ip_address("81.2.69.142")
    )

    assert place is not None
    assert (place.city, place.certainty) == ("<script>txet</script>", Certainty.CITY)


@pytest.mark.parametrize("content", [b"", b"\x00" * 5000, b"<html>", b"\xab\xcd\xefMaxMind.com"])
def test_a_file_that_is_no_database_is_told_and_not_raised(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mmdb"
    path.write_bytes(content)
    file = open_file(path)

    assert isinstance(file, Unusable)
    assert file.why == "it is no IP database, or a broken one"


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    assert isinstance(missing := open_file(tmp_path / "none.mmdb"), Unusable)
    assert missing.why == "it cannot be opened: No such file or directory"
    assert isinstance(open_file(tmp_path), Unusable)


def test_a_database_without_countries_is_told(tmp_path: Path) -> None:
    records = {"81.2.69.0/24": {"autonomous_system_number": 64500}}
    file = open_file(write_database(tmp_path / "asn.mmdb", records, database_type="GeoLite2-ASN"))

    assert isinstance(file, Unusable)
    assert "name no countries" in file.why


@given(st.data())
def test_a_database_with_flipped_bytes_never_raises(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("flipped")
    content = bytearray(write_flat(folder).read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (folder / "x.mmdb").write_bytes(content)
    file = open_file(folder / "x.mmdb")

    if isinstance(file, DatabaseFile):
        for address in ("81.2.69.142", "90.0.0.1", "1.1.1.1", "2a00:1450::1"):
            place = file.find(ip_address(address))
            assert place is None or label(place)
