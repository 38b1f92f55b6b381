"""Tokens: the secrets that open a session, and the public ids that open nothing.

A session token is 52 ASCII characters: ``si_``, 43 base64url characters (256 random
bits, ASVS 5.0 7.2.3 asks for 128) and 6 base62 digits of the CRC-32 of the first 46, so
that leaked ones can be scanned for and typos refused without a look-up. Entropy and
time are arguments; nothing here can make up its own.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from uuid import UUID
from zlib import crc32

TOKEN_LENGTH = 52
TOKEN_ENTROPY = 32  # bytes
ID_ENTROPY = 10  # bytes

TOKEN_PREFIX = "si_"  # noqa: S105 - what a token begins with, not one
_CHECKED_LENGTH = 46
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(r"si_[A-Za-z0-9_-]{43}[A-Za-z0-9]{6}", re.ASCII)
_DEVICE_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_PURPOSE = b"signedin "


def _own_sha256() -> Callable[[bytes], hashlib._Hash]:
    """CPython's own, where it is built in.

    OpenSSL's takes 1 µs more of a request in a server: what it sets up for each digest has left
    the processor's caches since the last request.
    """
    for module in ("_sha2", "_sha256"):  # of Python 3.12 and newer, and of 3.11
        try:
            own: Callable[[bytes], hashlib._Hash] = import_module(module).sha256
        except ImportError:
            continue
        return own
    return hashlib.sha256


sha256 = _own_sha256()


class SessionToken(str):
    """A secret as text that does not print itself in a repr, a log or a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "SessionToken(hidden)"


def new_token(entropy: bytes) -> SessionToken:
    """A session token made of 32 random bytes."""
    body = TOKEN_PREFIX + _base64url(entropy)
    return SessionToken(body + _checksum(body))


def is_well_formed(token: str) -> bool:
    """Whether a text could be a session token: length, alphabet and checksum."""
    return (
        len(token) == TOKEN_LENGTH
        and _TOKEN.fullmatch(token) is not None
        and token[_CHECKED_LENGTH:] == _checksum(token[:_CHECKED_LENGTH])
    )


def token_hash(token: str) -> bytes:
    """What the database and the memory keep of a token: SHA-256 over the whole of it."""
    return sha256(token.encode()).digest()


def old_hash(credential: bytes) -> bytes:
    """What is kept of a credential that another mechanism made; never the hash of one of ours."""
    return sha256(b"old\0" + credential).digest()


def new_device_token(entropy: bytes) -> SessionToken:
    """The value of the long-lived cookie that tells one browser from another."""
    return SessionToken(_base64url(entropy))


def device_key(device_token: str | None) -> bytes | None:
    """What is kept of a device token; ``None`` if it is none that we could have made."""
    if device_token is None or _DEVICE_TOKEN.fullmatch(device_token) is None:
        return None
    return token_hash(device_token)


def new_session_id(now: datetime, entropy: bytes) -> str:
    """A UUIDv7 (RFC 9562 section 5.7) in its usual 36 characters, from 10 random bytes."""
    milliseconds = int(now.timestamp() * 1000)
    random = int.from_bytes(entropy)
    value = milliseconds << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64
    return str(UUID(int=value | 0b10 << 62 | random & (1 << 62) - 1))


def is_session_id(text: str) -> bool:
    """Whether a text has the form of a session id, so that a wild one costs no look-up."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def form_token(secret: str) -> str:
    """The proof that a form was drawn for the holder of ``secret`` (NIST 800-63B-4, 5.1)."""
    return proof(secret, "form")


def proof(secret: str, text: str) -> str:
    """An HMAC over ``text`` with the holder's own cookie value as the key.

    So the server has no key of its own to configure, leak or rotate, and what was proved
    for one session means nothing to another.
    """
    return _base64url(hmac.digest(secret.encode(), _PURPOSE + text.encode(), "sha256"))


def is_proof(secret: str, text: str, presented: str) -> bool:
    """Compare in constant time whether ``presented`` is the proof of ``text``."""
    return hmac.compare_digest(proof(secret, text).encode(), presented.encode())


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _checksum(body: str) -> str:
    rest, digits = crc32(body.encode()), ""
    for _ in range(TOKEN_LENGTH - _CHECKED_LENGTH):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return digits
