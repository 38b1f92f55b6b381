"""Every exception that signedin raises on purpose.

SignedInError
├── InvalidPolicyError          a limit that no session could satisfy
├── InvalidUserIdError          a user id that not every database could hold
├── InvalidNameError            a name for a device that could mislead or break a page
├── InvalidSettingError         a setting that is unknown or makes no sense
├── StoreUnavailableError       the database cannot answer; nothing was changed
│   ├── OutcomeUnknownError     it broke while a change was being made final
│   ├── SchemaTooNewError       a newer signedin has migrated this database
│   └── TransactionOpenError    the application's own transaction cannot tell when it commits
├── LoginOvertakenError         sessions ended, or organizations changed, during a login
├── SessionNotFoundError        no such session, or somebody else's: the two are told alike
├── NotPermittedError           who asks may not do this
│   ├── ActorEndedError         who asks was ended in the meantime
│   └── ConfirmationNeededError who asks must first prove again who they are
├── CapReachedError             the person has as many sessions as the policy allows
├── EffectChangedError          a policy would end more sessions than was looked at
├── RotationRefusedError        the token presented is not the session's current one
└── DataTooLargeError           an application keeps more in a session than fits
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signedin.core.effect import Effect
    from signedin.core.session import Session


class SignedInError(Exception):
    """Base class. Catch it to catch everything this package raises; never raised itself."""


class InvalidPolicyError(SignedInError, ValueError):
    """A policy holds a limit that no session could satisfy."""


class InvalidUserIdError(SignedInError, ValueError):
    """A user id is empty, too long, or has control characters. Nothing was changed."""


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


class TransactionOpenError(StoreUnavailableError):
    """A transaction of the application is open that cannot say when it commits. Nothing changed."""


class LoginOvertakenError(SignedInError):
    """The person's sessions were ended, or their organizations changed, after this login began."""


class SessionNotFoundError(SignedInError, LookupError):
    """No such session, or somebody else's; which of the two is never told."""


class NotPermittedError(SignedInError):
    """Who asks may not do this."""


class ActorEndedError(NotPermittedError):
    """Who asks has been ended in the meantime and can no longer act."""


class ConfirmationNeededError(NotPermittedError):
    """Who asks must prove again who they are, by ``rotate``, and then ask again.

    ``until`` is when the session will be old enough to need it no more; ``None`` where it is
    not its age that matters, but that the last proof was too long ago.
    """

    def __init__(self, until: datetime | None) -> None:
        super().__init__("Confirm that it is you, then try again. Nothing was changed.")
        self.until = until


class CapReachedError(SignedInError):
    """The person has as many live ``sessions`` as the policy allows; no new one was started.

    Where ``may_choose``, a login that names some of them to be ended will succeed.
    """

    def __init__(self, sessions: Sequence[Session], most: int, *, may_choose: bool) -> None:
        super().__init__(f"There are {len(sessions)} sessions; the policy allows {most}.")
        self.sessions = sessions
        self.most = most
        self.may_choose = may_choose


class EffectChangedError(SignedInError):
    """More sessions would end than when the effect was looked at; nothing was changed."""

    def __init__(self, effect: Effect) -> None:
        super().__init__(
            f"{effect.ends_now} sessions would end now, more than when it was checked. "
            "Nothing was changed: look again before saving."
        )
        self.effect = effect


class RotationRefusedError(SignedInError):
    """The token presented is not the current one of a live session."""


class DataTooLargeError(SignedInError, ValueError):
    """An application would keep more in a session than fits; nothing was changed."""
