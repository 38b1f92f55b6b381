"""argon2 at its full cost, but the same work only once: it was a third of the tests of pages."""

from __future__ import annotations

from functools import cache

from signedin.accounts.passwords import PasswordHasher

_real = PasswordHasher()
_hash, _verify = cache(_real.hash), cache(_real.verify)


class RememberingHasher(PasswordHasher):
    """Answers as the real one does, with the same salt for the same password."""

    def hash(self, password: str) -> str:
        return _hash(password)

    def verify(self, password_hash: str | None, password: str) -> bool:
        return _verify(password_hash, password)
