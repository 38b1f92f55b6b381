"""The engine of the [ua] extra adds the rare ones, and changes nothing about the common ones."""

from __future__ import annotations

import sys

import pytest

from signedin.agents import load_engine
from signedin.core.device import DeviceKind, UserAgentEngine, describe_device
from tools.device_report import samples


@pytest.fixture(scope="module")
def engine() -> UserAgentEngine:
    pytest.importorskip("ua_parser_rs", reason="the [ua] extra isn't installed")
    loaded = load_engine()
    assert loaded is not None
    return loaded


def test_the_common_ones_are_called_the_same_with_the_engine(engine: UserAgentEngine) -> None:
    for sample in samples():
        assert sample.described(engine) == sample.described()


@pytest.mark.parametrize(
    ("user_agent", "label", "kind"),
    [
        ("BlackBerry9000", "BlackBerry on BlackBerry OS", DeviceKind.PHONE),
        ("Mozilla/5.0 (X11; Debian)", "Linux", DeviceKind.UNKNOWN),
        ("Mozilla/5.0 (Series 60)", "Symbian", DeviceKind.UNKNOWN),
        ("", "Unknown device", DeviceKind.UNKNOWN),
    ],
)
def test_the_engine_speaks_our_words(
    engine: UserAgentEngine, user_agent: str, label: str, kind: DeviceKind
) -> None:
    device = describe_device(user_agent, engine=engine)

    assert (device.label, device.kind) == (label, kind)


def test_without_the_extra_there_is_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ua_parser", None)

    assert load_engine() is None


def test_without_the_engine_in_rust_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ua_parser_rs", None)
    monkeypatch.delitem(sys.modules, "ua_parser.regex", raising=False)

    assert load_engine() is None
