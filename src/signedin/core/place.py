"""Where an address is, and how that is said.

A place is a guess from an IP address. It is kept as exactly as it is certain and no
more: a record that is only sure of the country has no city here, so that no page can
show one by mistake. Names come from files that anybody can make, and are cleaned.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from signedin.core.network import NetworkKind

# Wider than this and a name says more than is known (ui.md, "What the cells say").
CITY_RADIUS_KM = 50
REGION_RADIUS_KM = 200
NAME_LENGTH = 80

_COUNTRY = re.compile(r"[A-Za-z]{2}")
# Codes that files use for "no country": unknown twice, and the Asia/Pacific region.
_NO_COUNTRY = frozenset({"ZZ", "XX", "AP"})


class Certainty(StrEnum):
    """The smallest area that an address is believed to be in. Stored: never rename one."""

    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is, as far as is known. Always approximate.

    What is smaller than ``certainty`` is ``None``. Names are as the file has them, mostly
    English; the country is an ISO 3166 code, to be named in the reader's language.
    """

    city: str | None
    region: str | None
    country_code: str | None
    certainty: Certainty
    network: NetworkKind


UNKNOWN_PLACE = Place(None, None, None, Certainty.NONE, NetworkKind.ORDINARY)
PRIVATE_PLACE = Place(None, None, None, Certainty.NONE, NetworkKind.PRIVATE)


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whom a page that shows places must name, and how old the data is."""

    text: str
    url: str
    built: date


def make_place(
    *,
    city: object = None,
    region: object = None,
    country_code: object = None,
    radius_km: object = None,
    network: NetworkKind = NetworkKind.ORDINARY,
) -> Place:
    """Make a place from what a record says, whatever its values are.

    With a radius of up to 50 km the city is believed, up to 200 km the region, beyond
    that the country. A record without a radius is believed as far as it has names.
    """
    radius = _radius(radius_km)
    code = _country_code(country_code)
    region_name = _name(region) if radius <= REGION_RADIUS_KM else None
    city_name = _name(city) if radius <= CITY_RADIUS_KM else None
    if city_name is not None:
        certainty = Certainty.CITY
    elif region_name is not None:
        certainty = Certainty.REGION
    elif code is not None:
        certainty = Certainty.COUNTRY
    else:
        certainty = Certainty.NONE
    return Place(city_name, region_name, code, certainty, network)


def _unchanged(text: str) -> str:
    return text


def label(
    place: Place,
    country_name: Callable[[str], str] = _unchanged,
    translate: Callable[[str], str] = _unchanged,
) -> str:
    """Say a place in one line: "Berlin, Germany", "Private network", "Unknown location"."""
    text, aside = label_parts(place, country_name, translate)
    return text if aside is None else f"{text} {aside}"


def label_parts(
    place: Place,
    country_name: Callable[[str], str] = _unchanged,
    translate: Callable[[str], str] = _unchanged,
) -> tuple[str, str | None]:
    """The same line as what counts and what a page mutes, because there it means little."""
    if place.network is NetworkKind.PRIVATE:
        return translate("Private network"), None
    country = None if place.country_code is None else country_name(place.country_code)
    if place.network in (NetworkKind.HOSTING, NetworkKind.ANONYMIZING):
        aside = None if country is None else translate("({country})").format(country=country)
        return translate("VPN or hosting network"), aside
    if place.network is NetworkKind.MOBILE:
        # Where a carrier's customers leave its network is not where they are.
        text = translate("Mobile network")
        if country is not None:
            text = translate("{country} · mobile network").format(country=country)
        return text, None
    name = place.city or place.region
    if name is None:
        return country or translate("Unknown location"), None
    if country is None or name == country:
        return name, None
    return translate("{place}, {country}").format(place=name, country=country), None


def to_dict(place: Place) -> dict[str, str | None]:
    """A place as JSON keeps it."""
    return {
        "city": place.city,
        "region": place.region,
        "country_code": place.country_code,
        "certainty": place.certainty.value,
        "network": place.network.value,
    }


def from_dict(stored: Mapping[str, Any]) -> Place:
    """A place as it was kept; unknown keys and words of a newer version do no harm."""
    network = _network(stored.get("network"))
    place = make_place(
        city=stored.get("city"),
        region=stored.get("region"),
        country_code=stored.get("country_code"),
        network=network,
    )
    if network is NetworkKind.PRIVATE:
        return PRIVATE_PLACE
    says_nothing = place.certainty is Certainty.NONE and network is NetworkKind.ORDINARY
    return UNKNOWN_PLACE if says_nothing else place


def _network(value: Any) -> NetworkKind:
    try:
        return NetworkKind(value)
    except ValueError:
        return NetworkKind.ORDINARY


def _radius(value: object) -> float:
    """A radius that can be compared; none, or one that makes no sense, limits nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return 0.0 if math.isnan(value) or value < 0 else float(value)


def _country_code(value: object) -> str | None:
    if not isinstance(value, str) or _COUNTRY.fullmatch(value) is None:
        return None
    code = value.upper()
    return None if code in _NO_COUNTRY else code


def _name(value: object) -> str | None:
    return _cleaned(value[: 4 * NAME_LENGTH]) if isinstance(value, str) else None


@lru_cache(maxsize=1024)
def _cleaned(text: str) -> str | None:
    """A name that can stand in a line of text, or ``None`` if nothing of it is left.

    Districts in brackets ("Cambridge (Area 2/MIT)") are cut: they are wrong more often
    than right, and more than anybody needs to know. Characters that cannot be seen go,
    above all those that turn the direction of the line (Unicode's Bidi_Control).
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(character for character in text if _is_seen(character))
    name = " ".join(text.split()).partition(" (")[0][:NAME_LENGTH].rstrip()
    return name if any(character.isalnum() for character in name) else None


def _is_seen(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] != "C"
