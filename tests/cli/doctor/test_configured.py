"""What `doctor` says of the settings."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest

from signedin.cli.doctor import configured
from signedin.cli.doctor.verdict import Level
from signedin.cli.settings import Settings
from tests.mmdb import write_flat


@pytest.mark.parametrize(
    ("settings", "level", "told"),
    [
        (Settings(), Level.OK, "only this machine"),
        (Settings(public_url="https://id.example.org"), Level.OK, "https://id.example.org"),
        (Settings(public_url="http://id.example.org"), Level.FAIL, "must begin with https"),
        (Settings(host="0.0.0.0"), Level.FAIL, "public_url must be set"),
    ],
)
def test_the_address_is_judged(settings: Settings, level: Level, told: str) -> None:
    verdict = configured.address(settings)

    assert verdict.level is level
    assert told in verdict.what


@pytest.mark.parametrize(
    ("url", "networks", "level"),
    [
        (None, [], Level.OK),
        ("https://id.example.org", [], Level.WARN),
        ("https://id.example.org", ["127.0.0.1/32"], Level.OK),
        ("https://id.example.org", ["10.0.0.0/8", "fd00::/24"], Level.OK),
        (None, ["0.0.0.0/1"], Level.WARN),
        (None, ["127.0.0.1/32", "2000::/3"], Level.WARN),
    ],
)
def test_the_proxies_are_judged(url: str | None, networks: list[str], level: Level) -> None:
    settings = Settings(public_url=url, trusted_proxies=tuple(map(ip_network, networks)))

    assert configured.proxies(settings).level is level


def test_old_ip_data_is_warned_of_and_a_named_file_that_is_gone_fails(tmp_path: Path) -> None:
    file = write_flat(tmp_path, built_on=date(2026, 10, 1))
    settings = Settings(data=tmp_path, geo_city=file)

    assert configured.places(settings, date(2026, 10, 20)).level is Level.OK
    old = configured.places(settings, date(2026, 12, 1))
    assert old.level is Level.WARN
    assert "data of 2026-10-01, 61 days old" in old.what
    gone = Settings(data=tmp_path, geo_city=tmp_path / "gone.mmdb")
    assert configured.places(gone, date(2026, 10, 20)).level is Level.FAIL
    assert configured.places(Settings(data=tmp_path), date(2026, 10, 20)).level is Level.WARN
