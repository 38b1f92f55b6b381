"""The signed cookies of Starlette and Flask, read once more so that nobody is logged out.

Both sign with itsdangerous, which whoever used them has installed.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from signedin.service.adoption import OldSession


def _as_it_is(value: Any) -> Any:
    return value


class OldCookies(Protocol):
    """The cookies that an application's former sessions were kept in."""

    @property
    def name(self) -> str:
        """The cookie's name."""
        ...

    @property
    def path(self) -> str:
        """What it was set with: only so is it removed; ``domain`` is the same."""
        ...

    @property
    def domain(self) -> str | None: ...

    @property
    def until(self) -> datetime:
        """When they are honoured no longer."""
        ...

    def read(self, value: str) -> OldSession | None:
        """What a cookie says; ``None``: it is no good."""
        ...


@dataclass(frozen=True, slots=True)
class StarletteCookies:
    """Those of ``starlette.middleware.sessions.SessionMiddleware``; its arguments, once more.

    ``secret_key`` is a text, or what hides one, as Starlette's ``Secret`` does.
    ``user_key`` is where the application's log-in code put who is logged in. ``until`` is when
    old cookies are honoured no longer: the day of the change and ``max_age``, at most.
    """

    secret_key: object = field(repr=False)
    user_key: str
    until: datetime
    session_cookie: str = "session"
    max_age: timedelta | None = timedelta(days=14)
    path: str = "/"
    domain: str | None = None

    def __post_init__(self) -> None:
        _refuse_without_zone(self.until)

    @property
    def name(self) -> str:
        return self.session_cookie

    def read(self, value: str) -> OldSession | None:
        from itsdangerous import BadSignature, TimestampSigner

        # With any limit, what a clock that was ahead has signed is refused until its time comes.
        age = timedelta.max if self.max_age is None else self.max_age
        signer = TimestampSigner(str(self.secret_key))
        try:
            text, signed_at = signer.unsign(
                value, max_age=int(age.total_seconds()), return_timestamp=True
            )
            values = json.loads(b64decode(text))
        except (BadSignature, ValueError):
            return None
        if not isinstance(values, dict) or not values:
            return None
        user = values.get(self.user_key)
        return _old(value, values, user, signed_at, persistent=self.max_age is not None)


@dataclass(frozen=True, slots=True)
class FlaskCookies:
    """Those of Flask's own ``session``.

    ``secret_keys`` are its SECRET_KEY_FALLBACKS and SECRET_KEY, in this order; ``lifetime`` is
    its PERMANENT_SESSION_LIFETIME; ``decode`` makes of a value what Flask's serializer does.
    """

    secret_keys: Sequence[str | bytes] = field(repr=False)
    user_key: str
    until: datetime
    session_cookie: str = "session"
    lifetime: timedelta = timedelta(days=31)
    path: str = "/"
    domain: str | None = None
    decode: Callable[[Any], Any] = _as_it_is

    def __post_init__(self) -> None:
        _refuse_without_zone(self.until)

    @property
    def name(self) -> str:
        return self.session_cookie

    def read(self, value: str) -> OldSession | None:
        from itsdangerous import BadSignature, URLSafeTimedSerializer

        serializer = URLSafeTimedSerializer(
            [key.encode() if isinstance(key, str) else key for key in self.secret_keys],
            salt="cookie-session",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
        )
        try:
            values, signed_at = serializer.loads(
                value, max_age=int(self.lifetime.total_seconds()), return_timestamp=True
            )
        except BadSignature:
            return None
        if not isinstance(values, dict) or not values:
            return None
        user = self.decode(values.get(self.user_key))
        return _old(value, values, user, signed_at, persistent=bool(values.get("_permanent")))


def _refuse_without_zone(until: datetime) -> None:
    if until.tzinfo is None:
        raise ValueError("Give `until` a time zone: datetime(2026, 12, 24, tzinfo=UTC).")


def _old(
    cookie: str, values: dict[str, Any], user: Any, signed_at: datetime, *, persistent: bool
) -> OldSession:
    return OldSession(
        credential=cookie.encode(),
        user_id=None if user is None else str(user),
        used_at=signed_at,
        persistent=persistent,
        data=json.dumps(values),
    )
