"""The sessions of the engine that a project used before, taken over so that nobody is logged out.

Those in a database are moved: by `manage.py signedin_adopt` all of them, so that they are in
the lists at once, and each one besides when its key is first seen. What was moved is gone from
the old table, so that it cannot come a second time. Signed cookies are honoured as they come.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends import db
from django.core import signing
from django.db import DEFAULT_DB_ALIAS, connections, router, transaction
from django.utils import timezone

from signedin.core.session import Client
from signedin.django.service import sessions
from signedin.service.adoption import AT_ONCE, Adopted, OldSession

_KEY = re.compile(r"[a-z0-9]{32}")  # of every engine of Django that keeps sessions on the server
_COOKIE_SALT = "django.contrib.sessions.backends.signed_cookies"


@dataclass(frozen=True, slots=True)
class Source:
    """A table of old sessions: its name, and how much it knows of each."""

    table: str
    columns: str

    def select(self, condition: str) -> str:
        return (
            f"SELECT session_key, session_data, expire_date, {self.columns} "  # noqa: S608
            f"FROM {self.table} WHERE expire_date > %s AND {condition}"
        )


SOURCES = (
    Source("django_session", "NULL, NULL, NULL, NULL"),
    Source("user_sessions_session", "user_id, last_activity, user_agent, ip"),
)


def is_of_another_engine(key: str) -> bool:
    """Whether a cookie may hold a session that signedin did not start."""
    return _KEY.fullmatch(key) is not None or ":" in key


def adopt(key: str, client: Client) -> Adopted | None:
    """The session that a key of the former engine opens; ``None``: it opens nothing.

    Raises:
        StoreUnavailableError: It is not known.
    """
    if ":" in key:
        return _honour(key, client)
    adoption = sessions().adoption
    adopted = adoption.redeem(key.encode())
    if adopted is None and take_over(_old_database(), key):
        adopted = adoption.redeem(key.encode())
    return adopted


def take_over(alias: str, key: str | None = None) -> int:
    """Move the live sessions of a database's old tables, or the one with this key.

    Returns:
        How many there were.
    """
    taken = 0
    for source in _sources_in(alias):
        while batch := _read(alias, source, key):
            with transaction.atomic(alias):  # taken over and gone from there, or neither
                taken += sessions().adoption.take_over(_understood(batch))
                _delete(alias, source, [row[0] for row in batch])
    return taken


def _read(alias: str, source: Source, key: str | None) -> list[Sequence[Any]]:
    connection = connections[alias]
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    condition, values = ("session_key = %s", [key]) if key is not None else ("1 = 1", [])
    with connection.cursor() as cursor:
        cursor.execute(source.select(condition), [now, *values])
        found: list[Sequence[Any]] = cursor.fetchmany(AT_ONCE)
        return found


def _delete(alias: str, source: Source, keys: list[str]) -> None:
    marks = ", ".join(["%s"] * len(keys))
    with connections[alias].cursor() as cursor:
        cursor.execute(f"DELETE FROM {source.table} WHERE session_key IN ({marks})", keys)  # noqa: S608


def _understood(rows: Iterable[Sequence[Any]]) -> Iterator[OldSession]:
    decode = db.SessionStore().decode
    for key, text, expires, user_id, used_at, agent, address in rows:
        values = decode(text)
        if not values and user_id is None:
            continue  # a visitor of whom nothing is kept
        ends_by, expiry = _aware(expires), values.get("_session_expiry")
        yield OldSession(
            credential=key.encode(),
            user_id=_user_of(values, user_id),
            used_at=_last_used(ends_by, expiry, used_at),
            ends_by=ends_by,
            persistent=_is_persistent(expiry),
            data=json.dumps(values, separators=(",", ":")) if values else None,
            user_agent=agent or "",
            ip_address=None if address is None else str(address),
        )


def _honour(cookie: str, client: Client) -> Adopted | None:
    """The session that a cookie of Django's ``signed_cookies`` stands for, when first seen."""
    until = sessions().configuration.adopt_until
    if until is None or timezone.now() >= until:
        return None
    age = settings.SESSION_COOKIE_AGE
    try:
        values = signing.loads(cookie, salt=_COOKIE_SALT, max_age=age)
        signed_at = datetime.fromtimestamp(signing.b62_decode(cookie.rsplit(":", 2)[1]), UTC)
    except (signing.BadSignature, ValueError):
        return None
    old = OldSession(
        credential=cookie.encode(),
        user_id=_user_of(values, None),
        used_at=signed_at,
        ends_by=signed_at + timedelta(seconds=age),
        persistent=_is_persistent(values.get("_session_expiry")),
        data=json.dumps(values, separators=(",", ":")),
    )
    return sessions().adoption.honour(old, client, until=until)


def _user_of(values: dict[str, Any], known: object) -> str | None:
    user_id = values.get("_auth_user_id", known)
    return None if user_id is None else str(user_id)


def _is_persistent(expiry: object) -> bool:
    return expiry != 0 and not (expiry is None and settings.SESSION_EXPIRE_AT_BROWSER_CLOSE)


def _last_used(ends_by: datetime, expiry: object, used_at: datetime | None) -> datetime:
    """When it was used, or else when it was saved: its end is so much later."""
    now = sessions().clock.now()
    if used_at is not None:
        return min(_aware(used_at), now)
    age = expiry if isinstance(expiry, int) and expiry > 0 else settings.SESSION_COOKIE_AGE
    return min(ends_by - timedelta(seconds=age), now)


def _aware(at: datetime) -> datetime:
    if timezone.is_naive(at) and settings.USE_TZ:
        return at.replace(tzinfo=UTC)  # as SQLite has it
    return at.astimezone(UTC)


def _old_database() -> str:
    if not apps.is_installed("django.contrib.sessions"):
        return DEFAULT_DB_ALIAS
    from django.contrib.sessions.models import Session

    return router.db_for_read(Session) or DEFAULT_DB_ALIAS


def _sources_in(alias: str) -> tuple[Source, ...]:
    return _sources_of(alias, connections[alias].settings_dict["NAME"])


@functools.cache
def _sources_of(alias: str, name: str) -> tuple[Source, ...]:
    with connections[alias].cursor() as cursor:
        names = connections[alias].introspection.table_names(cursor)
    return tuple(source for source in SOURCES if source.table in names)
