"""A server that stops answering holds nobody for ever, and makes up no success (I2, I4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from signedin.core.errors import OutcomeUnknownError, StoreUnavailableError
from signedin.core.session import Receipt, Started
from signedin.stores.postgres import store
from signedin.stores.postgres.confirmations import Confirmations
from signedin.stores.postgres.connections import commit
from signedin.wiring import Sessions
from tests.clients import client
from tests.cluster import Cluster
from tests.databases import Open
from tests.nodes import ROOT, store_of
from tests.proxy import Proxy

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

SOON = 0.3  # seconds


@pytest.fixture
def there(url: str, cluster: Cluster, proxy: Proxy) -> Iterator[Sessions]:
    """Whose every connection goes through the proxy."""
    behind = url.replace(cluster.folder.name, proxy.folder.name)
    assert behind != url
    sessions = Sessions(f"{behind}&connect_timeout=2")
    yield sessions
    proxy.let_go()
    sessions.close()


@pytest.fixture
def started(there: Sessions) -> Started:
    return there.start("42", client(), methods=["pwd"])


def stop_answering(sessions: Sessions, proxy: Proxy) -> None:
    """From now on the server says nothing, and who asks it soon loses patience."""
    for connections in store_of(sessions)._connections:
        connections._patience = SOON
        for connection in connections._all:
            connection.patience = SOON
    proxy.hold()


def terminate(sessions: Sessions, started: Started) -> Receipt:
    return sessions.terminate(started.session.id, user_id="42", by=ROOT)


def test_without_an_answer_before_the_commit_nothing_is_ended(
    there: Sessions, proxy: Proxy, started: Started, open_sessions: Open
) -> None:
    stop_answering(there, proxy)

    with pytest.raises(StoreUnavailableError, match=r"does not answer.*Nothing was changed"):
        terminate(there, started)

    assert [session.id for session in open_sessions().list("42")] == [started.session.id]


def test_without_an_answer_to_the_commit_the_outcome_is_unknown(
    there: Sessions, proxy: Proxy, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_and_commit(*arguments: Any, **values: Any) -> str | None:
        stop_answering(there, proxy)
        return commit(*arguments, **values)

    monkeypatch.setattr(store, "commit", stop_and_commit)

    with pytest.raises(OutcomeUnknownError, match=r"does not answer.*may or may not hold"):
        terminate(there, started)


def test_without_an_answer_after_the_commit_one_lease_is_waited_and_the_end_holds(
    there: Sessions, proxy: Proxy, started: Started, open_sessions: Open, monkeypatch: Any
) -> None:
    wait = Confirmations.wait

    def stop_and_wait(self: Confirmations, number: int, server: str) -> object:
        stop_answering(there, proxy)
        return wait(self, number, server)

    monkeypatch.setattr(Confirmations, "wait", stop_and_wait)
    lease = store_of(there)._lease.length

    receipt = terminate(there, started)

    assert receipt.leases_waited_out == 1
    assert receipt.took.total_seconds() >= lease
    assert open_sessions().list("42") == []


def test_a_check_without_an_answer_is_no_log_out(
    there: Sessions, proxy: Proxy, started: Started
) -> None:
    there.list("42")
    stop_answering(there, proxy)

    with pytest.raises(StoreUnavailableError):
        there.check(started.token, client())

    proxy.let_go()
    assert there.check(started.token, client()).session is not None


def test_who_has_lost_patience_with_one_connection_does_not_try_the_others(
    there: Sessions, proxy: Proxy, started: Started
) -> None:
    reading = store_of(there)._reading
    with there.store.reading(), there.store.reading(), there.store.reading():
        pass
    stop_answering(there, proxy)

    with pytest.raises(StoreUnavailableError, match="does not answer"):
        there.list("42")

    assert len(reading._all) == 2
