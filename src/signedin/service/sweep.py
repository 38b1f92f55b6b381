"""What time does to sessions, written down: ends that limits brought, and what is kept no longer.

Nothing that is promised waits for it: checks and lists work out the same ends by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from signedin.core.policy import Policy
from signedin.core.session import Session
from signedin.service.activity import BATCH, Activity
from signedin.service.clock import Clock, Steadiness
from signedin.service.policy_reader import PolicyReader
from signedin.service.ports import Horizons, Store
from signedin.service.work import Work

SWEEP_SIZE = 1000  # sessions looked at each time
SWEEP_MARGIN = timedelta(minutes=1)
VISITORS_KEPT = timedelta(hours=24)
FORMER_TOKENS_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept."""

    history: timedelta = timedelta(days=30)  # ended sessions, from their end
    addresses: timedelta = timedelta(days=30)  # IP addresses, from the last use or the end
    events: timedelta = timedelta(days=365)
    visitors: timedelta = VISITORS_KEPT  # who never logged in, from the last use


DEFAULT_RETENTION = Retention()


class Sweeper:
    """Goes through the sessions, a stretch at a time."""

    def __init__(
        self,
        store: Store,
        activity: Activity,
        clock: Clock,
        settings: Policy,
        retention: Retention,
        work: Callable[[], Work],
    ) -> None:
        self._store = store
        self._activity = activity
        self._clock = clock
        self._settings = settings
        self._retention = retention
        self._work = work
        self._position: str | None = None
        self._steadiness = Steadiness(clock)

    def sweep(self) -> None:
        """Write the ends that limits brought, and drop old addresses, in the next stretch.

        It takes its time: what waits to be written here comes first, and a use that another
        process still has to write gets a minute.
        """
        self._activity.flush()
        if not self._steadiness.is_steady():
            return
        now = self._clock.now()
        old = now - self._retention.addresses
        with self._store.reading() as reads:
            live, self._position = reads.live_after(self._position, SWEEP_SIZE)
            policies = PolicyReader(reads, self._settings, now)
            over = [s.id for s in live if s.passed_limit(policies.of(s), now - SWEEP_MARGIN)]
        located = [s.id for s in live if _has_address_older_than(s, old)]
        for first in range(0, len(over), BATCH):
            with self._work() as work:
                for session_id in over[first : first + BATCH]:
                    work.end_if_past_limit(session_id)
        for first in range(0, len(located), BATCH):
            with self._store.transaction() as transaction:
                for session_id in located[first : first + BATCH]:
                    transaction.drop_addresses(session_id, before=old)

    def sweep_all(self) -> None:
        """The same for every stretch, from the first to the last."""
        self._position = None
        self.sweep()
        while self._position is not None:
            self.sweep()

    def purge(self) -> None:
        """Delete what is kept no longer."""
        if not self._steadiness.is_steady():
            return
        now = self._clock.now()
        self._store.purge(
            Horizons(
                ended=now - self._retention.history,
                visitors=now - self._retention.visitors,
                former_tokens=now - FORMER_TOKENS_KEPT,
                addresses=now - self._retention.addresses,
                events=now - self._retention.events,
                spent_cookies=now,
            )
        )


def _has_address_older_than(session: Session, old: datetime) -> bool:
    first, last = session.first_seen_from.ip_address, session.last_seen_from.ip_address
    return (first is not None and session.created_at < old) or (
        last is not None and session.last_used_at < old
    )
