"""Whose address a request comes from, and what kind of address it is.

An address is believed only from who can know it. The socket's peer is a fact. What a
header says is believed only if the peer is a trusted proxy, and then from the right:
each proxy adds at the end the peer that it saw, so the right-most address that is no
proxy of ours is the client. Whatever stands further left, the client may have written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice

from signedin.core.errors import InvalidSettingError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Headers = Iterable[tuple[bytes, bytes]]

# More than any honest chain of proxies writes; what is beyond is not looked at, so that
# a long header costs no time.
LINE_LENGTH = 4096
HOPS = 32
HOP_LENGTH = 100
# The longest path that common proxies pass on by default (nginx: one buffer of 8 kB).
VALUE_LENGTH = 8192

_PORT = r"(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]{1,32}))?"
_NODE = re.compile(rf"(?P<v4>[0-9.]+){_PORT}|\[(?P<bracketed>[^\]]+)\]{_PORT}|(?P<v6>[^\[\]]*)")
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
# Addresses with brackets and ports must be quoted by RFC 7239, but are often not.
_PAIR = re.compile(rf'[ \t]*({_WORD})=({_QUOTED}|[^\s",;\\=]+)[ \t]*(?:;|$)')
_ESCAPED = re.compile(r"\\(.)")
_VISIBLE = re.compile(r"[!-~]+")
# Proxies may append to these; others replace the whole value, and it may hold commas.
_LISTS = frozenset({"x-forwarded-proto", "x-forwarded-host"})


class NetworkKind(StrEnum):
    """What is known of the network behind an address. Stored and shown: never rename one."""

    ORDINARY = "ordinary"
    MOBILE = "mobile"
    HOSTING = "hosting"
    ANONYMIZING = "anonymizing"
    PRIVATE = "private"


class Reach(StrEnum):
    """Whether looking up an address can mean anything."""

    PUBLIC = "public"
    PRIVATE = "private"  # a home, an office, a carrier's inside, this machine
    SPECIAL = "special"  # documentation, tests, tunnels, multicast, nonsense


# IANA's special-purpose registries, written out: what `ipaddress` calls private differs
# between Python's patch releases, and it counts documentation and tests as private.
_PRIVATE: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by a carrier's customers, RFC 6598
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",  # site-local: deprecated by RFC 3879, still private where used
    )
)
_SPECIAL: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved and broadcast
        "2001::/23",  # Teredo and other protocols of the IETF
        "2001:db8::/32",
        "2002::/16",  # 6to4: a database names the relay's owner, if anything
        "3fff::/20",
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")  # all that was ever handed out, RFC 4291 section 2.4
_NAT64 = IPv6Network("64:ff9b::/96")


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read the networks of a setting: ``10.0.0.0/8``, ``::1``, ``fd00::/8``.

    Raises:
        InvalidSettingError: A text is no network, or names every address there is:
            who trusts everybody lets everybody choose an address.
    """
    return tuple(_parse_network(text.strip()) for text in texts)


