"""A label says what was sent, in words that people know, and nothing that was not said."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signedin.core.device import (
    LONGEST_INPUT,
    LONGEST_NAME,
    Device,
    DeviceKind,
    Reading,
    describe_device,
)
from tools.device_report import WANTED, Sample, samples

SAMPLES = list(samples())
IDS = [f"{line} {sample.label}" for line, sample in enumerate(SAMPLES, start=2)]
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
CHROME = MAC + "Chrome/141.0.0.0 Safari/537.36"
HEADLESS = LINUX + "HeadlessChrome/156.0.0.0 Safari/537.36"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
SLOWEST = 0.001  # s, of the processor's time, for any string

REAL = ["Mozilla/5.0 ", "(", ")", "; ", "/", " ", "Chrome/1", "bot", "compatible;", "Version/1"]
HOSTILE = [
    "\u202e",
    "\u2066",
    "\u200b",
    "\x1b[2J",
    "\0",
    "\x9b",
    "\ud800",
    "\u3164",
    "\ufeff",
    "👨‍👩‍👧",
]
pieces = st.sampled_from(
    REAL + HOSTILE + ["%E2%80%AE", "%00", "\\", '"', "<script>", "\u200d👨", "A" * 99]
)
strings = st.lists(pieces | st.text(max_size=20), max_size=60).map("".join)
hint_names = st.sampled_from(["sec-ch-ua", "sec-ch-ua-platform", "sec-ch-ua-model"])
hints = st.dictionaries(hint_names, strings | strings.map('"{}";v="1"'.format), max_size=3)


def brands(*names: str, platform: str = "macOS", mobile: str = "?0") -> dict[str, str]:
    """The hints that a Chromium sends with each request."""
    listed = ", ".join(f'"{name}";v="141"' for name in names)
    return {
        "sec-ch-ua": listed,
        "sec-ch-ua-platform": f'"{platform}"',
        "sec-ch-ua-mobile": mobile,
    }


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_what_is_sent_is_named_as_people_know_it(sample: Sample) -> None:
    device = sample.described()

    assert (device.label, device.kind) == (sample.label, sample.kind)


def test_the_collection_is_large_and_says_where_each_string_is_from() -> None:
    captured = [sample for sample in SAMPLES if not sample.source.startswith("composed")]

    assert len(captured) >= 300
    assert all(sample.source for sample in SAMPLES)
    assert {sample.kind for sample in SAMPLES} == set(DeviceKind) - {DeviceKind.UNKNOWN}
    assert WANTED >= 0.97


def test_a_device_has_its_parts_beside_the_label() -> None:
    assert describe_device(CHROME) == Device(
        "Chrome on macOS", "Chrome", "141", "macOS", DeviceKind.DESKTOP
    )


def test_a_string_that_says_nothing_is_an_unknown_device() -> None:
    for nothing in ("", " ", "Mozilla/5.0", "-", "alert 1", "<img src=x onerror=alert(1)>", "\0"):
        device = describe_device(nothing)

        assert device == Device("Unknown device", None, None, None, DeviceKind.UNKNOWN)


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        ("Mozilla/5.0 (Something) Gecko/20100101 Firefox/141.0", "Firefox"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101", "Linux"),
    ],
)
def test_what_is_not_known_is_left_out(user_agent: str, label: str) -> None:
    assert describe_device(user_agent).label == label


def test_no_version_stands_in_a_label() -> None:
    for sample in SAMPLES:
        device = sample.described()

        assert device.browser_version not in device.label.split()


@pytest.mark.parametrize(
    ("user_agent", "listed", "label"),
    [
        (CHROME, ("Chromium", "Google Chrome", "Not?A_Brand"), "Chrome on macOS"),
        (CHROME, ("Not?A_Brand", "Chromium"), "Chromium on macOS"),
        (CHROME, ("Chromium", " Not A;Brand", "Brave"), "Brave on macOS"),
        (CHROME, ("(Not(A:Brand", "Acme Browser", "Chromium"), "Acme Browser on macOS"),
        (CHROME, ('\\"Not\\\\A;Brand', "Chromium", "Vivaldi"), "Vivaldi on macOS"),
        (CHROME + " OPR/117.0.0.0", ("Chromium", "Opera GX"), "Opera GX on macOS"),
        (CHROME + " Edg/141.0.0.0", ("Chromium", "Microsoft Edge"), "Edge on macOS"),
        (HEADLESS, (), "Chrome on macOS"),
        (HEADLESS, ("HeadlessChrome", "Chromium"), "Chrome on macOS"),
        (MAC + "Acme/2.1 Chrome/130.0 Electron/33.0 Safari/537.36", ("Chromium",), "Acme on macOS"),
        ("", ("Chromium", "Google Chrome"), "Chrome on macOS"),
    ],
)
def test_the_list_of_brands_says_what_the_string_cannot(
    user_agent: str, listed: tuple[str, ...], label: str
) -> None:
    assert describe_device(user_agent, brands(*listed)).label == label


def test_the_chromium_of_debian_is_chromium() -> None:
    sent = brands("Not:A-Brand", "Chromium", platform="Linux")

    assert describe_device(HEADLESS, sent).label == "Chromium on Linux"
    assert describe_device(HEADLESS).label == "Chrome on Linux"


def test_a_phone_that_asks_for_the_desktop_page_is_told_by_its_hints() -> None:
    desktop_page = LINUX + "Chrome/141.0.0.0 Safari/537.36"
    sent = brands("Google Chrome", platform="Android")

    assert describe_device(desktop_page, sent).label == "Chrome on Android"


@pytest.mark.parametrize(
    ("mobile", "rest", "kind"),
    [
        ("", "Chrome/141.0.0.0 Mobile Safari/537.36", DeviceKind.PHONE),
        ("", "Chrome/141.0.0.0 Safari/537.36", DeviceKind.TABLET),
        ("?1", "Chrome/141.0.0.0 Safari/537.36", DeviceKind.PHONE),
    ],
)
def test_a_tablet_is_what_does_not_say_that_it_is_mobile(
    mobile: str, rest: str, kind: DeviceKind
) -> None:
    device = describe_device(ANDROID + rest, {"sec-ch-ua-mobile": mobile} if mobile else None)

    assert (device.label, device.kind) == ("Chrome on Android", kind)


def test_an_app_that_encodes_its_name_is_named_in_its_own_script() -> None:
    assert describe_device("%E6%94%AF%E4%BB%98%E5%AE%9D/10 CFNetwork/1 Darwin/23").label == "支付宝"


def test_an_encoded_name_cannot_bring_in_what_a_plain_one_cannot() -> None:
    device = describe_device("Chrome%E2%80%AE%0A%00%1B[2J/1 CFNetwork/1 Darwin/23")

    assert device.label in ("Chrome", "Unknown device")


class Asked:
    """An engine that knows one rare browser and remembers what it was asked."""

    def __init__(self) -> None:
        self.about: list[str] = []

    def read(self, user_agent: str) -> Reading:
        self.about.append(user_agent)
        return Reading("Rare\u202e Thing", "7.1", "Amiga OS", DeviceKind.DESKTOP)


def test_the_engine_is_asked_only_where_own_rules_know_no_name() -> None:
    engine = Asked()

    assert describe_device(CHROME, engine=engine) == describe_device(CHROME)
    assert engine.about == []
    assert describe_device("Rare", engine=engine) == Device(
        "Rare Thing on Amiga OS", "Rare Thing", "7", "Amiga OS", DeviceKind.DESKTOP
    )
    assert describe_device("Mozilla/5.0 (Haiku)", engine=engine).label == "Rare Thing on Haiku"


def test_the_engine_never_reads_more_than_the_rules_do() -> None:
    engine = Asked()

    describe_device("\u202e" + "!" * 9_999, engine=engine)

    assert engine.about == ["!" * (LONGEST_INPUT - 1)]


def assert_clean(user_agent: str, client_hints: Mapping[str, str]) -> None:
    device = describe_device(user_agent, client_hints)

    shown = [device.label, device.browser or "", device.os or "", device.browser_version or ""]
    assert not [c for text in shown for c in text if unicodedata.category(c)[0] == "C"]
    assert device.label.strip() == device.label != ""
    assert len(device.label) <= 2 * LONGEST_NAME + len(" on ")


def seconds(user_agent: str, client_hints: Mapping[str, str]) -> float:
    begin = thread_time()
    describe_device(user_agent, client_hints)
    return thread_time() - begin


@given(strings, hints)
@settings(max_examples=300, deadline=None)
def test_whatever_is_sent_gives_a_clean_label(user_agent: str, sent: dict[str, str]) -> None:
    assert_clean(user_agent, sent)


@pytest.mark.soak
@pytest.mark.timeout(900)
@given(strings, hints)
@settings(max_examples=20_000, deadline=None)
def test_twenty_thousand_hostile_strings_give_clean_labels(
    user_agent: str, sent: dict[str, str]
) -> None:
    assert_clean(user_agent, sent)


@pytest.mark.parametrize(
    "unit",
    [
        *("(", ")", "(a", "(()", "()", "((a)", "(;", "; ", "a;", "/", "a/", "a/1 ", "A", "%41"),
        *('"', '"\\', '"a";v=', " ", "\t", "é", "\u202e", "bot ", "compatible;", "http://", "wv;"),
    ],
)
def test_a_repetition_costs_no_more_than_another_string(unit: str) -> None:
    for prefix in ("", "Mozilla/5.0 ", "Mozilla/5.0 (", '"'):
        repeated = prefix + unit * 200_000
        sent = {"sec-ch-ua": repeated, "sec-ch-ua-model": repeated}

        assert_clean(repeated, sent)
        assert min(seconds(f"{prefix}{n}{repeated}", sent) for n in range(5)) < SLOWEST
