"""An end waits until each node has confirmed it, or its lease has run out (freshness.md, I2)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from signedin.core.errors import StoreUnavailableError
from signedin.core.session import Receipt
from signedin.service.ports import Heard
from signedin.stores.postgres.confirmations import Confirmations
from signedin.wiring import Sessions
from tests.clients import client, held
from tests.databases import Open, shell
from tests.nodes import (
    LEASE,
    ROOT,
    feed_of,
    hold_in_memory,
    is_live,
    seconds,
    start,
    store_of,
    terminate,
)
from tests.proxy import Proxy
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


def test_an_end_waits_until_every_node_has_confirmed(
    open_sessions: Open, there: Sessions, proxy: Proxy, in_background: Callable[..., Future[Any]]
) -> None:
    here = open_sessions()
    for _ in range(5):
        started = start(here)
        hold_in_memory(here, started)
        hold_in_memory(there, started)
        proxy.hold()
        ending = in_background(terminate, here, started)
        wait_until(lambda: here.find(started.session.id).ended is not None)  # noqa: B023
        assert not ending.done()
        proxy.let_go()

        receipt: Receipt = ending.result()
        assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (2, 0)
        assert seconds(receipt) < LEASE
        assert there.check(started.token, client()).session is None


def test_an_end_waits_out_the_lease_of_a_node_that_hears_nothing_and_the_next_does_not(
    open_sessions: Open, there: Sessions, proxy: Proxy
) -> None:
    here = open_sessions()
    ended, live = start(here), start(here)
    hold_in_memory(there, ended)
    hold_in_memory(there, live)
    proxy.hold()

    receipt = terminate(here, ended)

    assert held(there, live.token) is None, "its lease has run out"
    assert not is_live(there, ended)
    assert is_live(there, live), "without a lease it reads the database and goes on"
    assert receipt.leases_waited_out == 1
    assert LEASE <= seconds(receipt) < LEASE + 3
    proxy.let_go()
    hold_in_memory(there, live)
    assert terminate(here, live).nodes_confirmed == 1
    assert not is_live(there, live)


def test_a_list_of_another_server_than_made_the_change_is_no_list(
    open_sessions: Open, there: Sessions, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of the former primary, to which a connection is still open: who began since is not in it.

    So it is waited until every lease is over, and the connection is let go of.
    """
    here = open_sessions()
    started, another = start(here), start(here)
    hold_in_memory(there, started)
    telling = store_of(here)._telling
    ask = telling.ask

    def ask_the_former(statement: str, **values: Any) -> Any:
        rows = ask(statement, **values)
        monkeypatch.undo()
        _, timeline, is_trusted, *_ = rows[0]
        return [("former", timeline, is_trusted, None, None)]

    monkeypatch.setattr(telling, "ask", ask_the_former)
    proxy.hold()
    receipt = terminate(here, started)

    assert (receipt.nodes_confirmed, receipt.leases_waited_out) == (0, 1)
    assert not is_live(there, started)
    proxy.let_go()
    hold_in_memory(there, another)
    assert terminate(here, another).nodes_confirmed == 1


def test_a_second_end_of_the_same_session_waits_like_the_first(
    open_sessions: Open, there: Sessions, proxy: Proxy, in_background: Callable[..., Future[Any]]
) -> None:
    """The first may have died between its commit and its wait."""
    here = open_sessions()
    started = start(here)
    hold_in_memory(there, started)
    terminate(here, started)
    for again in (
        lambda: terminate(here, started),
        lambda: here.log_out(started.token),
        lambda: here.terminate_selected([started.session.id], user_id="42", by=ROOT),
    ):
        proxy.hold()
        ending = in_background(again)
        wait_until(lambda: feed_of(here).confirmations._confirmed != {})
        proxy.let_go()

        receipt: Receipt = ending.result()
        assert (receipt.ended, receipt.already_ended) == (0, 1)
        assert receipt.nodes_confirmed == 1


def test_ending_all_once_more_waits_like_the_first(
    open_sessions: Open, there: Sessions, proxy: Proxy, in_background: Callable[..., Future[Any]]
) -> None:
    """The first may have died between its commit and its wait."""
    here = open_sessions()
    started = start(here)
    hold_in_memory(there, started)
    here.terminate_all("42", by=ROOT)
    for again in (
        lambda: here.terminate_all("42", by=ROOT),
        lambda: here.terminate_all("42", keep=started.session.id, by=ROOT),
    ):
        proxy.hold()
        ending = in_background(again)
        wait_until(lambda: feed_of(here).confirmations._confirmed != {} or ending.done())  # noqa: B023
        assert not ending.done()
        proxy.let_go()

        receipt: Receipt = ending.result()
        assert (receipt.ended, receipt.nodes_confirmed) == (0, 1)


def test_a_login_that_ended_nothing_waits_for_nobody(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(confirmations: Confirmations, number: int, server: str) -> None:
        raise AssertionError("waited")

    monkeypatch.setattr(Confirmations, "wait", wait)

    assert start(sessions).ended == ()
    with pytest.raises(AssertionError, match="waited"):
        terminate(sessions, start(sessions))


def test_a_login_that_replaces_a_session_waits(open_sessions: Open) -> None:
    here, there = open_sessions(), open_sessions()
    first = start(here)
    hold_in_memory(there, first)

    here.start("42", client(device=first.device_token), methods=["pwd"])

    assert held(there, first.token) is None


def test_a_login_with_the_cookie_of_a_session_that_was_replaced_already_waits_as_well(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login that replaced it may have died before its wait."""
    waited: list[int] = []

    def wait(confirmations: Confirmations, number: int, server: str) -> Heard:
        waited.append(number)
        return Heard()

    first = start(sessions)
    sessions.start("42", client(), methods=["pwd"], replaces=first.token)
    monkeypatch.setattr(Confirmations, "wait", wait)

    again = sessions.start("42", client(), methods=["pwd"], replaces=first.token)

    assert (len(waited), again.ended) == (1, ())


def test_a_store_that_is_closed_meanwhile_mixes_up_no_confirmations(
    url: str, sessions: Sessions
) -> None:
    """The next feed asks under the same numbers: what the former was told is not for it."""
    start(sessions)
    store, before = store_of(sessions), feed_of(sessions).node
    with shell(url) as listener:
        listener.execute("LISTEN signedin")
        with store.transaction() as transaction:
            transaction.let_all_hear()
            store.close()
        asked = [note.payload for note in listener.notifies(timeout=1, stop_after=1)]

    assert feed_of(sessions).node != before
    assert [words.split(" ")[1] for words in asked] == [f"signedin_{before}"]


def test_on_a_new_primary_a_whole_lease_is_waited_once(url: str, sessions: Sessions) -> None:
    hold_in_memory(sessions, start(sessions))
    with shell(url) as other:
        other.execute("DELETE FROM signedin_timelines")

    first, second = terminate(sessions, start(sessions)), terminate(sessions, start(sessions))

    assert (first.nodes_confirmed, first.leases_waited_out) == (1, 1)
    assert seconds(first) >= LEASE
    assert (second.nodes_confirmed, second.leases_waited_out) == (1, 0)


def test_where_the_list_cannot_be_read_a_whole_lease_is_waited(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(confirmations: Confirmations, server: str) -> None:
        raise StoreUnavailableError("away")

    hold_in_memory(sessions, start(sessions))
    monkeypatch.setattr(Confirmations, "_nodes", fail)

    receipt = terminate(sessions, start(sessions))

    assert receipt.leases_waited_out == 1
    assert seconds(receipt) >= LEASE