def _parse_network(text: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError:
        raise InvalidSettingError(_why_no_network(text)) from None
    if isinstance(network, IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            network = IPv4Network((mapped, network.prefixlen - 96))
    if network.prefixlen == 0:
        raise InvalidSettingError(
            f"{text} names every address there is; name only the proxies that you run"
        )
    return network


def _why_no_network(text: str) -> str:
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        return f"{text[:HOP_LENGTH]!r} is no IP network; write one like 10.0.0.0/8 or fd00::/8"
    return f"{text} is an address with a length; for the network, write {meant}"


def client_address(
    peer: str | None, headers: Headers, trusted_proxies: Sequence[Network]
) -> str | None:
    """The address that the request comes from, in canonical text, as far as can be believed.

    It is the socket's ``peer``, unless that is a trusted proxy; then the right-most
    address of ``X-Forwarded-For`` that is not one, or of ``Forwarded`` (RFC 7239) where
    there is no ``X-Forwarded-For``. nginx, Caddy and Traefik write the former and let a
    client's own ``Forwarded`` through, so with both present the former is believed.

    A hop that cannot be read ("unknown", "_hidden", nonsense, nothing) ends the walk: the
    answer is then the last hop that is known, never one left of it. ``None``: the peer
    itself has no address, as on a Unix socket.
    """
    address = None if peer is None else canonical(peer)
    if not trusted_proxies or address is None or not _is_in(address, trusted_proxies):
        return address
    received = list(headers)
    lines = _lines(b"x-forwarded-for", received)
    hops = _listed(lines) if lines else _forwarded_for(_lines(b"forwarded", received))
    for hop in islice(hops, HOPS):
        farther = _read_node(hop)
        if farther is None:
            break
        address = farther
        if not _is_in(address, trusted_proxies):
            break
    return address


def forwarded(
    name: str, peer: str | None, headers: Headers, trusted_proxies: Sequence[Network]
) -> str | None:
    """The value of an ``X-Forwarded-…`` header, if a trusted proxy is who sent it.

    Of the lists that proxies append to (``-Proto``, ``-Host``), the right-most entry: the
    one that our own proxy wrote. Any other is believed only if it stands there once.
    ``None`` for what is missing, not to be believed, or not made of visible ASCII.
    """
    address = None if not trusted_proxies or peer is None else canonical(peer)
    if address is None or not _is_in(address, trusted_proxies):
        return None
    name = name.lower()
    lines = _lines(name.encode(), headers)
    if not lines or (name not in _LISTS and len(lines) > 1):
        return None
    value = (lines[-1].rpartition(",")[2] if name in _LISTS else lines[0]).strip(" \t")
    return value if len(value) <= VALUE_LENGTH and _VISIBLE.fullmatch(value) else None


@lru_cache(maxsize=4096)
def canonical(text: str) -> str | None:
    """An address in its one canonical form, or ``None`` for what is none.

    An IPv4 address inside an IPv6 one (``::ffff:8.8.8.8``) becomes IPv4, and a zone
    (``fe80::1%eth0``) is cut. Remembered, because each request asks for its peer.
    """
    address = _parse(text)
    return None if address is None else str(address)


def classify(address: str | None) -> Reach:
    """Whether looking up an address can mean anything; asked before any look-up."""
    return _reach(_unwrapped(address))


def public_address(address: str | None) -> Address | None:
    """What to look up for an address; ``None`` if a database could only mislead.

    Behind NAT64 (``64:ff9b::/96``, RFC 6052) that is the IPv4 address inside.
    """
    found = _unwrapped(address)
    return found if _reach(found) is Reach.PUBLIC else None


def _reach(address: Address | None) -> Reach:
    if address is None or any(address in network for network in _SPECIAL):
        return Reach.SPECIAL
    if any(address in network for network in _PRIVATE):
        return Reach.PRIVATE
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return Reach.SPECIAL
    return Reach.PUBLIC


def _unwrapped(text: str | None) -> Address | None:
    address = None if text is None else _parse(text)
    if isinstance(address, IPv6Address) and address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


@lru_cache(maxsize=4096)
def _parse(text: str) -> Address | None:
    if len(text) > HOP_LENGTH:
        return None
    if ":" in text:
        text = text.partition("%")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in networks)


def _read_node(text: str) -> str | None:
    """The address of one hop, with or without a port; ``None`` if it names none."""
    match = _NODE.fullmatch(text) if len(text) <= HOP_LENGTH else None
    if match is None:
        return None
    address = match["v4"] or match["bracketed"] or match["v6"]
    if match["v4"] is None and ":" not in address:
        return None
    return canonical(address)


def _lines(name: bytes, headers: Headers) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]


def _listed(lines: Sequence[str]) -> Iterator[str]:
    """The entries of a comma-separated header from the right, also over several lines."""
    for line in reversed(lines):
        whole = len(line) <= LINE_LENGTH
        entries = line[-LINE_LENGTH:].split(",")
        for entry in reversed(entries if whole else entries[1:]):
            yield entry.strip(" \t")
        if not whole:
            yield ""  # what was cut off was not read, so the walk ends here


def _forwarded_for(lines: Sequence[str]) -> Iterator[str]:
    """The ``for=`` of each ``Forwarded`` element from the right; empty where there is none."""
    parts: list[str] = []
    inside_quotes = False
    for entry in _listed(lines):
        # A comma inside quotes splits nothing. Joined from the right: a quote that the
        # client left open cannot swallow the element that our proxy added after it.
        parts.append(entry)
        inside_quotes ^= _ESCAPED.sub("", entry).count('"') % 2 == 1
        if not inside_quotes:
            yield _for_of(",".join(reversed(parts)))
            parts.clear()


def _for_of(element: str) -> str:
    pairs: dict[str, str] = {}
    position = 0
    while position < len(element):
        match = _PAIR.match(element, position)
        if match is None or match[1].lower() in pairs:
            return ""
        value = match[2]
        pairs[match[1].lower()] = _ESCAPED.sub(r"\1", value[1:-1]) if value[0] == '"' else value
        position = match.end()
    return pairs.get("for", "")
