"""Every exception that the accounts raise on purpose.

    SignedInError
    ├── InvalidEmailError       a text that is no e-mail address
    ├── EmailTakenError         another account has this e-mail address
    ├── WeakPasswordError       a new password that would soon be guessed
    ├── WrongPasswordError      e-mail and password don't match; never told which part
    ├── TooManyAttemptsError    too many failed logins; says how long to wait
    ├── UserNotFoundError       no such account
    ├── SetupClosedError        the first account exists, or the link is used up or too old
    ├── OrganizationTakenError  another organization has this name
    ├── OrganizationNotFoundError   no such organization
    └── NotAMemberError         the person is none of the organization's

The sentences never change with what was typed, so that pages can translate them.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from signedin.core.errors import SignedInError


class InvalidEmailError(SignedInError, ValueError):
    """A text is no e-mail address."""

    def __init__(self) -> None:
        super().__init__("Enter an e-mail address, such as name@example.com.")


class EmailTakenError(SignedInError):
    """Another account has this e-mail address."""

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address already.")


class Weakness(StrEnum):
    """What is wrong with a new password."""

    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    COMMON = "common"
    PERSONAL = "personal"


_ADVICE = {
    Weakness.TOO_SHORT: "Use at least 8 characters for the password.",
    Weakness.TOO_LONG: "Use a shorter password, of at most 1024 bytes.",
    Weakness.COMMON: "Choose another password: this one is among the first that attackers try.",
    Weakness.PERSONAL: "Choose a password that is not your name or e-mail address.",
}


class WeakPasswordError(SignedInError, ValueError):
    """A new password would soon be guessed, or is too long to be hashed."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__(_ADVICE[weakness])
        self.weakness = weakness


class WrongPasswordError(SignedInError):
    """E-mail and password don't match, or the account is disabled: told alike (L-01)."""

    def __init__(self) -> None:
        super().__init__("That e-mail and password don't match.")


class TooManyAttemptsError(SignedInError):
    """Too many logins failed; the same for accounts that exist and those that don't."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("Too many tries. Wait a few minutes, then try again.")
        self.retry_after = retry_after


class UserNotFoundError(SignedInError, LookupError):
    """There is no such account."""

    def __init__(self) -> None:
        super().__init__("There is no such account; see `signedin users list`.")


class SetupClosedError(SignedInError):
    """The first account exists, or the set-up link is used up or too old."""

    def __init__(self) -> None:
        super().__init__(
            "This set-up link no longer works. Start the server again for a new one, "
            "or log in if there is an account already."
        )


class OrganizationTakenError(SignedInError):
    """Another organization has this name."""

    def __init__(self) -> None:
        super().__init__("There is an organization with this name already.")


class OrganizationNotFoundError(SignedInError, LookupError):
    """There is no such organization."""

    def __init__(self) -> None:
        super().__init__("There is no such organization; see `signedin organizations list`.")


class NotAMemberError(SignedInError, LookupError):
    """Who should leave an organization is not in it."""

    def __init__(self) -> None:
        super().__init__("This person is no member; see `signedin organizations members`.")
