"""The sessions of an application: start, check, list, end.

The one door to the core, for every adapter. Each method is synchronous and may be called
from any thread; only ``check_held`` never waits for anything.
"""

from __future__ import annotations

import atexit
import logging
import os
import weakref
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from signedin.core.device import Device, UserAgentEngine, describe_device
from signedin.core.errors import SessionNotFoundError, StoreUnavailableError
from signedin.core.permission import Actor
from signedin.core.policy import DEFAULT_POLICY, Policy
from signedin.core.session import (
    Client,
    Decision,
    End,
    EndedReason,
    Login,
    Receipt,
    Rotated,
    Session,
    Started,
    device_name,
)
from signedin.core.token import is_session_id, is_well_formed
from signedin.service.activity import BATCH, FLUSH_INTERVAL, Activity
from signedin.service.check import Checker
from signedin.service.clock import Clock, Steadiness
from signedin.service.memory import CAPACITY, Memory
from signedin.service.ports import PlaceReader, Store
from signedin.service.start import start
from signedin.service.upkeep import Task, Upkeep
from signedin.service.work import Work

log = logging.getLogger("signedin")

WATCH_INTERVAL = 0.25  # seconds; who writes without announcing it is noticed within this
PURGE_INTERVAL = 600.0  # seconds
SWEEP_SIZE = 1000  # sessions looked at each time
SWEEP_MARGIN = timedelta(minutes=1)
HISTORY_KEPT = timedelta(days=30)
VISITORS_KEPT = timedelta(hours=24)


