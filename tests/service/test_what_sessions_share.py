"""What many sessions have in common stands once in the database, and leaves it with the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest

from signedin.core.place import Place, make_place
from signedin.core.policy import Policy
from signedin.core.session import Client, Session
from signedin.places.reader import NoPlaces
from signedin.service.ports import Horizons, Reads
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX
from tests.clock import FixedClock
from tests.databases import Open, shell

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

DAY = timedelta(days=1)
HOME, HOTEL, OTHER = "203.0.113.1", "203.0.113.2", "203.0.113.3"
CITIES = {HOME: "Berlin", HOTEL: "Kassel", OTHER: "Köln"}
LONG_AGO = Horizons(**{part.name: datetime(2000, 1, 1, tzinfo=UTC) for part in fields(Horizons)})


class Cities(NoPlaces):
    def find(self, address: str | None) -> Place:
        return make_place(city=CITIES.get(address or ""), country_code="DE")


@pytest.fixture
def sessions(open_sessions: Open) -> Sessions:
    return open_sessions(places=Cities(), policy=Policy())


@pytest.fixture
def open_another(open_sessions: Open) -> Callable[[], Sessions]:
    """Another process, to which the time has not jumped."""
    return lambda: open_sessions(places=Cities(), policy=Policy())


def start(sessions: Sessions, address: str | None = HOME, agent: str = CHROME) -> str:
    started = sessions.start("42", Client(address, agent), methods=["pwd"])
    return started.token


def use(sessions: Sessions, token: str, address: str | None, agent: str = CHROME) -> None:
    assert sessions.check(token, Client(address, agent)).session is not None
    sessions._activity.flush()


def seen(session: Session) -> tuple[str | None, str | None, str | None, str | None]:
    first, last = session.first_seen_from, session.last_seen_from
    return first.ip_address, first.place.city, last.ip_address, last.place.city


def count(url: str, table: str) -> int:
    with shell(url) as connection:
        (found,) = connection.execute(f"SELECT count(*) FROM signedin_{table}").fetchone()
    return int(found)


def test_a_place_stands_once(sessions: Sessions, url: str) -> None:
    for address in (HOME, HOME, HOTEL):
        start(sessions, address)

    assert [s.last_seen_from.place.city for s in sessions.list("42")].count("Berlin") == 2
    assert count(url, "places") == 2


def test_who_travels_was_first_at_home_and_is_last_where_they_are(
    sessions: Sessions, clock: FixedClock
) -> None:
    token = start(sessions)
    for address, told in (
        (HOTEL, (HOME, "Berlin", HOTEL, "Kassel")),
        (None, (HOME, "Berlin", None, None)),
        (OTHER, (HOME, "Berlin", OTHER, "Köln")),
        (HOME, (HOME, "Berlin", HOME, "Berlin")),
    ):
        clock.advance(DAY)
        use(sessions, token, address)

        assert [seen(s) for s in sessions.list("42")] == [told]


def test_who_came_from_nowhere_can_be_seen_somewhere_later(
    sessions: Sessions, clock: FixedClock
) -> None:
    token = start(sessions, None)
    assert [seen(s) for s in sessions.list("42")] == [(None, None, None, None)]
    clock.advance(DAY)

    use(sessions, token, HOTEL)

    assert [seen(s) for s in sessions.list("42")] == [(None, None, HOTEL, "Kassel")]


@pytest.mark.parametrize(("now", "here"), [(HOME, "Berlin"), (HOTEL, "Kassel"), (None, None)])
def test_the_first_address_goes_after_30_days_and_the_last_one_stays(
    sessions: Sessions,
    open_another: Callable[[], Sessions],
    clock: FixedClock,
    now: str | None,
    here: str | None,
) -> None:
    token = start(sessions)
    clock.advance(20 * DAY)
    use(sessions, token, now)
    clock.advance(11 * DAY)

    open_another().sweeper.sweep_all()

    assert [seen(s) for s in sessions.list("42")] == [(None, "Berlin", now, here)]
    clock.advance(20 * DAY)
    open_another().sweeper.sweep_all()
    assert [seen(s) for s in sessions.list("42")] == [(None, "Berlin", None, here)]


def test_what_no_session_has_any_more_is_deleted(
    sessions: Sessions, open_another: Callable[[], Sessions], url: str, clock: FixedClock
) -> None:
    traveller, gone = start(sessions), start(sessions, OTHER, FIREFOX)
    clock.advance(DAY)
    use(sessions, traveller, HOTEL)
    sessions.log_out(gone)
    open_another().sweeper.purge()
    assert (count(url, "clients"), count(url, "places")) == (2, 3)
    clock.advance(31 * DAY)
    use(sessions, traveller, HOTEL)

    open_another().sweeper.purge()

    assert (count(url, "clients"), count(url, "places")) == (1, 2)
    assert [seen(s)[1::2] for s in sessions.list("42")] == [("Berlin", "Kassel")]


def then(act: Callable[[], object], sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Purge, and do something between its look at all that there is and what follows from it."""
    scanning = sessions.store.scanning

    @contextmanager
    def looking() -> Iterator[Reads]:
        with scanning() as reads:
            yield reads
            act()

    monkeypatch.setattr(sessions.store, "scanning", looking)
    sessions.store.purge(LONG_AGO)


def test_what_is_taken_up_again_while_it_is_purged_stays(
    sessions: Sessions, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions.list("42")
    with shell(url) as connection:
        connection.execute(
            f"INSERT INTO signedin_clients (user_agent, client_hints) VALUES ('{FIREFOX}', '{{}}')"
        )

    then(lambda: start(sessions, agent=FIREFOX), sessions, monkeypatch)

    assert {s.user_agent for s in sessions.list("42")} == {FIREFOX}


def test_nobody_waits_while_it_is_searched_for(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a look at all that there is, and whoever logs in needs the write lock."""
    then(lambda: start(sessions), sessions, monkeypatch)

    assert len(sessions.list("42")) == 1
