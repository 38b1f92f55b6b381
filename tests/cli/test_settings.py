"""A setting comes from one of three places, and a mistake in any of them is told."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from signedin.cli.settings import _READERS, Settings, load_settings
from signedin.core.errors import InvalidSettingError

ALL_IN_A_FILE = """
database = "sqlite:////srv/signedin.db"
data = "/srv"
host = "::1"
port = 9000
workers = 4
public_url = "https://id.example.org"
trusted_proxies = ["10.0.0.0/8", "::1"]
site = "Example"
idle_timeout = "12h"
lifetime = "none"
short_session = "8h"
history = "7d"
geo_city = "/srv/city.mmdb"
remember_browsers = false
log_level = "warning"
log_format = "json"
metrics_token = "2f6d0b1c9a8e7d6c5b4a"
"""
AS_SETTINGS = Settings(
    database="sqlite:////srv/signedin.db",
    data=Path("/srv"),
    host="::1",
    port=9000,
    workers=4,
    public_url="https://id.example.org",
    trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("::1")),
    site="Example",
    idle_timeout=timedelta(hours=12),
    lifetime=None,
    short_session=timedelta(hours=8),
    history=timedelta(days=7),
    geo_city=Path("/srv/city.mmdb"),
    remember_browsers=False,
    log_level="warning",
    log_format="json",
    metrics_token="2f6d0b1c9a8e7d6c5b4a",
)


def file_with(text: str, folder: Path) -> Path:
    config = folder / "signedin.toml"
    config.write_text(text, encoding="utf-8")
    return config


def load(**environment: str) -> Settings:
    return load_settings(environment=environment)


def test_every_setting_can_be_read() -> None:
    assert set(_READERS) == {field.name for field in dataclasses.fields(Settings)}


def test_without_any_setting_the_defaults_count() -> None:
    assert load() == Settings()
    assert load(PATH="/bin", SIGNEDIN_PUBLIC_URL="") == Settings()


def test_everything_can_stand_in_a_file(tmp_path: Path) -> None:
    config = file_with(ALL_IN_A_FILE, tmp_path)

    assert load_settings(config=config, environment={}) == AS_SETTINGS


def test_everything_can_stand_in_the_environment() -> None:
    environment = {
        "SIGNEDIN_DATABASE": "sqlite:////srv/signedin.db",
        "SIGNEDIN_DATA": "/srv",
        "SIGNEDIN_HOST": "::1",
        "SIGNEDIN_PORT": "9000",
        "SIGNEDIN_WORKERS": "4",
        "SIGNEDIN_PUBLIC_URL": "https://id.example.org",
        "SIGNEDIN_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        "SIGNEDIN_SITE": "Example",
        "SIGNEDIN_IDLE_TIMEOUT": "12h",
        "SIGNEDIN_LIFETIME": "none",
        "SIGNEDIN_SHORT_SESSION": "8h",
        "SIGNEDIN_HISTORY": "7d",
        "SIGNEDIN_GEO_CITY": "/srv/city.mmdb",
        "SIGNEDIN_REMEMBER_BROWSERS": "no",
        "SIGNEDIN_LOG_LEVEL": "WARNING",
        "SIGNEDIN_LOG_FORMAT": "JSON",
        "SIGNEDIN_METRICS_TOKEN": "2f6d0b1c9a8e7d6c5b4a",
    }

    assert load(**environment) == AS_SETTINGS


def test_the_environment_counts_before_the_file_and_the_command_before_both(
    tmp_path: Path,
) -> None:
    config = file_with("port = 1\nworkers = 1\nsite = 'file'", tmp_path)

    settings = load_settings(
        options={"port": "3", "workers": None},
        environment={
            "SIGNEDIN_CONFIG": str(config),
            "SIGNEDIN_PORT": "2",
            "SIGNEDIN_WORKERS": "2",
        },
    )

    assert (settings.port, settings.workers, settings.site) == (3, 2, "file")


@pytest.mark.parametrize(
    ("text", "environment", "told"),
    [
        ("", {"SIGNEDIN_PRT": "1"}, "SIGNEDIN_PRT is no setting; did you mean SIGNEDIN_PORT?"),
        ("prt = 1", {}, "signedin.toml: prt is no setting; did you mean port?"),
        ("[policy]\nidle = 1", {}, "signedin.toml: policy is no setting"),
        ("zzzzzzzz = 1", {}, "zzzzzzzz is no setting"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(
    tmp_path: Path, text: str, environment: dict[str, str], told: str
) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        load_settings(config=file_with(text, tmp_path), environment=environment)

    assert str(caught.value).endswith(told)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", '"many"'),
        ("port", "65536"),
        ("port", "-1"),
        ("port", "true"),
        ("port", f'"{"9" * 5000}"'),
        ("workers", "0"),
        ("workers", "1.5"),
        ("site", '" "'),
        ("site", "1"),
        ("idle_timeout", '"two weeks"'),
        ("idle_timeout", "14"),
        ("short_session", '"none"'),
        ("history", '"0d"'),
        ("remember_browsers", '"maybe"'),
        ("trusted_proxies", '"everybody"'),
        ("trusted_proxies", '"0.0.0.0/0"'),
        ("trusted_proxies", "[1]"),
        ("log_level", '"loud"'),
        ("log_format", '"xml"'),
    ],
)
def test_a_value_that_makes_no_sense_is_told_with_its_name(
    tmp_path: Path, name: str, value: str
) -> None:
    config = file_with(f"{name} = {value}", tmp_path)

    with pytest.raises(InvalidSettingError, match=rf"signedin\.toml: {name}: .*, got "):
        load_settings(config=config, environment={})


def test_a_limit_that_no_session_could_satisfy_is_refused() -> None:
    with pytest.raises(InvalidSettingError, match="idle_timeout must be at least one second"):
        load(SIGNEDIN_IDLE_TIMEOUT="0d")


@pytest.mark.parametrize("content", [b"port 1", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_told(tmp_path: Path, content: bytes) -> None:
    config = tmp_path / "signedin.toml"
    config.write_bytes(content)

    with pytest.raises(InvalidSettingError, match="is not TOML"):
        load_settings(config=config, environment={})


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingError, match="cannot be read: No such file"):
        load_settings(config=tmp_path / "none.toml", environment={})


def test_settings_do_not_change() -> None:
    settings: Any = Settings()

    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.port = 1


def test_a_secret_can_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("2f6d0b1c9a8e7d6c5b4a\n")

    assert load(SIGNEDIN_METRICS_TOKEN_FILE=str(path)).metrics_token == AS_SETTINGS.metrics_token
    with pytest.raises(InvalidSettingError, match="only one of them can count"):
        load(SIGNEDIN_METRICS_TOKEN_FILE=str(path), SIGNEDIN_METRICS_TOKEN="x" * 20)
    with pytest.raises(InvalidSettingError, match=r"METRICS_TOKEN_FILE: .*none cannot be read: No"):
        load(SIGNEDIN_METRICS_TOKEN_FILE=str(tmp_path / "none"))
    with pytest.raises(InvalidSettingError, match="SIGNEDIN_SITE_FILE is no setting"):
        load(SIGNEDIN_SITE_FILE=str(path))


@pytest.mark.parametrize(
    "token", ["secret", "x" * 19, "with spaces in it, though long", "\u00e9" * 20]
)
def test_a_token_that_is_easily_guessed_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(InvalidSettingError, match="at least 20 ASCII characters") as refusal:
        load(SIGNEDIN_METRICS_TOKEN=token)

    assert token not in str(refusal.value)
    assert "2f6d0b1c" not in repr(AS_SETTINGS)
