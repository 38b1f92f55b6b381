"""How often a login may fail before the next try has to wait.

Failures are counted for a subject: an account, a source, or one known browser of one
account. Up to a number within ten minutes nothing happens; each one beyond makes the next
try wait, twice as long each time up to a quarter of an hour, so that nobody is locked out
for good (security.md, L-06). Pure: no clock, no database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

WINDOW = timedelta(minutes=10)
PER_ACCOUNT = 10
PER_SOURCE = 100  # a whole office can share one address
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
KEPT = WINDOW + LONGEST_WAIT  # after the last failure; older counts mean nothing any more

_CUSTOMER_V6 = 64  # bits: whoever has one IPv6 address has at least the /64 around it


@dataclass(frozen=True, slots=True)
class Subject:
    """What failures are counted for, and how many of them cost nothing."""

    key: str
    allowed: int


@dataclass(frozen=True, slots=True)
class Failures:
    """The failures of one subject in a row."""

    count: int
    first_at: datetime
    last_at: datetime


def of_account(email: str) -> Subject:
    """The account that is meant, whether or not it exists; kept as a hash."""
    return Subject(f"account:{_digest(email)}", PER_ACCOUNT)


def of_source(address: str) -> Subject:
    """Where the login comes from: an IPv4 address, or the network around an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return Subject(f"source:{_digest(address)}", PER_SOURCE)
    if isinstance(parsed, IPv6Address):
        return Subject(
            f"source:{ip_network((int(parsed), _CUSTOMER_V6), strict=False)}", PER_SOURCE
        )
    return Subject(f"source:{parsed}", PER_SOURCE)


def of_browser(user_id: str, device_key: bytes) -> Subject:
    """A browser in which this person has logged in before: strangers cannot use it up."""
    return Subject(of_any_browser(user_id) + device_key.hex(), PER_ACCOUNT)


def of_any_browser(user_id: str) -> str:
    """What the keys of all the browsers of a person begin with."""
    return f"browser:{user_id}:"


def of_current_password(user_id: str) -> Subject:
    """Who is logged in and is asked for the password once more."""
    return Subject(f"current-password:{user_id}", PER_ACCOUNT)


def wait(failures: Failures | None, subject: Subject, now: datetime) -> timedelta:
    """How long the next try has to wait; zero if it may be made now."""
    if failures is None or _is_ahead(failures, now):
        return timedelta(0)
    until = _blocked_until(failures, subject)
    return timedelta(0) if until is None else max(until - now, timedelta(0))


def one_more(failures: Failures | None, subject: Subject, now: datetime) -> Failures:
    """The count after another failure; it begins anew when the last row is long over."""
    if failures is None or _is_ahead(failures, now) or now >= _forgotten_at(failures, subject):
        return Failures(1, now, now)
    return Failures(failures.count + 1, failures.first_at, now)


def _is_ahead(failures: Failures, now: datetime) -> bool:
    """Whether they were noted while the clock was wrong: it has been set back since."""
    return failures.last_at - now > KEPT


def _blocked_until(failures: Failures, subject: Subject) -> datetime | None:
    beyond = failures.count - subject.allowed
    if beyond < 0:
        return None
    factor: int = 2 ** min(beyond, 10)  # past the longest wait; a greater one could overflow
    return failures.last_at + min(FIRST_WAIT * factor, LONGEST_WAIT)


def _forgotten_at(failures: Failures, subject: Subject) -> datetime:
    return (_blocked_until(failures, subject) or failures.first_at) + WINDOW


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
