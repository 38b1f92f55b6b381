"""The sessions of an application: start, check, list, end.

The one door to the core, for every adapter. Each method is synchronous and may be called
from any thread; only ``check_held`` never waits for anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from signedin.core.deadline import Outlook, current, fixed_end, outlook
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
from signedin.core.token import is_session_id, is_well_formed, token_hash
from signedin.service.activity import FLUSH_INTERVAL, Activity
from signedin.service.adoption import Adoption
from signedin.service.app_data import DataKeeper
from signedin.service.check import Checker
from signedin.service.clock import Clock
from signedin.service.event_log import EventLog
from signedin.service.measures import Held, Measures
from signedin.service.memory import CAPACITY, Memory
from signedin.service.policies import Policies
from signedin.service.policy_reader import PolicyReader
from signedin.service.ports import PlaceReader, Reads, Store
from signedin.service.process import look_after
from signedin.service.start import start
from signedin.service.sweep import DEFAULT_RETENTION, Retention, Sweeper
from signedin.service.upkeep import Task, Upkeep
from signedin.service.work import Work

log = logging.getLogger("signedin")

WATCH_INTERVAL = 0.25  # seconds; who writes without announcing it is noticed within this
PURGE_INTERVAL = 600.0  # seconds
READ_AT_ONCE = 1000  # sessions


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
        retention: Retention = DEFAULT_RETENTION,
        remember_browsers: bool = True,
    ) -> None:
        self.settings_policy = policy
        self.remember_browsers = remember_browsers
        self.places = places
        self.clock = clock
        self._store = store
        self._load_engine = load_engine
        self.retention = retention
        self._memory = Memory(capacity)
        store.bind(self._memory.forget)
        self.measures = Measures(store, self._memory, clock)
        self._activity = Activity(store, clock, places.find, self.measures.flushes.observe)
        self._checker = Checker(
            store, self._memory, self._activity, clock, policy, self.work, self.measures
        )
        self._activity.extend = self._checker.extend
        self.check_held: Held = self._checker.held
        self.is_remote = store.is_remote
        self.policies = Policies(store, clock, policy, self.work, self.flush_if_possible)
        self.events = EventLog(store)
        self.data = DataKeeper(store, self._memory)
        self.adoption = Adoption(store, clock, places.find, self.work)
        self.sweeper = Sweeper(store, self._activity, clock, policy, retention, self.work)
        self._upkeep = Upkeep(
            clock,
            [
                Task(store.watch, WATCH_INTERVAL),
                Task(self._flush, FLUSH_INTERVAL),
                Task(self.sweeper.sweep, FLUSH_INTERVAL),
                Task(self.sweeper.purge, PURGE_INTERVAL),
            ],
        )
        look_after(self)

    def begin_login(self, user_id: str | None) -> Login:
        """Note that a login begins, before credentials are checked; see ``start``."""
        with self._store.reading() as reads:
            return Login(user_id, reads.generation(), self.clock.now())

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
        end: Collection[str] = (),
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
            end: What the person has chosen to end, if the policy allows no more sessions.

        Raises:
            InvalidUserIdError: It is empty, over 2,000 bytes, or has control characters.
            InvalidPolicyError: That is no name for an organization.
            CapReachedError: The policy allows no more sessions of this person.
            LoginOvertakenError: All of the person's sessions were ended since ``login``.
            StoreUnavailableError: Nothing was started.
        """
        self._upkeep.ensure_running()
        self.flush_if_possible()  # which of the person's sessions is in use may decide what ends
        with self.work() as work:
            started = start(
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
                end=end,
            )
        self.measures.started += 1
        return started

    def check(self, token: str, client: Client) -> Decision:
        """Say whether a token opens a live session, and note the use.

        Raises:
            StoreUnavailableError: The database was needed and cannot be asked. Nobody is
                logged out: answer 503 and leave the cookie alone.
        """
        self._upkeep.ensure_running()
        return self._checker.check(token, client)

    def count_checks(self) -> None:
        """Let ``measures`` count what memory answers, too."""
        self.check_held = self.measures.counting(self._checker.held)

    def ended_among(self, session_ids: Collection[str]) -> set[str]:
        """Those that are no longer live, for who keeps a connection open; no use of them.

        Raises:
            StoreUnavailableError: It is not known.
        """
        self._store.catch_up()
        if not (unknown := [one for one in session_ids if not self._checker.is_held(one)]):
            return set()
        with self._store.looking_up() as reads:
            policies, found = self._policies(reads), map(reads.by_id, unknown)
            live = {s.id for s in found if s and not self._as_it_is(s, policies).ended}
        return set(unknown) - live

    def list(self, user_id: str) -> Sequence[Session]:
        """The person's live sessions, the one used last first."""
        self.flush_if_possible(again=False)
        with self._store.reading() as reads:
            policies = self._policies(reads)
            live = [s for s in reads.live_of(user_id) if not self._as_it_is(s, policies).ended]
        return sorted(live, key=lambda s: (s.last_used_at, s.id), reverse=True)

    def history(self, user_id: str) -> Sequence[Session]:
        """The person's ended sessions of late, the one that ended last first.

        One past its limit is among them whether or not that has been written yet.
        """
        self.flush_if_possible(again=False)
        with self._store.reading() as reads:
            policies = self._policies(reads)
            ended = reads.ended_of(user_id)
            ended += [self._as_it_is(session, policies) for session in reads.live_of(user_id)]
        now = self.clock.now()
        oldest = now - self.retention.history
        of_late = [session for session in ended if session.ended and session.ended.at > oldest]
        return sorted(of_late, key=lambda s: (s.ended.at if s.ended else now, s.id), reverse=True)

    def get(self, session_id: str, *, user_id: str | None) -> Session:
        """One live session of a person; ``user_id`` ``None`` is for administrators: anybody's.

        Raises:
            SessionNotFoundError: None such, somebody else's, or ended.
        """
        session = self.find(session_id)
        if session.ended or (user_id is not None and session.user_id != user_id):
            raise SessionNotFoundError(session_id)
        return session

    def find(self, session_id: str) -> Session:
        """Anybody's session as it is now, live or ended; for administrators.

        Raises:
            SessionNotFoundError: There is none, or it is kept no longer.
        """
        self.flush_if_possible(again=False)
        if not is_session_id(session_id):
            raise SessionNotFoundError(session_id)
        with self._store.reading() as reads:
            session = reads.by_id(session_id)
            if session is None:
                raise SessionNotFoundError(session_id)
            return self._as_it_is(session, self._policies(reads))

    def everybodys(self) -> Sequence[Session]:
        """All live sessions there are, the one used last first; for administrators."""
        self.flush_if_possible(again=False)
        found: list[Session] = []
        position: str | None = None
        with self._store.scanning() as reads:
            policies = self._policies(reads)
            while True:
                live, position = reads.live_after(position, READ_AT_ONCE)
                found += [s for s in live if not self._as_it_is(s, policies).ended]
                if position is None:
                    break
        return sorted(found, key=lambda s: (s.last_used_at, s.id), reverse=True)

    def latest(
        self, limit: int, *, before: str | None = None
    ) -> tuple[Sequence[Session], str | None]:
        """Live sessions of everybody, the newest first, a stretch at a time; for administrators.

        Returns:
            The sessions, and ``before`` for the next stretch; ``None``: there is none.
        """
        self.flush_if_possible(again=False)
        with self._store.reading() as reads:
            policies = self._policies(reads)
            live, following = reads.live_before(before, limit)
            return [s for s in live if not self._as_it_is(s, policies).ended], following

    def outlooks(self, sessions: Sequence[Session]) -> Mapping[str, Outlook]:
        """How long each of these live sessions still has, and what changed that, by id."""
        with self._store.reading() as reads:
            policies = self._policies(reads)
            return {session.id: outlook(policies.of(session), session) for session in sessions}

    def fixed_end(self, session: Session) -> datetime | None:
        """The end of a session that no use can move, by the policies that hold now."""
        with self._store.reading() as reads:
            return fixed_end(current(self._policies(reads).of(session)), session)

    def rename(self, session_id: str, name: str | None, *, user_id: str, by: Actor) -> Session:
        """Set or remove the person's own name for a session.

        Raises:
            InvalidNameError: Too long, or with misleading characters.
            SessionNotFoundError: None such, somebody else's, or ended.
        """
        with self.work() as work:
            return work.rename(session_id, device_name(name), user_id=user_id, by=by)

    def terminate(
        self, session_id: str, *, user_id: str | None, by: Actor, note: str | None = None
    ) -> Receipt:
        """End one session; when this returns, no process accepts it any more (I2).

        Args:
            note: What an administrator tells the person about it.

        Raises:
            ConfirmationNeededError: Who asks must prove again who they are: see ``rotate``.
            SessionNotFoundError: There is none of this person's with this id.
            ActorEndedError: Who asks has been ended.
            StoreUnavailableError: Nothing is ended yet.
            OutcomeUnknownError: It may or may not be ended; ask again.
        """
        with self.work() as work:
            work.terminate(session_id, user_id=user_id, by=by, note=note)
        return work.receipt

    def terminate_selected(
        self, ids: Collection[str], *, user_id: str, by: Actor, note: str | None = None
    ) -> Receipt:
        """End those of the person's sessions that are named; other ids are ignored."""
        with self.work() as work:
            work.terminate_selected(ids, user_id=user_id, by=by, note=note)
        return work.receipt

    def terminate_all(
        self,
        user_id: str,
        *,
        keep: str | None = None,
        by: Actor,
        reason: str = EndedReason.TERMINATED,
        note: str | None = None,
    ) -> Receipt:
        """End all of a person's sessions but ``keep``, and each login under way (I2)."""
        with self.work() as work:
            work.terminate_all(user_id, keep=keep, by=by, reason=EndedReason(reason), note=note)
        return work.receipt

    def log_out(self, token: str) -> Receipt:
        """End the session of this token; as ``terminate``, and no error if there is none."""
        with self.work() as work:
            if is_well_formed(token):
                work.log_out(token_hash(token))
        return work.receipt

    def rotate(self, token: str, *, methods: Sequence[str] | None) -> Rotated:
        """Give the session a new token after a step-up; the old one has a short grace (I8).

        ``methods`` are ``None`` if the person proved nothing: the login stays as old as it was.

        Raises:
            RotationRefusedError: The token is not the current one of a live session.
        """
        with self.work() as work:
            return work.rotate(token, methods=methods)

    def work(self) -> Work:
        """Several of these acts in one transaction; their receipt comes when it is over."""
        policy, forget = self.settings_policy, self._memory.forget
        return Work(self._store, self.clock, policy, forget, self.measures)

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

    def flush_if_possible(self, *, again: bool = True) -> None:
        """As ``Activity`` does it; adapters may have reasons not to."""
        self._activity.flush_if_possible(again=again)

    def _flush(self) -> None:
        self._activity.flush()
        self._store.checkpoint()

    def _as_it_is(self, session: Session, policies: PolicyReader) -> Session:
        """With the end that a limit has brought, whether or not that has been written yet."""
        if session.ended is not None:
            return session
        passed = session.passed_limit(policies.of(session), self.clock.now())
        return session if passed is None else replace(session, ended=End.by_limit(passed))

    def _policies(self, reads: Reads) -> PolicyReader:
        return PolicyReader(reads, self.settings_policy, self.clock.now())

    def forked(self) -> None:
        """Begin anew in a forked child, with nothing of the parent's."""
        self._memory.forked()
        self.measures.forked()
        self._activity.forked()
        self._store.forked()
        self._upkeep.forked()
