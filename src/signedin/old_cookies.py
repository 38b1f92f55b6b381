"""The signed cookies of Starlette and Flask, read once more so that nobody is logged out.

Both sign with itsdangerous, which whoever used them has installed.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from signedin.service.adoption import OldSession


class OldCookies(Protocol):
    """The cookies that an application's former sessions were kept in."""

    @property
    def name(self) -> str:
        """The cookie's name."""
        ...

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

    ``user_key`` is where the application's log-in code put who is logged in. ``until`` is when
    old cookies are honoured no longer: the day of the change and ``max_age``, at most.
    """

    secret_key: str = field(repr=False)
    user_key: str
    until: datetime
    session_cookie: str = "session"
    max_age: timedelta | None = timedelta(days=14)

    @property
    def name(self) -> str:
        return self.session_cookie

    def read(self, value: str) -> OldSession | None:
        from itsdangerous import BadSignature, TimestampSigner

        age = None if self.max_age is None else int(self.max_age.total_seconds())
        signer = TimestampSigner(self.secret_key)
        try:
            text, signed_at = signer.unsign(value, max_age=age, return_timestamp=True)
            values = json.loads(b64decode(text))
        except (BadSignature, ValueError):
            return None
        return _old(value, values, self.user_key, signed_at, persistent=self.max_age is not None)


@dataclass(frozen=True, slots=True)
class FlaskCookies:
    """Those of Flask's own ``session``. ``lifetime`` is its PERMANENT_SESSION_LIFETIME."""

    secret_key: str | bytes = field(repr=False)
    user_key: str
    until: datetime
    session_cookie: str = "session"
    lifetime: timedelta = timedelta(days=31)

    @property
    def name(self) -> str:
        return self.session_cookie

    def read(self, value: str) -> OldSession | None:
        from itsdangerous import BadSignature, URLSafeTimedSerializer

        serializer = URLSafeTimedSerializer(
            self.secret_key,
            salt="cookie-session",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
        )
        try:
            values, signed_at = serializer.loads(
                value, max_age=int(self.lifetime.total_seconds()), return_timestamp=True
            )
        except BadSignature:
            return None
        persistent = isinstance(values, dict) and bool(values.get("_permanent"))
        return _old(value, values, self.user_key, signed_at, persistent=persistent)


def _old(
    cookie: str, values: Any, user_key: str, signed_at: datetime, *, persistent: bool
) -> OldSession | None:
    if not isinstance(values, Mapping) or not values:
        return None
    user = values.get(user_key)
    return OldSession(
        credential=cookie.encode(),
        user_id=None if user is None else str(user),
        used_at=signed_at,
        persistent=persistent,
        data=json.dumps(values),
    )
