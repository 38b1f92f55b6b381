"""Behind PgBouncer in transaction mode all that holds without it holds; the feed goes past it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from signedin.core.app_data import DataChange
from signedin.core.errors import LoginOvertakenError
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.session import EndedReason, Receipt, Started
from signedin.service.app_data import SAME
from signedin.stores.postgres.connections import PREPARED_AFTER
from signedin.stores.postgres.store import PostgresStore
from signedin.wiring import Sessions
from tests.bouncer import SERVERS, running_bouncer, through
from tests.clients import client, held
from tests.cluster import Cluster
from tests.nodes import ROOT, hold_in_memory, start

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def bouncer(cluster: Cluster) -> Iterator[Path]:
    with running_bouncer(cluster) as folder:
        yield folder


@pytest.fixture
def behind(bouncer: Path, url: str, cluster: Cluster) -> str:
    return through(bouncer, url, cluster)


@pytest.fixture
def nodes(behind: str, url: str) -> Iterator[list[Sessions]]:
    """Two that answer from memory, each like a process of its own."""
    opened = [Sessions(behind, feed=url) for _ in range(2)]
    yield opened
    for sessions in opened:
        sessions.close()


def test_an_end_is_known_to_all_nodes_when_it_returns(nodes: list[Sessions]) -> None:
    one, other = nodes
    ends: list[Callable[[Started], Receipt]] = [
        lambda s: one.terminate(s.session.id, user_id="42", by=ROOT),
        lambda s: one.log_out(s.token),
        lambda s: one.terminate_all("42", by=ROOT),
        lambda s: (
            one.policies.set("user:42", Policy(), by=ROOT, reason="x", end_earlier=True).receipt
        ),
    ]
    for end in ends:
        started = start(one)
        for sessions in nodes:
            hold_in_memory(sessions, started)
        receipt = end(started)

        assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (2, 0)
        assert held(other, started.token) is None
        assert other.check(started.token, client()).session is None


def test_data_that_a_node_holds_is_as_fresh(nodes: list[Sessions]) -> None:
    one, other = nodes
    started = one.start("42", client(), methods=["pwd"], data='{"value":0}')
    for value in range(1, 4):
        for sessions in nodes:
            hold_in_memory(sessions, started)
            for _ in range(SAME + 2):
                sessions.data.read(started.session.id)
            assert sessions.data.held(started.session.id) is not None
        one.data.change(started.session.id, DataChange({"value": value}))

        assert other.data.held(started.session.id) is None
        assert other.data.read(started.session.id) == f'{{"value":{value}}}'


def test_all_that_people_do_is_done(nodes: list[Sessions]) -> None:
    one, other = nodes
    login = one.begin_login("42")
    first, second = start(one), start(other)
    one.rename(first.session.id, "kitchen", user_id="42", by=Actor.user(first.session.id))
    rotated = other.rotate(first.token, methods=["pwd", "otp"])
    one._flush()
    limit = Policy(lifetime=HOUR, max_sessions=2)
    other.policies.set("default", limit, by=ROOT, reason="shorter")
    other.terminate_all("42", keep=first.session.id, by=ROOT)

    assert [(s.id, s.name, s.methods) for s in one.list("42")] == [
        (first.session.id, "kitchen", ("pwd", "otp"))
    ]
    assert one.check(rotated.token, client()).session is not None
    assert one.check(second.token, client()).reason is EndedReason.TERMINATED
    assert [s.id for s in one.history("42")] == [second.session.id]
    found = one.policies.get("default")
    assert found is not None
    assert found.policy == limit
    with pytest.raises(LoginOvertakenError):
        one.start("42", client(), methods=["pwd"], login=login)
    one.sweeper.sweep()
    one.sweeper.purge()


def test_more_clients_than_connections_do_the_same_again_and_again(
    nodes: list[Sessions], behind: str, url: str
) -> None:
    """What one of them prepared or set on a connection, the next one would stumble over."""

    def live(number: int) -> int:
        sessions, who = nodes[number % 2], str(number)
        for _ in range(2 * PREPARED_AFTER):
            started = start(sessions, who)
            assert len(sessions.list(who)) == 1
            sessions.terminate(started.session.id, user_id=who, by=ROOT)
        return len(sessions.history(who))

    with ThreadPoolExecutor(2 * SERVERS) as pool:
        assert set(pool.map(live, range(2 * SERVERS))) == {2 * PREPARED_AFTER}

    with psycopg.connect(url) as looking:
        servers = looking.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND query !~ 'LISTEN' AND pid <> pg_backend_pid()"
        ).fetchone()
    assert servers is not None
    assert servers[0] <= SERVERS


def test_without_it_statements_are_prepared_and_behind_it_none_is(url: str, behind: str) -> None:
    for where, expected in ((url, True), (behind, False)):
        sessions = Sessions(where, feed=url)
        for _ in range(2 * PREPARED_AFTER):
            sessions.list("42")
        assert isinstance(sessions.store, PostgresStore)
        (connection,) = sessions.store._reading._all
        assert bool(connection._prepared._names) is expected
        sessions.close()


def test_a_feed_through_it_hears_nothing_and_no_memory_is_used(behind: str) -> None:
    """What the setting `feed` is for; without it the database is read, and ends wait a lease."""
    sessions = Sessions(behind)
    started = start(sessions)
    assert sessions.check(started.token, client()).session is not None
    receipt = sessions.terminate(started.session.id, user_id="42", by=ROOT)

    assert held(sessions, started.token) is None
    assert receipt.leases_waited_out == 1
    assert sessions.check(started.token, client()).session is None
    sessions.close()
