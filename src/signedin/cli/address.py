"""Where the server is: the address that people type, and which origins are its own."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from signedin.cli.settings import Settings
from signedin.core.cookie import CookieNames
from signedin.core.errors import InvalidSettingError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """The address to tell people, and what the browser will say of our own pages."""

    url: str
    origins: tuple[str, ...]
    cookies: CookieNames


def own_address(settings: Settings) -> OwnAddress:
    """What follows from the host, the port and the public address.

    At a loopback address nothing needs to be configured: http is safe there, and each of
    the machine's names for itself is ours. Anywhere else the cookies need https.

    Raises:
        InvalidSettingError: The server could not be reached safely this way.
    """
    if settings.public_url is not None:
        return _public(settings, settings.public_url)
    if not is_loopback(settings.host):
        raise InvalidSettingError(
            f"host: {settings.host} can be reached from other machines, so public_url must be "
            "set to the https address that people type, such as https://id.example.org"
        )
    return _on_loopback(settings.host, settings.port)


def is_loopback(host: str) -> bool:
    """Whether only this machine itself can reach a host name or address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _public(settings: Settings, text: str) -> OwnAddress:
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise InvalidSettingError(f"public_url: {text!r} is no address") from None
    if scheme not in _PORTS or not host or parts.username is not None:
        raise InvalidSettingError(
            f"public_url: expected an address such as https://id.example.org, got {text!r}"
        )
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise InvalidSettingError(
            f"public_url: the server needs a host name of its own, so nothing may follow it; "
            f"got {text!r}"
        )
    if scheme == "https":
        url = _origin(scheme, host, port)
        if port is None or port == _PORTS[scheme]:
            return OwnAddress(url, (url,), CookieNames())
        return OwnAddress(url, (url,), CookieNames.at_port(port))
    if not (is_loopback(host) and is_loopback(settings.host)):
        raise InvalidSettingError(
            f"public_url: {text} must begin with https, because the cookies of a login are "
            "never sent over http"
        )
    return _on_loopback(host, _PORTS["http"] if port is None else port)


def _on_loopback(host: str, port: int) -> OwnAddress:
    url = _origin("http", host.strip("[]"), port)
    names = ("127.0.0.1", "localhost", "::1")
    origins = dict.fromkeys((url, *(_origin("http", name, port) for name in names)))
    return OwnAddress(url, tuple(origins), CookieNames.on_loopback(port))


def _origin(scheme: str, host: str, port: int | None) -> str:
    """As browsers write it (RFC 6454 section 6.2): lower case, without the usual port."""
    shown = f"[{host}]" if ":" in host else host.lower()
    return f"{scheme}://{shown}" if port in (None, _PORTS[scheme]) else f"{scheme}://{shown}:{port}"
