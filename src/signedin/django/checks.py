"""What `manage.py check` says of the settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from signedin.core.errors import InvalidSettingError
from signedin.django.configuration import read_configuration
from signedin.django.store import refuse_other_engines

ENGINE = "signedin.django"
MIDDLEWARE = "signedin.django.middleware.SessionMiddleware"


def check_settings(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """All that keeps sessions from being what they should be."""
    found: list[CheckMessage] = []
    try:
        configuration = read_configuration()
        refuse_other_engines(configuration.database)
    except InvalidSettingError as error:
        found.append(Error(str(error), id="signedin.E001"))
    if settings.SESSION_ENGINE != ENGINE:
        found.append(
            Error(
                f"SESSION_ENGINE is {settings.SESSION_ENGINE!r}: signedin keeps no sessions.",
                hint=f"SESSION_ENGINE = {ENGINE!r}",
                id="signedin.E002",
            )
        )
    if MIDDLEWARE not in settings.MIDDLEWARE:
        found.append(
            Warning(
                "Without its middleware signedin knows neither address nor browser of a visit.",
                hint=f"Put {MIDDLEWARE!r} in the place of Django's SessionMiddleware.",
                id="signedin.W003",
            )
        )
    if not _serializer_makes_json():
        found.append(
            Error(
                f"SESSION_SERIALIZER {settings.SESSION_SERIALIZER!r} makes no JSON.",
                hint="Session data is kept as JSON; leave the setting out.",
                id="signedin.E004",
            )
        )
    return found


def _serializer_makes_json() -> bool:
    serializer = import_string(settings.SESSION_SERIALIZER)()
    try:
        return bool(json.loads(serializer.dumps({"key": "value"})) == {"key": "value"})
    except ValueError:
        return False
