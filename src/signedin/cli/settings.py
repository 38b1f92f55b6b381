"""The settings of the stand-alone server: one class, from three places.

What stands in the environment (``SIGNEDIN_PORT=8700``) counts before what stands in the
TOML file (``port = 8700``), and that before the defaults here. A name that is no setting
is an error: a typing mistake must not leave a limit unset.
"""

# ruff: noqa: RUF009 - `_setting` makes a dataclass field, as `field` does.

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from signedin.cli.durations import parse_duration
from signedin.core.errors import InvalidPolicyError, InvalidSettingError
from signedin.core.network import Network, parse_networks
from signedin.core.policy import DEFAULT_POLICY, Policy
from signedin.service.sweep import DEFAULT_RETENTION, Retention

PREFIX = "SIGNEDIN_"
CONFIG = "SIGNEDIN_CONFIG"
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")
SHORTEST_TOKEN = 20  # characters; `openssl rand -hex 20` makes 40

T = TypeVar("T")


def _setting(default: T, what: str, *, secret: bool = False) -> T:
    """A field with the words that the table in the documentation has for it."""
    made: T = field(default=default, metadata={"what": what}, repr=not secret)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. Durations are ``90s 15m 12h 14d``, or ``none`` for no limit.

    Raises:
        InvalidPolicyError: A limit is zero.
    """

    database: str = _setting(
        "sqlite:///var/signedin.db",
        "three slashes: relative to where it is started; four: absolute. Or "
        "`postgresql://user@host/name`, see [PostgreSQL](../how-to/postgresql.md)",
    )
    feed: str | None = _setting(
        None,
        "where `database` goes through PgBouncer: the same database without it, for the one "
        "connection of each process that hears of changes",
    )
    data: Path = _setting(Path("var"), "the folder where IP data is installed (`data/geo`)")
    host: str = _setting("127.0.0.1", "the address to listen at")
    port: int = _setting(8700, "the port to listen at; 0 takes any that is free")
    workers: int = _setting(1, "processes; each holds up to 100,000 sessions in memory")
    public_url: str | None = _setting(
        None,
        "what people type, such as `https://id.example.org`; needed as soon as it listens "
        "anywhere but at loopback",
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        (),
        "networks whose word about the client's address is believed: `127.0.0.1/32,10.0.0.0/24`",
    )
    site: str = _setting("signedin", "the name that people see")
    idle_timeout: timedelta | None = _setting(
        DEFAULT_POLICY.idle_timeout, "longest time between two uses of a session"
    )
    lifetime: timedelta | None = _setting(
        DEFAULT_POLICY.lifetime, "longest time since the login, however busy"
    )
    short_session: timedelta = _setting(
        timedelta(hours=24), 'how long a login lasts without "Keep me logged in"'
    )
    history: timedelta = _setting(DEFAULT_RETENTION.history, "how long ended sessions are kept")
    addresses: timedelta = _setting(
        DEFAULT_RETENTION.addresses,
        "how long IP addresses are kept after the last use, or the end; the place stays",
    )
    events: timedelta = _setting(DEFAULT_RETENTION.events, "how long events are kept")
    geo_city: Path | None = _setting(None, "an IP database to use instead of the installed ones")
    remember_browsers: bool = _setting(
        True, "a long-lived cookie that keeps the list at one row per browser"
    )
    log_level: str = _setting("info", "`debug`, `info`, `warning` or `error`")
    log_format: str = _setting("text", "`text` for people, `json` for programs: an object a line")
    metrics_token: str | None = _setting(
        None,
        "opens [`/metrics`](../how-to/run.md#measure) to who is not on this machine; 20 characters "
        "or more. From a file: `SIGNEDIN_METRICS_TOKEN_FILE`",
        secret=True,
    )

    def __post_init__(self) -> None:
        Policy(idle_timeout=self.idle_timeout, lifetime=self.lifetime)  # refuses nonsense

    @property
    def policy(self) -> Policy:
        """The default limits of every session."""
        return Policy(idle_timeout=self.idle_timeout, lifetime=self.lifetime)

    @property
    def retention(self) -> Retention:
        """How long things are kept."""
        return Retention(self.history, self.addresses, self.events)


def load_settings(
    *,
    config: Path | None = None,
    options: Mapping[str, str | None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings from the environment and the file.

    Args:
        config: The TOML file; left out, the one that ``SIGNEDIN_CONFIG`` names, if any.
        options: What was given on the command line, by name; it counts before everything.
        environment: Left out, the process' own.

    Raises:
        InvalidSettingError: A name is no setting, or a value makes no sense.
    """
    found = os.environ if environment is None else environment
    variables = {
        name: text for name, text in found.items() if name.startswith(PREFIX) and text != ""
    }
    path = config or (Path(variables[CONFIG]) if CONFIG in variables else None)
    variables.pop(CONFIG, None)
    values: dict[str, Any] = {}
    if path is not None:
        names = {name: name for name in _READERS}
        values |= _read_all(_read_file(path), names, where=f"{path}: ")
    names = {PREFIX + name.upper(): name for name in _READERS}
    values |= _read_all(_with_secrets(variables), names)
    names = {f"--{name.replace('_', '-')}": name for name in _READERS}
    given = {f"--{name.replace('_', '-')}": text for name, text in (options or {}).items()}
    values |= _read_all({name: text for name, text in given.items() if text is not None}, names)
    try:
        return Settings(**values)
    except InvalidPolicyError as error:
        raise InvalidSettingError(str(error)) from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSettingError(f"{path} cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettingError(f"{path} is not TOML: {error}") from None


def _with_secrets(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables, with the text of the files that some name instead of a secret."""
    found = dict(variables)
    for name in _SECRETS:
        plain = PREFIX + name.upper()
        path = found.pop(f"{plain}_FILE", None)
        if path is None:
            continue
        if plain in found:
            raise InvalidSettingError(f"{plain} and {plain}_FILE: only one of them can count")
        try:
            found[plain] = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise InvalidSettingError(f"{plain}_FILE: {path} cannot be read: {why}") from None
    return found


def _read_all(
    written: Mapping[str, object], names: Mapping[str, str], *, where: str = ""
) -> dict[str, object]:
    """The values by the names of the settings, which each source writes in its own way."""
    values = {}
    for word, value in written.items():
        if word not in names:
            near = difflib.get_close_matches(word, names, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InvalidSettingError(f"{where}{word} is no setting{hint}")
        try:
            values[names[word]] = _READERS[names[word]](value)
        except (ValueError, InvalidSettingError) as error:
            got = "" if names[word] in _SECRETS else f", got {value!r}"
            raise InvalidSettingError(f"{where}{word}: {error}{got}") from None
    return values


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a text")
    return value.strip()


def _path(value: object) -> Path:
    return Path(_text(value)).expanduser()


def _whole_number(value: object, *, least: int, most: int) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not text.strip().isdecimal():
        raise ValueError(f"expected a whole number from {least} to {most}")
    number = int(text) if len(text) < 10 else most + 1
    if not least <= number <= most:
        raise ValueError(f"expected a whole number from {least} to {most}")
    return number


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in words:
        raise ValueError("expected true or false")
    return words[word]


def _limit(value: object) -> timedelta | None:
    if not isinstance(value, str):
        raise ValueError("expected a duration such as 90s, 15m, 12h, 14d or none")
    return parse_duration(value)


def _length(value: object) -> timedelta:
    length = _limit(value)
    if not length:
        raise ValueError("expected a duration above zero, such as 90s, 15m, 12h or 14d")
    return length


def _networks(value: object) -> tuple[Network, ...]:
    texts = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError('expected networks such as "10.0.0.0/8"')
    return parse_networks(texts)


def _token(value: object) -> str:
    text = _text(value)
    if len(text) < SHORTEST_TOKEN or not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError(f"expected at least {SHORTEST_TOKEN} ASCII characters without spaces")
    return text


def _one_of(value: object, words: tuple[str, ...]) -> str:
    word = _text(value).lower()
    if word not in words:
        raise ValueError(f"expected one of {', '.join(words)}")
    return word


_READERS: Mapping[str, Callable[[object], object]] = {
    "database": _text,
    "feed": _text,
    "data": _path,
    "host": _text,
    "port": lambda value: _whole_number(value, least=0, most=65535),
    "workers": lambda value: _whole_number(value, least=1, most=256),
    "public_url": _text,
    "trusted_proxies": _networks,
    "site": _text,
    "idle_timeout": _limit,
    "lifetime": _limit,
    "short_session": _length,
    "history": _length,
    "addresses": _length,
    "events": _length,
    "geo_city": _path,
    "remember_browsers": _switch,
    "log_level": lambda value: _one_of(value, LOG_LEVELS),
    "log_format": lambda value: _one_of(value, LOG_FORMATS),
    "metrics_token": _token,
}
_SECRETS = tuple(f.name for f in dataclasses.fields(Settings) if not f.repr)
