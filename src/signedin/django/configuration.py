"""The setting ``SIGNEDIN`` of a Django project: a dictionary whose keys may all be left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.conf import settings

from signedin.core.errors import InvalidSettingError
from signedin.core.network import Network, parse_networks
from signedin.core.policy import Policy

NO_LIMITS = Policy()  # beside what Django's own settings say: SESSION_COOKIE_AGE and set_expiry()


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the project says.

    Attributes:
        database: The alias of the database that keeps the sessions.
        feed: The alias of the same database without PgBouncer in between, if one is.
        policy: What limits sessions, beside Django's own settings.
        trusted_proxies: Peers whose word about the client's address is believed.
        ip_data: Files of IP data, or folders of such.
        site: The name of the project, as people see it on the page; left out, that of the
            package that ``ROOT_URLCONF`` is in.
        section: The project's own page with the list, by its name or its path; left out, the
            list has a page of ours.
        accent: The project's colour on the page.
        templates: A folder with templates of the project's own for the page.
        bearer: Whether apps may send their token as ``Authorization: Bearer``.
        adopt_until: Until then, cookies that Django's ``signed_cookies`` made are honoured, once.
    """

    database: str = "default"
    feed: str | None = None
    policy: Policy = NO_LIMITS
    trusted_proxies: tuple[Network, ...] = ()
    ip_data: tuple[Path, ...] = ()
    site: str | None = None
    section: str | None = None
    accent: str | None = None
    templates: str | Path | None = None
    bearer: bool = False
    adopt_until: datetime | None = None


_ALIAS = "the alias of a database, such as 'default'"
_EXPECTED: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "DATABASE": (str, _ALIAS),
    "FEED": (str, _ALIAS),
    "POLICY": (Policy, "a signedin.Policy"),
    "TRUSTED_PROXIES": ((list, tuple), "a list of addresses or networks"),
    "IP_DATA": ((list, tuple), "a list of paths"),
    "SITE": (str, "a name"),
    "SECTION": (str, "the name or the path of a page"),
    "ACCENT": (str, "a colour, such as '#0a6b4f'"),
    "TEMPLATES": ((str, Path), "a folder"),
    "BEARER": (bool, "True or False"),
    "ADOPT_UNTIL": (datetime, "a datetime with a time zone"),
}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "TRUSTED_PROXIES": parse_networks,
    "IP_DATA": lambda paths: tuple(Path(path) for path in paths),
}


def read_configuration() -> Configuration:
    """The setting as it is now.

    Raises:
        InvalidSettingError: A key is unknown, or a value makes no sense.
    """
    found: Mapping[str, Any] = getattr(settings, "SIGNEDIN", {})
    values: dict[str, Any] = {}
    for key, value in found.items():
        if key not in _EXPECTED:
            close = get_close_matches(str(key), _EXPECTED, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise InvalidSettingError(f"SIGNEDIN: there is no {key!r}{hint}")
        kind, expected = _EXPECTED[key]
        if not isinstance(value, kind):
            raise InvalidSettingError(f"SIGNEDIN[{key!r}]: expected {expected}, got {value!r}")
        values[key.lower()] = _READERS[key](value) if key in _READERS else value
    return Configuration(**values)
