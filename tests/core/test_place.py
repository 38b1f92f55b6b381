"""A place never says more than is known, and its name cannot break a page."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.core.network import NetworkKind
from signedin.core.place import (
    NAME_LENGTH,
    PRIVATE_PLACE,
    UNKNOWN_PLACE,
    Certainty,
    Place,
    from_dict,
    label,
    label_parts,
    make_place,
    to_dict,
)

COUNTRIES = {"DE": "Germany", "NO": "Norway", "SG": "Singapore"}
GERMAN = {
    "Private network": "Privates Netzwerk",
    "Unknown location": "Unbekannter Ort",
    "VPN or hosting network": "VPN oder Rechenzentrum",
    "({country})": "[{country}]",
    "{place}, {country}": "{place} – {country}",
}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
places = st.builds(
    make_place,
    city=st.text(),
    region=st.text(),
    country_code=st.sampled_from(["DE", "no", "", "ZZ"]),
    radius_km=st.none() | st.integers(0, 500),
    network=st.sampled_from(NetworkKind).filter(lambda kind: kind is not NetworkKind.PRIVATE),
)


def oslo(radius_km: object) -> Place:
    return make_place(city="Oslo", region="Eastern Norway", country_code="NO", radius_km=radius_km)


def said(place: Place) -> str:
    return label(place, COUNTRIES.__getitem__)


@pytest.mark.parametrize(
    ("radius_km", "text", "certainty"),
    [
        (None, "Oslo, Norway", Certainty.CITY),
        (1, "Oslo, Norway", Certainty.CITY),
        (50, "Oslo, Norway", Certainty.CITY),
        (51, "Eastern Norway, Norway", Certainty.REGION),
        (200, "Eastern Norway, Norway", Certainty.REGION),
        (201, "Norway", Certainty.COUNTRY),
        (10**30, "Norway", Certainty.COUNTRY),
        (float("inf"), "Norway", Certainty.COUNTRY),
        (float("nan"), "Oslo, Norway", Certainty.CITY),
        (-1, "Oslo, Norway", Certainty.CITY),
        ("1000", "Oslo, Norway", Certainty.CITY),
        (True, "Oslo, Norway", Certainty.CITY),
    ],
)
def test_the_wider_the_radius_the_less_is_said(
    radius_km: object, text: str, certainty: Certainty
) -> None:
    place = oslo(radius_km)

    assert said(place) == text
    assert place.certainty is certainty


def test_a_place_holds_nothing_smaller_than_what_is_certain() -> None:
    assert oslo(100).city is None
    assert oslo(500) == Place(None, None, "NO", Certainty.COUNTRY, NetworkKind.ORDINARY)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (UNKNOWN_PLACE, "Unknown location"),
        (PRIVATE_PLACE, "Private network"),
        (make_place(country_code="DE"), "Germany"),
        (make_place(region="Bavaria", country_code="DE"), "Bavaria, Germany"),
        (make_place(city="Berlin", region="Berlin", country_code="de"), "Berlin, Germany"),
        (make_place(city="Singapore", country_code="SG"), "Singapore"),
        (make_place(city="Berlin"), "Berlin"),
        (
            make_place(city="Oslo", country_code="NO", network=NetworkKind.MOBILE),
            "Norway · mobile network",
        ),
        (make_place(network=NetworkKind.MOBILE), "Mobile network"),
        (
            make_place(city="Oslo", country_code="NO", network=NetworkKind.HOSTING),
            "VPN or hosting network (Norway)",
        ),
        (make_place(network=NetworkKind.ANONYMIZING), "VPN or hosting network"),
    ],
)
def test_a_place_is_said_in_one_line(place: Place, text: str) -> None:
    assert said(place) == text


def test_where_the_place_means_little_a_page_can_mute_it() -> None:
    place = make_place(country_code="NO", network=NetworkKind.ANONYMIZING)

    assert label_parts(place, COUNTRIES.__getitem__) == ("VPN or hosting network", "(Norway)")


def test_every_word_of_ours_goes_through_the_translation() -> None:
    def german(place: Place) -> str:
        return label(place, lambda code: {"DE": "Deutschland"}[code], lambda text: GERMAN[text])

    hosted = make_place(country_code="DE", network=NetworkKind.HOSTING)

    assert german(PRIVATE_PLACE) == "Privates Netzwerk"
    assert german(UNKNOWN_PLACE) == "Unbekannter Ort"
    assert german(make_place(city="Köln", country_code="DE")) == "Köln – Deutschland"
    assert german(hosted) == "VPN oder Rechenzentrum [Deutschland]"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Cambridge (Area 2/MIT)", "Cambridge"),
        ("Zurich (Zurich (Kreis 1) / Hochschulen)", "Zurich"),
        ("  São \t Paulo\n", "São Paulo"),
        ("Ber\u202elin", "Berlin"),
        ("Ber\u2066l\u2069i\u200bn\x00", "Berlin"),
        ("Os\u2028lo", "Os lo"),
        ("{0.__class__}", "{0.__class__}"),
        ("東京", "東京"),
        ("", None),
        ("-", None),
        ("(private)", "(private)"),
        ("\u202e\u202d", None),
        (None, None),
        (42, None),
        ({"en": "Oslo"}, None),
    ],
)
def test_a_name_is_cleaned_of_what_no_reader_should_see(written: object, kept: str | None) -> None:
    assert make_place(city=written).city == kept
    assert make_place(region=written).region == kept


@pytest.mark.parametrize("code", ["", "D", "DEU", "D1", "ZZ", "XX", "AP", "ÄÖ", None, 49])
def test_what_is_no_country_is_not_one(code: object) -> None:
    assert make_place(country_code=code) == UNKNOWN_PLACE


@given(anything, anything, anything, anything)
def test_any_record_makes_a_place_that_fits_a_line(
    city: object, region: object, code: object, radius: object
) -> None:
    place = make_place(city=city, region=region, country_code=code, radius_km=radius)

    for name in (place.city, place.region):
        assert name is None or 0 < len(name) <= NAME_LENGTH
        assert all(unicodedata.category(character)[0] != "C" for character in name or "")
    assert label(place).isprintable()


@given(places)
def test_a_place_survives_being_kept(place: Place) -> None:
    assert from_dict(json.loads(json.dumps(to_dict(place)))) == place


def test_the_two_fixed_places_survive_as_themselves() -> None:
    assert from_dict(to_dict(UNKNOWN_PLACE)) is UNKNOWN_PLACE
    assert from_dict(to_dict(PRIVATE_PLACE)) is PRIVATE_PLACE


@given(st.dictionaries(st.sampled_from([*to_dict(UNKNOWN_PLACE), "later"]), anything))
def test_what_another_version_kept_is_read_as_far_as_it_is_known(stored: dict[str, object]) -> None:
    assert label(from_dict(stored))
