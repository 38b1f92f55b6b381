"""Nobody chooses the address that we see, and nonsense names none."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.core.errors import InvalidSettingError
from signedin.core.network import (
    HOPS,
    LINE_LENGTH,
    Reach,
    canonical,
    classify,
    client_address,
    forwarded,
    parse_networks,
    public_address,
)

OURS = parse_networks(["10.0.0.0/8", "127.0.0.1", "fd00::/8"])
PROXY, CLIENT, LIE = "10.0.0.1", "81.2.69.142", "8.8.8.8"

Lines = list[tuple[bytes, bytes]]

addresses = st.ip_addresses().map(str)
header_texts = st.text(st.characters(max_codepoint=255), max_size=80)
header_names = st.sampled_from(["Forwarded", "x-forwarded-for", "X-Forwarded-For", "x-real-ip"])


def sent(name: str, *values: str) -> Lines:
    return [(name.lower().encode(), value.encode("latin-1")) for value in values]


def through_proxy(name: str, *values: str) -> str | None:
    return client_address(PROXY, sent(name, *values), OURS)


@pytest.mark.parametrize(
    "headers",
    [
        sent("X-Forwarded-For", LIE),
        sent("X-Forwarded-For", LIE, LIE),
        sent("X-Forwarded-For", f"{LIE}, {PROXY}"),
        sent("Forwarded", f"for={LIE}"),
        sent("X-Real-IP", LIE),
        sent("CF-Connecting-IP", LIE),
        sent("True-Client-IP", LIE),
    ],
)
def test_a_peer_that_is_no_proxy_of_ours_says_nothing_of_others(headers: Lines) -> None:
    assert client_address(CLIENT, headers, OURS) == CLIENT
    assert client_address(PROXY, headers, ()) == PROXY


@pytest.mark.parametrize("name", ["X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "Client-IP"])
def test_headers_that_proxies_do_not_add_to_are_not_read(name: str) -> None:
    assert through_proxy(name, LIE) == PROXY


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("X-Forwarded-For", [CLIENT]),
        ("X-Forwarded-For", [f"{LIE}, {CLIENT}"]),
        ("X-Forwarded-For", [f"{LIE},{CLIENT} , 10.9.9.9"]),
        ("X-Forwarded-For", [LIE, f"{CLIENT}", "10.9.9.9, 127.0.0.1"]),
        ("X-Forwarded-For", [f"{LIE}, nonsense, {CLIENT}"]),
        ("X-Forwarded-For", [f"{CLIENT}:51724"]),
        ("X-Forwarded-For", [f"::ffff:{CLIENT}"]),
        ("X-Forwarded-For", [f'{LIE}", {CLIENT}']),
        ("Forwarded", [f"for={CLIENT}"]),
        ("Forwarded", [f"For={CLIENT};proto=https;by=10.0.0.1"]),
        ("Forwarded", [f'proto=https; for="{CLIENT}:_port"; host="a, for={LIE}"']),
        ("Forwarded", [f"for={LIE}, for={CLIENT}, for=10.9.9.9"]),
        ("Forwarded", [f"for={LIE}", f"for={CLIENT}", 'for="[fd00::1]:443"']),
        ("Forwarded", [f'for="[::ffff:{CLIENT}]"']),
        ("Forwarded", [f'for="{LIE}, for={CLIENT}']),
        ("Forwarded", [f'for={LIE};host="x, for={CLIENT};host="\\\\"']),
        ("Forwarded", [f'for={LIE};host="\\", for={CLIENT};host="a\\",b"']),
    ],
)
def test_through_our_proxy_it_is_the_right_most_address_that_is_not_ours(
    name: str, lines: list[str]
) -> None:
    assert through_proxy(name, *lines) == CLIENT


@pytest.mark.parametrize(
    ("node", "address"),
    [
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:443", "fe80::1"),
    ],
)
def test_an_ipv6_hop_is_read_in_all_its_forms(node: str, address: str) -> None:
    assert through_proxy("X-Forwarded-For", node) == address
    assert through_proxy("Forwarded", f'for="{node}"') == address


@pytest.mark.parametrize(
    "node",
    [
        "",
        " ",
        "unknown",
        "_hidden",
        "010.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "1.2.3.4.5",
        "[1.2.3.4]",
        "[2001:db8::1",
        "2001:db8::1]",
        "[2001:db8::1]x",
        "1.2.3.4:port",
        "1.2.3.4%eth0",
        "::ffff:999.1.1.1",
        "1.2.3.4\x00",
        "\xb2\xb2.1.1.1",
        "unix:",
        "a" * 1000,
    ],
)
def test_a_hop_that_names_no_address_ends_the_walk(node: str) -> None:
    assert through_proxy("X-Forwarded-For", f"{LIE}, {node}") == PROXY
    assert through_proxy("X-Forwarded-For", f"{LIE}, {node}, 10.9.9.9") == "10.9.9.9"
    assert through_proxy("Forwarded", f'for={LIE}, for="{node}"') == PROXY


@pytest.mark.parametrize(
    "element",
    [
        "proto=https",
        f"for={LIE};for={LIE}",
        f"for={LIE}x",
        f"for = {LIE}",
        f"for={LIE} proto=http",
        f'for="{LIE}',
        f"{LIE}",
        "for=",
        ";",
    ],
)
def test_a_forwarded_element_that_breaks_the_rules_ends_the_walk(element: str) -> None:
    assert through_proxy("Forwarded", f"for={LIE}, {element}, for=10.9.9.9") == "10.9.9.9"


def test_x_forwarded_for_is_believed_over_forwarded() -> None:
    # A proxy that writes only the former lets a client's own `Forwarded` through.
    headers = sent("Forwarded", f"for={LIE}") + sent("X-Forwarded-For", CLIENT)

    assert client_address(PROXY, headers, OURS) == CLIENT


def test_where_all_hops_are_ours_it_is_the_farthest() -> None:
    assert through_proxy("X-Forwarded-For", "10.1.1.1, 10.2.2.2") == "10.1.1.1"


def test_a_chain_without_end_is_walked_only_so_far() -> None:
    hops = ["10.7.7.7"] * (HOPS - 1)

    assert through_proxy("X-Forwarded-For", LIE, *hops) == LIE
    assert through_proxy("X-Forwarded-For", LIE, "10.7.7.7", *hops) == "10.7.7.7"


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded"])
def test_the_part_of_a_line_that_is_too_long_to_read_names_nobody(name: str) -> None:
    start = "for=" if name == "Forwarded" else ""
    lie, last = f"{start}{LIE}", f",{start}10.9.9.9"
    padding = " " * (LINE_LENGTH - len(lie) - len(last))

    assert through_proxy(name, lie + padding + last) == LIE
    assert through_proxy(name, lie, "1" + lie + padding + last) == "10.9.9.9"


def test_a_mapped_peer_and_a_mapped_network_are_ipv4() -> None:
    mapped = parse_networks(["::ffff:10.0.0.0/104"])

    assert mapped == parse_networks(["10.0.0.0/8"])
    assert client_address(f"::ffff:{PROXY}", sent("X-Forwarded-For", CLIENT), mapped) == CLIENT
    assert client_address(f"::ffff:{CLIENT}", (), ()) == CLIENT


@pytest.mark.parametrize("peer", [None, "", "testclient", "unix:/run/app.sock", "1.2.3.4:80"])
def test_a_peer_without_an_address_is_nobody(peer: str | None) -> None:
    assert client_address(peer, sent("X-Forwarded-For", LIE), OURS) is None


@given(st.lists(st.tuples(header_names, header_texts), max_size=6))
def test_whatever_is_sent_the_answer_is_an_address_in_its_one_form(
    pairs: list[tuple[str, str]],
) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in pairs]

    for peer in (PROXY, CLIENT):
        answer = client_address(peer, headers, OURS)
        assert answer is not None
        assert str(ip_address(answer)) == answer
    assert client_address(CLIENT, headers, OURS) == CLIENT


@given(header_texts, addresses)
def test_what_the_client_writes_left_of_our_proxys_word_changes_nothing(
    before: str, real: str
) -> None:
    seen = through_proxy("X-Forwarded-For", real)
    if seen is not None and any(ip_address(seen) in network for network in OURS):
        return
    quoted = f'for="[{real}]:443"' if ":" in real else f"for={real}"

    assert seen == canonical(real)
    assert through_proxy("X-Forwarded-For", f"{before}, {real}") == seen
    assert through_proxy("X-Forwarded-For", before, real) == seen
    assert through_proxy("Forwarded", f"{before}, {quoted}") == seen
    assert through_proxy("Forwarded", before, quoted) == seen


@pytest.mark.parametrize(
    "text", ["", "10.0.0", "proxy", "10.0.0.0/33", "*", "10.0.0.0/8,", "::1/x"]
)
def test_what_is_no_network_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(InvalidSettingError, match="is no IP network; write one like"):
        parse_networks([text])


def test_an_address_with_a_length_is_told_the_network_it_is_in() -> None:
    with pytest.raises(InvalidSettingError, match=r"for the network, write 10\.0\.0\.0/8"):
        parse_networks(["10.0.0.1/8"])


@pytest.mark.parametrize("everything", ["0.0.0.0/0", "::/0", "::ffff:0:0/96"])
def test_everybody_cannot_be_trusted(everything: str) -> None:
    with pytest.raises(InvalidSettingError, match="every address there is"):
        parse_networks([everything])


@pytest.mark.parametrize("name", ["X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri"])
def test_only_a_trusted_proxy_says_how_it_was_reached(name: str) -> None:
    headers = sent(name, "evil")

    assert forwarded(name, PROXY, headers, OURS) == "evil"
    assert forwarded(name, CLIENT, headers, OURS) is None
    assert forwarded(name, PROXY, headers, ()) is None
    assert forwarded(name, None, headers, OURS) is None
    assert forwarded(name, PROXY, (), OURS) is None


def test_of_a_list_that_proxies_append_to_the_last_entry_is_our_proxys() -> None:
    assert (
        forwarded("X-Forwarded-Host", PROXY, sent("x-forwarded-host", "evil, a.b"), OURS) == "a.b"
    )
    assert forwarded("x-forwarded-proto", PROXY, sent("x-forwarded-proto", "http", "https"), OURS)


def test_a_path_keeps_its_commas_and_is_not_believed_twice() -> None:
    uri = "x-forwarded-uri"

    assert forwarded(uri, PROXY, sent(uri, "/a,b?c=1"), OURS) == "/a,b?c=1"
    assert forwarded(uri, PROXY, sent(uri, "/a", "/b"), OURS) is None


@pytest.mark.parametrize(
    "value", ["", " ", "a b", "a\r\nSet-Cookie: x", "b\xe4r", "a\x00", "a" * 9000]
)
def test_a_forwarded_value_is_visible_ascii_or_nothing(value: str) -> None:
    assert forwarded("x-forwarded-host", PROXY, sent("x-forwarded-host", value), OURS) is None


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("8.8.8.8", Reach.PUBLIC),
        ("::ffff:8.8.8.8", Reach.PUBLIC),
        ("64:ff9b::8.8.8.8", Reach.PUBLIC),
        ("2a00:1450::1", Reach.PUBLIC),
        ("2001:200::1", Reach.PUBLIC),
        ("10.1.2.3", Reach.PRIVATE),
        ("172.31.255.255", Reach.PRIVATE),
        ("192.168.0.1", Reach.PRIVATE),
        ("100.64.0.1", Reach.PRIVATE),
        ("169.254.1.1", Reach.PRIVATE),
        ("127.0.0.1", Reach.PRIVATE),
        ("::1", Reach.PRIVATE),
        ("::ffff:10.0.0.1", Reach.PRIVATE),
        ("64:ff9b::10.0.0.1", Reach.PRIVATE),
        ("fd12:3456::1", Reach.PRIVATE),
        ("fe80::1%eth0", Reach.PRIVATE),
        ("100.128.0.1", Reach.PUBLIC),
        ("172.32.0.1", Reach.PUBLIC),
        ("0.0.0.0", Reach.SPECIAL),
        ("192.0.2.1", Reach.SPECIAL),
        ("198.51.100.1", Reach.SPECIAL),
        ("203.0.113.7", Reach.SPECIAL),
        ("198.18.0.1", Reach.SPECIAL),
        ("224.0.0.1", Reach.SPECIAL),
        ("255.255.255.255", Reach.SPECIAL),
        ("::", Reach.SPECIAL),
        ("2002:808:808::1", Reach.SPECIAL),
        ("2001:0:53aa:64c::1", Reach.SPECIAL),
        ("2001:db8::1", Reach.SPECIAL),
        ("64:ff9b:1::1", Reach.SPECIAL),
        ("ff02::1", Reach.SPECIAL),
        ("4000::1", Reach.SPECIAL),
        ("010.0.0.1", Reach.SPECIAL),
        ("unknown", Reach.SPECIAL),
        ("", Reach.SPECIAL),
        (None, Reach.SPECIAL),
    ],
)
def test_an_address_is_sorted_before_it_is_looked_up(address: str | None, reach: Reach) -> None:
    assert classify(address) is reach
    assert (public_address(address) is not None) == (reach is Reach.PUBLIC)


def test_behind_nat64_the_address_inside_is_looked_up() -> None:
    assert public_address("64:ff9b::808:808") == ip_address("8.8.8.8")


@given(addresses | header_texts)
def test_nothing_that_python_calls_private_is_ever_looked_up(text: str) -> None:
    found = public_address(text)

    assert found is None or found.is_global
