"""Checks of what the settings say: the address, the proxies, the IP data."""

from __future__ import annotations

from datetime import date

from signedin.cli.address import own_address
from signedin.cli.doctor.verdict import Verdict, counted, fail, ok, warn
from signedin.cli.geo import GEOLITE_DAYS, OLD_AFTER_DAYS
from signedin.cli.settings import Settings
from signedin.core.errors import InvalidSettingError
from signedin.core.network import Network
from signedin.places.file import Provider
from signedin.places.reader import open_places

# Wider than any one's own proxies: an address in it may be a visitor's.
_WIDEST = {4: 8, 6: 24}


def address(settings: Settings) -> Verdict:
    """Whether people can reach the server safely."""
    try:
        own = own_address(settings)
    except InvalidSettingError as error:
        return fail(str(error), "correct the setting; the server refuses to start until then")
    if own.cookies.secure:
        return ok(f"people reach it at {own.url}")
    return ok(f"only this machine reaches it, at {own.url}")


def proxies(settings: Settings) -> Verdict:
    """Whether the addresses of clients are known, and nobody can choose their own."""
    wide = [network for network in settings.trusted_proxies if _is_wide(network)]
    if wide:
        return warn(
            f"trusted_proxies names {wide[0]}: whoever is in it can pretend to any address",
            "name only the proxies that you run",
        )
    if not settings.trusted_proxies and (settings.public_url or "").startswith("https://"):
        return warn(
            "public_url is https, so a proxy stands before the server, and trusted_proxies is "
            "empty: every session shows the proxy's address",
            "set trusted_proxies to the proxy's own address, such as 127.0.0.1",
        )
    if not settings.trusted_proxies:
        return ok("none; the address of a connection is the client's")
    return ok(f"{counted(len(settings.trusted_proxies), 'network')} believed about addresses")


def places(settings: Settings, today: date) -> Verdict:
    """Whether it is known where addresses are."""
    try:
        opened = open_places(
            settings.data, [] if settings.geo_city is None else [settings.geo_city]
        ).opened()
    except InvalidSettingError as error:
        return fail(str(error), "correct geo_city; the server refuses to start until then")
    if not opened.used:
        why = f" ({opened.unusable[0].why})" if opened.unusable else ""
        return warn(
            f"there is no IP data{why}: places show as unknown",
            "signedin geo install --from FILE; where to get one: signedin geo status",
        )
    built = min(file.built_on for file in opened.used)
    age = max(0, (today - built).days)
    provider = opened.used[0].provider
    oldest = GEOLITE_DAYS if provider is Provider.GEOLITE else OLD_AFTER_DAYS
    told = f"{provider} data of {built}, {counted(age, 'day')} old"
    if age > oldest:
        return warn(f"{told}, and addresses move", "signedin geo status says more")
    return ok(told)


def _is_wide(network: Network) -> bool:
    return network.prefixlen < _WIDEST[network.version]
