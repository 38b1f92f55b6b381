"""Who has an account, and the one form of an e-mail address that stands for a person.

What looks alike must be the same account, the same counter of failed logins and the same
sessions (security.md, attack 102), so every address is brought into one form before
anything is looked up: Unicode's NFKC, in lower case, without what cannot be seen.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from signedin.accounts.errors import InvalidEmailError
from signedin.core.session import Login

EMAIL_LENGTH = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
LOCAL_LENGTH = 64  # RFC 5321 4.5.3.1.1
NAME_LENGTH = 100

_ENCODED = "xn--"
_LONGEST_LOOKED_AT = 4 * EMAIL_LENGTH
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
# Default_Ignorable_Code_Point (Unicode 16) that have another category: fillers, joiners
# and selectors that draw nothing.
_HIDDEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with an account on the stand-alone server. All times are aware and UTC."""

    id: str
    email: str
    name: str
    is_admin: bool
    created_at: datetime
    password_changed_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who has just proved to be whom, and the moment at which that began."""

    user: User
    login: Login


def canonical_email(text: str) -> str:
    """The one form of what somebody typed as an e-mail address, whether or not it is one."""
    # Lower case can compose anew: J and a caron are two characters, in lower case one.
    address = _folded(_folded(text[:_LONGEST_LOOKED_AT]))
    local, at, domain = address.partition("@")
    return local + at + ".".join(_in_letters(label) for label in domain.split("."))


def email_address(text: str) -> str:
    """An e-mail address in its one form, for a new account.

    Raises:
        InvalidEmailError: It is none, or has what no mail server would take.
    """
    address = canonical_email(text)
    local, at, domain = address.partition("@")
    if (
        not at
        or len(text) > _LONGEST_LOOKED_AT
        or len(address) > EMAIL_LENGTH
        or not 0 < len(local) <= LOCAL_LENGTH
        or not all(_is_visible(character) for character in local)
        or not all(_is_label(label) for label in domain.split("."))
    ):
        raise InvalidEmailError
    return address


def display_name(text: str, *, email: str) -> str:
    """A person's name as it can be shown on one line; without one, what precedes the @."""
    seen = "".join(" " if c.isspace() else c for c in text[: 4 * NAME_LENGTH])
    name = " ".join("".join(c for c in seen if c.isprintable()).split())[:NAME_LENGTH].rstrip()
    return name or email.partition("@")[0]


def is_meant(user: User, text: str) -> bool:
    """Whether each word of a search is in the person's name or e-mail address."""
    told = f"{user.email} {_folded(user.name)}"
    return all(word in told for word in _folded(text[:_LONGEST_LOOKED_AT]).split())


def _folded(text: str) -> str:
    seen = "".join(c for c in text if unicodedata.category(c) not in _HIDDEN_CATEGORIES)
    return unicodedata.normalize("NFKC", _HIDDEN.sub("", seen)).lower().strip()


def _in_letters(label: str) -> str:
    """A part of a domain as people write it, which browsers send encoded (RFC 3492)."""
    encoded = label.removeprefix(_ENCODED)
    if encoded == label or not encoded.isascii():
        return label
    try:
        letters = encoded.encode().decode("punycode")
    except UnicodeError:
        return label
    # What is written in ASCII or has another form was never encoded by a browser.
    return label if letters.isascii() or _folded(letters) != letters else letters


def _is_visible(character: str) -> bool:
    return character.isprintable() and not character.isspace() and character not in '@<>()[]\\,;:"'


def _is_label(label: str) -> bool:
    """Whether it can be a part of a domain, in any script (marks are parts of letters)."""
    return label.strip("-") == label != "" and all(
        c == "-" or c.isalnum() or unicodedata.category(c)[0] == "M" for c in label
    )
