"""A label says what was sent, in words that people know, and nothing that was not said."""

from __future__ import annotations

import random
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from types import FrameType, ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import signedin.core.user_agent as user_agent_module
from signedin.agents import load_engine
from signedin.core import device, device_robots
from signedin.core.device import (
    LONGEST_INPUT,
    LONGEST_NAME,
    Device,
    DeviceKind,
    Reading,
    UserAgentEngine,
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
MOST_CALLS = 3 * 4 * LONGEST_INPUT  # of functions: a few for each letter of each of three inputs

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
HINTS = ("sec-ch-ua", "sec-ch-ua-platform", "sec-ch-ua-model")
hints = st.dictionaries(
    st.sampled_from(HINTS), strings | strings.map('"{}";v="1"'.format), max_size=3
)


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
    assert {sample.kind for sample in SAMPLES} == set(DeviceKind)
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


@pytest.mark.parametrize(
    ("user_agent", "label", "kind"),
    [
        (ANDROID.replace("K)", "Spider 8)") + "Chrome/124.0 Safari/537.36", "Chrome", "tablet"),
        (ANDROID.replace("K)", "iPad Pro)") + "Chrome/124.0 Safari/537.36", "Chrome", "tablet"),
        (ANDROID.replace("K)", "BlackBerry Key2)") + "Chrome/1 Mobile", "Chrome", "phone"),
    ],
)
def test_a_tablet_may_be_called_anything(user_agent: str, label: str, kind: str) -> None:
    device = describe_device(user_agent)

    assert (device.label, device.kind) == (f"{label} on Android", kind)


def test_a_robot_is_called_by_all_the_words_that_its_string_begins_with() -> None:
    for user_agent, name, version in (
        ("Better Uptime Bot Mozilla/5.0 (Macintosh) Chrome/74.0", "Better Uptime Bot", None),
        ("Sogou web spider/4.0(+http://sogou.example)", "Sogou web spider", "4"),
        ("Slackbot-LinkExpanding 1.0 (+https://slack.example)", "Slackbot-LinkExpanding", None),
    ):
        device = describe_device(user_agent)

        assert (device.label, device.kind) == (name, DeviceKind.BOT)
        assert device.browser_version == version


def test_an_app_with_tv_in_its_name_may_run_on_a_phone() -> None:
    assert describe_device("Pluto TV/5.3 (Android 14; Pixel 7)").label == "Pluto TV on Android"
    assert describe_device("Pluto TV/5.3 (Android 14; Hi Smart TV)").kind is DeviceKind.APP
    assert describe_device("Pluto TV/5.3 (Android 14; Hi Smart TV)").os == "Android TV"


def test_a_reader_of_feeds_on_a_phone_is_an_app_and_its_server_a_robot() -> None:
    assert describe_device("Feedly/81.0 (iPhone; iOS 18.1)").label == "Feedly on iOS"
    assert describe_device("Feedly/1.0 (+https://feedly.example/fetcher)").kind is DeviceKind.BOT


def test_a_link_makes_a_robot_of_a_program_but_not_of_an_app_on_a_phone() -> None:
    assert describe_device("Pulp/1.5 (https://pulp.example)").kind is DeviceKind.BOT
    assert describe_device("Pulp/1.5 (iPad; https://pulp.example)").label == "Pulp on iPadOS"


def test_a_desktop_browser_that_no_table_knows_names_itself_before_chrome() -> None:
    assert describe_device(MAC + "Acme/3.1 Chrome/141.0 Safari/537.36").label == "Acme on macOS"


def test_apples_kernel_is_macos_unless_an_iphone_could_have_sent_it() -> None:
    assert describe_device("aws-cli/2.1 Python/3.11 Darwin/23.1.0").label == "aws-cli on macOS"
    assert describe_device("Acme/1 CFNetwork/1 Darwin/23.1.0").label == "Acme"


def test_a_string_that_a_proxy_spelled_in_lower_case_is_read_all_the_same() -> None:
    assert describe_device(CHROME.lower()).label == "Chrome on macOS"
    assert describe_device("axios/1.7.4").label == "axios"


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


def assert_clean(
    user_agent: str, client_hints: Mapping[str, str], engine: UserAgentEngine | None = None
) -> None:
    device = describe_device(user_agent, client_hints, engine=engine)

    shown = [device.label, device.browser or "", device.os or "", device.browser_version or ""]
    assert not [c for text in shown for c in text if unicodedata.category(c)[0] == "C"]
    assert device.label.strip() == device.label != ""
    assert len(device.label) <= 2 * LONGEST_NAME + len(" on ")


def calls(user_agent: str, client_hints: Mapping[str, str]) -> int:
    """Count the functions that are called, in Python and in C: the work, whatever the machine."""
    count = 0

    def counted(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        describe_device(user_agent, client_hints)
    finally:
        sys.setprofile(None)
    return count


def hostile(how_many: int, seed: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Real pieces, hostile pieces and noise from the whole of Unicode, in any order."""
    chance = random.Random(seed)  # the same ones in each run
    parts = [*REAL, *HOSTILE, "%E2%80%AE", "%00", "\\", '"', "<script>", "A" * 99]

    def text() -> str:
        noise = "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(30)))
        return "".join(chance.choices([*parts, noise], k=chance.randrange(60)))

    for _ in range(how_many):
        yield text(), {name: text() for name in HINTS if chance.random() < 0.3}


@given(strings, hints)
@settings(max_examples=300, deadline=None)
def test_whatever_is_sent_gives_a_clean_label(user_agent: str, sent: dict[str, str]) -> None:
    assert_clean(user_agent, sent)


def test_twenty_thousand_hostile_strings_give_clean_labels() -> None:
    engine = load_engine()

    for user_agent, sent in hostile(20_000, seed=4):
        assert_clean(user_agent, sent)
        assert_clean(user_agent, sent, engine)


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
        assert calls("new" + repeated, sent) < MOST_CALLS


@pytest.mark.parametrize("module", [device, device_robots, user_agent_module])
def test_no_expression_can_backtrack(module: ModuleType) -> None:
    expressions = [each for each in vars(module).values() if isinstance(each, re.Pattern)]

    assert expressions
    for expression in expressions:
        without_sets = re.sub(r"\\.|\[(?:\\.|[^\]])*\]", "_", expression.pattern)
        assert not re.search(r"(?<![*+?}])[*+](?!\+)|,\}", without_sets), "not possessive"
