"""The sessions of this process: one service, made from the settings when first asked for."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from signedin.agents import load_engine
from signedin.core.session import Receipt
from signedin.core.token import is_well_formed, old_hash, token_hash
from signedin.django.configuration import Configuration, read_configuration
from signedin.django.store import DjangoStore
from signedin.places.reader import NoPlaces, PlaceDatabase
from signedin.service.clock import SystemClock
from signedin.service.sessions import SessionService
from signedin.service.sweep import DEFAULT_RETENTION


class DjangoSessions(SessionService):
    """The service on the database of a Django project."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.store = DjangoStore(configuration.database, feed=configuration.feed)
        ip_data = configuration.ip_data
        super().__init__(
            self.store,
            clock=SystemClock(),
            places=PlaceDatabase(ip_data) if ip_data else NoPlaces(),
            load_engine=load_engine,
            policy=configuration.policy,
            retention=replace(DEFAULT_RETENTION, visitors=_visitors_kept()),
        )
        # None from inside a transaction: in a test it would outlive its database.
        self._upkeep.may_start = self.store.stands_apart

    def flush_if_possible(self, *, again: bool = True) -> None:
        """Not inside a transaction: what is written there may be undone, and lost."""
        if self.store.stands_apart() or self.store.has_one_connection():
            super().flush_if_possible(again=again)

    def log_out(self, token: str) -> Receipt:
        """End the session of this token, or of the former engine's key that still opens it."""
        if is_well_formed(token):
            return super().log_out(token)
        with self.work() as work:
            work.log_out(old_hash(token.encode()))
        return work.receipt

    def move_end(self, session_id: str, ends_by: datetime | None, *, persistent: bool) -> None:
        """Let a live session end by itself at another time.

        Args:
            ends_by: When; ``None``: only by the policies.
            persistent: Whether its cookie outlives the browser.

        Raises:
            SessionNotFoundError: It is not live any more, so there is nothing to move.
            StoreUnavailableError: Nothing was changed.
        """
        with self.work() as work:
            work.move_end(session_id, ends_by, persistent=persistent)

    def is_current(self, token: str) -> bool:
        """Whether a token is the present one of a live session; asking is no use of it."""
        if not is_well_formed(token):
            return False
        if self.store.is_fresh() and token_hash(token) in self._memory.entries:
            return True  # nothing but present tokens of live sessions is there
        with self._store.reading() as reads:
            found = reads.by_token(token_hash(token))
            if found is None or found.former is not None:
                return False
            return not self._as_it_is(found.session, self._policies(reads)).ended


def _visitors_kept() -> timedelta:
    """As long as Django keeps them."""
    return max(DEFAULT_RETENTION.visitors, timedelta(seconds=settings.SESSION_COOKIE_AGE))


_making = threading.Lock()
_made: DjangoSessions | None = None


def sessions() -> DjangoSessions:
    """The sessions of this process.

    Raises:
        InvalidSettingError: The setting ``SIGNEDIN`` makes no sense.
    """
    global _made
    if _made is None:
        with _making:
            if _made is None:
                _made = DjangoSessions(read_configuration())
    return _made


def begin_anew(**_: object) -> None:
    """Let go of the database; the settings are read again when sessions are next asked for."""
    global _made
    with _making:
        made, _made = _made, None
    if made is not None:
        made.close()
