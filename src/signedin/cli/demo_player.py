"""Makes the demo's sessions by what a server does with real ones, with a clock that is set back.

Each login, use and end goes through the service in the order of time, so that whatever the
pages tell of them, events and limits included, has come about as it does in earnest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from signedin.accounts.user import User
from signedin.cli.demo_story import EMAIL, JOINED, LIVES, NAME, PLACES, How, Life
from signedin.cli.parts import Parts
from signedin.core.permission import Actor
from signedin.core.place import UNKNOWN_PLACE, Attribution, Place
from signedin.core.session import Client, Started
from signedin.places.reader import PlaceDatabase
from signedin.service.clock import SystemClock

Step = tuple[timedelta, Callable[[], object]]  # how long ago, and what happened then

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


class PastClock:
    """The machine's clock, set back by ``ago``."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._start = self._clock.now()
        self.ago = timedelta(0)

    def now(self) -> datetime:
        return self._start - self.ago

    def time(self) -> float:
        return self.now().timestamp()

    def elapsed(self) -> float:
        return self._clock.elapsed()

    def entropy(self, length: int) -> bytes:
        return self._clock.entropy(length)


class DemoPlaces:
    """The installed IP data; what it does not know of the story's addresses, the story says."""

    def __init__(self, installed: PlaceDatabase) -> None:
        self._installed = installed

    @property
    def attribution(self) -> Attribution | None:
        return self._installed.attribution

    @property
    def data_date(self) -> date | None:
        return self._installed.data_date

    def find(self, address: str | None) -> Place:
        place = self._installed.find(address)
        return PLACES.get(address or "", place) if place == UNKNOWN_PLACE else place


class Player:
    """Plays the story in a database that nothing else uses yet."""

    def __init__(self, parts: Parts, clock: PastClock) -> None:
        self._accounts = parts.accounts
        self._sessions = parts.sessions
        self._clock = clock
        self._started: dict[str, Started] = {}

    def play(self) -> str:
        """Let everything happen up to now; the person's password."""
        password = "made-up-" + "".join(
            _LETTERS[byte % len(_LETTERS)] for byte in self._clock.entropy(8)
        )
        self._clock.ago = JOINED
        self._user = self._accounts.create(EMAIL, NAME, password, admin=True)
        steps = [step for life in LIVES for step in self._steps(life, self._user)]
        for ago, happen in sorted(steps, key=lambda step: step[0], reverse=True):
            self._clock.ago = ago
            happen()
        self._clock.ago = timedelta(0)
        return password

    def _steps(self, life: Life, user: User) -> Iterator[Step]:
        yield life.logged_in, lambda: self._log_in(life, user)
        ago = life.logged_in - life.used_every
        while ago > life.last_used:
            yield ago, lambda: self._use(life, life.address)
            ago -= life.used_every
        yield life.last_used, lambda: self._use(life, life.last_address or life.address)
        if life.name is not None:
            yield life.logged_in - timedelta(minutes=3), lambda: self._rename(life, user)
        if life.ended is not None:
            yield life.ended - timedelta(minutes=1), lambda: self._end(life, user)

    def _log_in(self, life: Life, user: User) -> None:
        client = Client(life.address, life.user_agent)
        if life.browser_of is not None:
            client.device_token = self._started[life.browser_of].device_token
        self._started[life.key] = self._sessions.start(
            user.id, client, methods=["pwd"], persistent=True
        )

    def _use(self, life: Life, address: str) -> None:
        client = Client(address, life.user_agent)
        self._sessions.check(self._started[life.key].token, client)
        self._sessions.list(self._user.id)  # writes the use, as a look at the page does

    def _rename(self, life: Life, user: User) -> None:
        session_id = self._started[life.key].session.id
        by = Actor.user(session_id)
        self._sessions.rename(session_id, life.name, user_id=user.id, by=by)

    def _end(self, life: Life, user: User) -> None:
        started = self._started[life.key]
        match life.how:
            case How.LOGGED_OUT:
                self._sessions.log_out(started.token)
            case How.FROM_THE_DESK:
                by = Actor.user(self._started["desk"].session.id)
                self._sessions.terminate(started.session.id, user_id=user.id, by=by)
            case How.BY_AN_ADMINISTRATOR:
                by = Actor.admin("it@example.org")
                self._sessions.terminate(started.session.id, user_id=None, by=by)
