"""Find people by what is remembered of their name or e-mail address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from signedin.accounts.ports import AccountReads
from signedin.accounts.user import User, is_meant

_AT_ONCE = 1000  # accounts read at a time: the database cannot fold letters of every script


def search(
    accounts: AccountReads, text: str, *, after: str, limit: int
) -> tuple[Sequence[User], str | None]:
    """A page of the accounts that are meant, and where the next one begins, if there is one."""
    meant = (user for user in _all_after(accounts, after) if is_meant(user, text))
    page = list(islice(meant, limit))
    return page, page[-1].email if next(meant, None) else None


def _all_after(accounts: AccountReads, email: str) -> Iterator[User]:
    while stretch := accounts.users_after(email, _AT_ONCE):
        yield from stretch
        email = stretch[-1].email
