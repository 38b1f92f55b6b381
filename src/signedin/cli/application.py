"""The stand-alone server as each of its processes makes it: ``application`` is the factory.

The settings are read once, by who starts the processes, and handed to them: a file that was
broken meanwhile stops no worker that has to be started anew.
"""

from __future__ import annotations

from typing import Protocol

from signedin.asgi import App
from signedin.cli.address import own_address
from signedin.cli.logs import log_to_stderr
from signedin.cli.parts import put_together
from signedin.cli.settings import Settings
from signedin.places.reader import PlaceDatabase, open_places
from signedin.service.ports import PlaceReader
from signedin.web.app import create_app
from signedin.web.visit import AttributedPlaces


class Places(PlaceReader, AttributedPlaces, Protocol):
    """What says where addresses are, and whose data that is."""


def application(settings: Settings) -> App:
    """The server that these settings describe, in a process of its own.

    Raises:
        InvalidSettingError: They describe none.
    """
    log_to_stderr(settings)
    return build(settings, installed_places(settings))


def installed_places(settings: Settings) -> PlaceDatabase:
    """The IP data that the settings name.

    Raises:
        InvalidSettingError: A file that they name cannot be used.
    """
    return open_places(settings.data, [] if settings.geo_city is None else [settings.geo_city])


def refuse_unusable(settings: Settings) -> None:
    """Refuse settings with which no worker could start, before any is.

    Raises:
        InvalidSettingError: They are such.
    """
    own_address(settings)
    installed_places(settings)


def build(settings: Settings, places: Places) -> App:
    """The server that these settings describe."""
    parts = put_together(settings, places)
    address = own_address(settings)
    return create_app(
        parts.sessions,
        parts.accounts,
        parts.organizations,
        places,
        site=settings.site,
        cookies=address.cookies,
        origins=address.origins,
        trusted_proxies=settings.trusted_proxies,
        short_session=settings.short_session,
        metrics_token=settings.metrics_token,
    )
