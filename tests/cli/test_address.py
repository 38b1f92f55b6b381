"""Cookies need https, except where only this machine can listen."""

from __future__ import annotations

import pytest

from signedin.cli.address import own_address
from signedin.cli.settings import Settings
from signedin.core.cookie import CookieNames
from signedin.core.errors import InvalidSettingError


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8700"),
        ("localhost", "http://localhost:8700"),
        ("::1", "http://[::1]:8700"),
        ("127.0.0.2", "http://127.0.0.2:8700"),
    ],
)
def test_at_loopback_each_name_of_the_machine_is_ours(host: str, url: str) -> None:
    own = own_address(Settings(host=host))

    assert own.url == url
    assert set(own.origins) >= {
        url,
        "http://127.0.0.1:8700",
        "http://localhost:8700",
        "http://[::1]:8700",
    }
    assert own.cookies == CookieNames.on_loopback(8700)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "id.example.org"])
def test_anywhere_else_the_public_address_must_be_set(host: str) -> None:
    with pytest.raises(InvalidSettingError, match="public_url must be set to the https address"):
        own_address(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
@pytest.mark.parametrize(
    ("written", "origin", "session_cookie"),
    [
        ("https://id.example.org", "https://id.example.org", "__Host-sid"),
        ("https://ID.Example.org/", "https://id.example.org", "__Host-sid"),
        ("https://id.example.org:443", "https://id.example.org", "__Host-sid"),
        ("https://id.example.org:8443", "https://id.example.org:8443", "__Host-sid_8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example", "__Host-sid"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443", "__Host-sid_8443"),
    ],
)
def test_the_public_address_is_the_one_origin_as_browsers_write_it(
    host: str, written: str, origin: str, session_cookie: str
) -> None:
    own = own_address(Settings(host=host, public_url=written))

    assert (own.url, own.origins) == (origin, (origin,))
    assert own.cookies.session == session_cookie
    assert own.cookies.secure


def test_two_servers_at_one_host_never_take_each_others_cookies() -> None:
    """Browsers share cookies between ports: each would clear the other's, as known to nobody."""
    one, two = (
        own_address(Settings(public_url=f"https://id.example.org{port}")).cookies
        for port in ("", ":8443")
    )

    names = {one.session, one.device, one.before_login, two.session, two.device, two.before_login}
    assert len(names) == 6
    assert all(name.startswith("__Host-") for name in names)


def test_a_public_address_at_loopback_may_be_http() -> None:
    own = own_address(Settings(public_url="http://localhost:9000"))

    assert own.url == "http://localhost:9000"
    assert own.cookies == CookieNames.on_loopback(9000)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://id.example.org"),
        ("0.0.0.0", "http://id.example.org"),
        ("0.0.0.0", "http://localhost:8700"),
    ],
)
def test_http_is_refused_where_others_can_listen(host: str, url: str) -> None:
    with pytest.raises(InvalidSettingError, match="must begin with https"):
        own_address(Settings(host=host, public_url=url))


@pytest.mark.parametrize(
    "url",
    [
        "id.example.org",
        "ftp://id.example.org",
        "https://",
        "https://user@id.example.org",
        "https://id.example.org/path",
        "https://id.example.org?x",
        "https://id.example.org:99999",
        "https://[::1",
        "https://" + "ü" * 70 + ".example",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettingError, match="public_url: "):
        own_address(Settings(public_url=url))