class SessionService:
    """Sessions on a store; ``signedin.Sessions`` puts one together from a URL."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        places: PlaceReader,
        load_engine: Callable[[], UserAgentEngine | None] = lambda: None,
        policy: Policy = DEFAULT_POLICY,
        capacity: int = CAPACITY,
        history: timedelta = HISTORY_KEPT,
        remember_browsers: bool = True,
    ) -> None:
        self.policy = policy
        self.remember_browsers = remember_browsers
        self.places = places
        self.clock = clock
        self._store = store
        self._load_engine = load_engine
        self._history = history
        self._sweep_position = 0
        self._steadiness = Steadiness(clock)
        self._memory = Memory(capacity)
        store.bind(self._memory.forget)
        self._activity = Activity(store, places.find)
        self._checker = Checker(store, self._memory, self._activity, clock, policy, self.work)
        self._activity.extend = self._checker.extend
        self.check_held = self._checker.held
        self._upkeep = Upkeep(
            clock,
            [
                Task(store.watch, WATCH_INTERVAL),
                Task(self._flush, FLUSH_INTERVAL),
                Task(self._sweep, FLUSH_INTERVAL),
                Task(self._purge, PURGE_INTERVAL),
            ],
        )
        _services.add(self)

    def begin_login(self, user_id: str | None) -> Login:
        """Note that a login begins, before credentials are checked; see ``start``."""
        return Login(user_id, self._store.generation())

    def start(
        self,
        user_id: str | None,
        client: Client,
        *,
        methods: Sequence[str],
        login: Login | None = None,
        persistent: bool = False,
        organizations: Sequence[str] = (),
        ends_by: datetime | None = None,
        data: str | None = None,
        replaces: str | None = None,
    ) -> Started:
        """Start a session for a person who has just logged in.

        Args:
            user_id: The app's own user id; ``None`` for a visitor who has data to keep.
            methods: How the person logged in: RFC 8176 ``amr`` values, such as ``pwd``.
            login: From ``begin_login``; left out, no end of sessions can overtake this login.
            persistent: Whether the cookie outlives the browser.
            ends_by: An end of this session's own.
            data: The app's own data, as JSON.
            replaces: The token of the session that the same request presented, if any.

        Raises:
            LoginOvertakenError: All of the person's sessions were ended since ``login``.
            StoreUnavailableError: Nothing was started.
        """
        self._upkeep.ensure_running()
        with self.work() as work:
            return start(
                work,
                client,
                user_id=user_id,
                login=login,
                clock=self.clock,
                place=self.places.find(client.ip_address),
                methods=tuple(methods),
                persistent=persistent,
                organizations=tuple(organizations),
                ends_by=ends_by,
                data=data,
                replaces=replaces if replaces and is_well_formed(replaces) else None,
                remember_browser=self.remember_browsers,
            )

    def check(self, token: str, client: Client) -> Decision:
        """Say whether a token opens a live session, and note the use.

        Raises:
            StoreUnavailableError: The database was needed and cannot be asked. Nobody is
                logged out: answer 503 and leave the cookie alone.
        """
        decision = self.check_held(token, client)
        if decision is None:
            self._upkeep.ensure_running()
            decision = self._checker.check(token, client)
        return decision

    def list(self, user_id: str) -> Sequence[Session]:
        """The person's live sessions, the one used last first."""
        self._flush_if_possible()
        now = self.clock.now()
        live = (s for s in self._store.live_of(user_id) if not s.passed_limit(self.policy, now))
        return sorted(live, key=lambda s: (s.last_used_at, s.id), reverse=True)

    def history(self, user_id: str) -> Sequence[Session]:
        """The person's ended sessions of late, the one that ended last first.

        One past its limit is among them whether or not that has been written yet.
        """
        self._flush_if_possible()
        now = self.clock.now()
        oldest = now - self._history
        ended = [s for s in self._store.ended_of(user_id) if s.ended and s.ended.at > oldest]
        for session in self._store.live_of(user_id):
            passed = session.passed_limit(self.policy, now)
            if passed is not None:
                ended.append(replace(session, ended=End.by_limit(passed)))
        return sorted(ended, key=lambda s: (s.ended.at if s.ended else now, s.id), reverse=True)

    def get(self, session_id: str, *, user_id: str | None) -> Session:
        """One live session of a person; ``user_id`` ``None`` is for administrators: anybody's.

        Raises:
            SessionNotFoundError: None such, somebody else's, or ended.
        """
        self._flush_if_possible()
        session = self._store.session_of(user_id, session_id) if is_session_id(session_id) else None
        if session is None or session.ended or session.passed_limit(self.policy, self.clock.now()):
            raise SessionNotFoundError(session_id)
        return session

    def rename(self, session_id: str, name: str | None, *, user_id: str, by: Actor) -> Session:
        """Set or remove the person's own name for a session.

        Raises:
            InvalidNameError: Too long, or with misleading characters.
            SessionNotFoundError: None such, somebody else's, or ended.
        """
        with self.work() as work:
            return work.rename(session_id, device_name(name), user_id=user_id, by=by)

    def terminate(self, session_id: str, *, user_id: str | None, by: Actor) -> Receipt:
        """End one session; when this returns, no process accepts it any more (I2).

        Raises:
            SessionNotFoundError: There is none of this person's with this id.
            ActorEndedError: Who asks has been ended.
            StoreUnavailableError: Nothing is ended yet.
            OutcomeUnknownError: It may or may not be ended; ask again.
        """
        with self.work() as work:
            work.terminate(session_id, user_id=user_id, by=by)
        return work.receipt

    def terminate_selected(self, ids: Collection[str], *, user_id: str, by: Actor) -> Receipt:
        """End those of the person's sessions that are named; other ids are ignored."""
        with self.work() as work:
            work.terminate_selected(ids, user_id=user_id, by=by)
        return work.receipt

    def terminate_all(
        self,
        user_id: str,
        *,
        keep: str | None = None,
        by: Actor,
        reason: str = EndedReason.TERMINATED,
    ) -> Receipt:
        """End all of a person's sessions but ``keep``, and each login under way (I2)."""
        with self.work() as work:
            work.terminate_all(user_id, keep=keep, by=by, reason=EndedReason(reason))
        return work.receipt

    def log_out(self, token: str) -> Receipt:
        """End the session of this token; as ``terminate``, and no error if there is none."""
        with self.work() as work:
            if is_well_formed(token):
                work.log_out(token)
        return work.receipt

    def rotate(self, token: str, *, methods: Sequence[str]) -> Rotated:
        """Give the session a new token after a step-up; the old one has a short grace (I8).

        Raises:
            RotationRefusedError: The token is not the current one of a live session.
        """
        with self.work() as work:
            return work.rotate(token, methods=methods)

    def work(self) -> Work:
        """Several of these acts in one transaction; their receipt comes when it is over."""
        return Work(self._store, self.clock, self.policy, self._memory.forget)

    def describe(self, session: Session) -> Device:
        """The device behind a session, as far as its own words tell."""
        return describe_device(session.user_agent, session.client_hints, engine=self._engine)

    @cached_property
    def _engine(self) -> UserAgentEngine | None:
        return self._load_engine()  # takes a third of a second, so only when it is needed

    def close(self) -> None:
        """Stop the maintenance thread, write the last uses and let go of the database."""
        self._upkeep.stop()
        try:
            self._flush()
        except StoreUnavailableError as error:
            log.warning("the last uses could not be written: %s", error)
        finally:
            self._store.close()

    def _flush_if_possible(self) -> None:
        """Before people look; what cannot be written now is no reason not to show the rest."""
        with suppress(StoreUnavailableError):
            self._activity.flush()

    def _flush(self) -> None:
        self._activity.flush()
        self._store.checkpoint()

    def _sweep(self) -> None:
        """Write the ends that limits brought, so that history and counts are right.

        It takes its time: what waits to be written here comes first, and a use that another
        process still has to write gets a minute. Checks and lists never wait for the sweep.
        """
        self._activity.flush()
        if not self._steadiness.is_steady():
            return
        past = self.clock.now() - SWEEP_MARGIN
        live, self._sweep_position = self._store.live_after(self._sweep_position, SWEEP_SIZE)
        over = [session.id for session in live if session.passed_limit(self.policy, past)]
        for first in range(0, len(over), BATCH):
            with self.work() as work:
                for session_id in over[first : first + BATCH]:
                    work.end_if_past_limit(session_id)

    def _purge(self) -> None:
        if not self._steadiness.is_steady():
            return
        now = self.clock.now()
        self._store.purge(
            ended_before=now - self._history, visitors_before=now - VISITORS_KEPT, now=now
        )

    def _forked(self) -> None:
        self._memory.forked()
        self._activity.forked()
        self._store.forked()
        self._upkeep.forked()


_services: weakref.WeakSet[SessionService] = weakref.WeakSet()


def _forked() -> None:
    for service in list(_services):
        service._forked()


def _close_all() -> None:
    for service in list(_services):
        service.close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
