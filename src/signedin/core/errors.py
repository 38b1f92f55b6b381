"""Every exception that signedin raises on purpose.

SignedInError
├── InvalidPolicyError          a limit that no session could satisfy
├── InvalidNameError            a name for a device that could mislead or break a page
├── InvalidSettingError         a setting that is unknown or makes no sense
├── StoreUnavailableError       the database cannot answer; nothing was changed
│   ├── OutcomeUnknownError     it broke while a change was being made final
│   └── SchemaTooNewError       a newer signedin has migrated this database
├── LoginOvertakenError         the person's sessions were all ended while they logged in
├── SessionNotFoundError        no such session, or somebody else's: the two are told alike
├── NotPermittedError           who asks may not do this
│   └── ActorEndedError         who asks was ended in the meantime
└── RotationRefusedError        the token presented is not the session's current one
"""

from __future__ import annotations


class SignedInError(Exception):
    """Base class. Catch it to catch everything this package raises; never raised itself."""


class InvalidPolicyError(SignedInError, ValueError):
    """A policy holds a limit that no session could satisfy."""


class InvalidNameError(SignedInError, ValueError):
    """A name for a device is too long or holds characters that could mislead."""


class InvalidSettingError(SignedInError, ValueError):
    """A setting is unknown, or its value makes no sense."""


class StoreUnavailableError(SignedInError):
    """The database cannot be read or written now. Nothing was changed; try again."""


class OutcomeUnknownError(StoreUnavailableError):
    """The database broke while a change was being made final: it may or may not hold."""


class SchemaTooNewError(StoreUnavailableError):
    """The database was migrated by a newer version of signedin than this one."""


class LoginOvertakenError(SignedInError):
    """All sessions of the person were ended after this login began; log in again."""


class SessionNotFoundError(SignedInError, LookupError):
    """No such session, or somebody else's; which of the two is never told."""


class NotPermittedError(SignedInError):
    """Who asks may not do this."""


class ActorEndedError(NotPermittedError):
    """Who asks has been ended in the meantime and can no longer act."""


class RotationRefusedError(SignedInError):
    """The token presented is not the current one of a live session."""
