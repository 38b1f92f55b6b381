"""Passwords: which are good enough, and how they are kept.

argon2id with 19 MiB, two passes and one lane (OWASP Password Storage): about 30 ms where
the library's own default takes 200. Hashing is what an attacker can make a server do, so
only as many run at once as there are cores, four at most.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from functools import cache, cached_property
from typing import TYPE_CHECKING, Protocol

from signedin.accounts.errors import Weakness, WeakPasswordError

if TYPE_CHECKING:
    import argon2

SHORTEST = 8  # characters; ASVS 5.0 6.2.1
LONGEST = 1024  # bytes; what is longer costs work and adds nothing
_LONGEST_COMMON = 72  # characters; zxcvbn's list has none as long

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
_MOST_AT_ONCE = 4
# Verifying against it costs what a real one costs; no password is known to fit.
_NOBODYS = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"


class Hasher(Protocol):
    """Turns passwords into what is kept of them."""

    def hash(self, password: str) -> str:
        """What to keep of a password."""
        ...

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password fits; for ``None``, the same work for the answer no."""
        ...

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether it was made with other settings than those of today."""
        ...


class PasswordHasher:
    """argon2id, a few at a time."""

    def __init__(self) -> None:
        self._slots = threading.BoundedSemaphore(min(os.cpu_count() or 1, _MOST_AT_ONCE))

    @cached_property
    def _argon2(self) -> argon2.PasswordHasher:
        from argon2 import PasswordHasher as Argon2  # 50 ms, for few commands

        return Argon2(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)

    def hash(self, password: str) -> str:
        with self._slots:
            return self._argon2.hash(_bytes(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        presented = _bytes(password)
        fits = password_hash is not None and len(presented) <= LONGEST
        try:
            with self._slots:
                self._argon2.verify(password_hash or _NOBODYS, presented[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
        return fits

    def needs_rehash(self, password_hash: str) -> bool:
        return self._argon2.check_needs_rehash(password_hash)


def check_new(password: str, *, about: Iterable[str] = ()) -> None:
    """Refuse a new password that would soon be guessed (ASVS 5.0 6.2.1, 6.2.4, 6.2.11).

    Any character counts, and nothing is asked of its composition. ``about`` is what
    everybody knows of the person.

    Raises:
        WeakPasswordError: With the reason.
    """
    if len(_bytes(password)) > LONGEST:
        raise WeakPasswordError(Weakness.TOO_LONG)
    if len(password) < SHORTEST:
        raise WeakPasswordError(Weakness.TOO_SHORT)
    lower = password.lower().strip()
    if len(lower) <= _LONGEST_COMMON and (lower in _common() or len(set(lower)) == 1):
        raise WeakPasswordError(Weakness.COMMON)
    if lower in {known.lower().strip() for known in about}:
        raise WeakPasswordError(Weakness.PERSONAL)


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # 50 ms and 3 MB

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST)


def _bytes(password: str) -> bytes:
    """The exact characters, even those that no text should hold."""
    return password.encode("utf-8", "surrogatepass")
