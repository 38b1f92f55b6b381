"""Who changes data that nodes may hold waits until all have heard of it; nobody else does."""

from __future__ import annotations

import pytest

from signedin.service.app_data import SAME
from signedin.service.ports import Heard
from signedin.stores.postgres.confirmations import Confirmations
from signedin.wiring import Sessions
from tests.databases import shell
from tests.nodes import hold_in_memory, store_of, waits
from tests.proxy import Proxy
from tests.stores.held import put, read, start
from tests.stores.postgres.held_data.steps import InBackground, hold, is_held, mark
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


def test_a_change_is_seen_at_once_by_every_node(here: Sessions, node: Sessions) -> None:
    started = start(here)
    for value in range(1, 7):
        hold(here, started)
        hold(node, started)
        put(here if value % 2 else node, started, value)

        assert read(here, started) == read(node, started) == value


def test_a_change_of_one_sessions_data_leaves_all_sessions_and_others_data_in_memory(
    here: Sessions, node: Sessions
) -> None:
    changed, other = start(here), start(here)
    hold(node, changed)
    hold(node, other)
    entries = dict(node._memory.entries)
    put(here, changed, 1)

    assert node._memory.entries == entries
    assert is_held(node, other)
    assert not is_held(node, changed)


def test_what_changes_at_every_request_is_never_held_and_waits_for_nobody(
    url: str, here: Sessions, node: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(here)
    hold_in_memory(here, started)
    hold_in_memory(node, started)
    with waits(monkeypatch) as waited:
        for value in range(3 * SAME):
            put(here, started, value)
            assert read(node, started) == read(here, started) == value
            assert mark(url, started) is None

    assert waited == []


def test_a_change_of_what_is_held_waits_and_the_next_does_not(
    url: str, here: Sessions, node: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(here)
    hold(node, started)
    with waits(monkeypatch) as waited:
        put(here, started, 1)
        assert len(waited) == 1
        assert mark(url, started) is None, "all have heard"
        put(here, started, 2)

    assert len(waited) == 1
    assert read(node, started) == 2


def test_it_waits_until_every_node_has_confirmed(
    here: Sessions, there: Sessions, proxy: Proxy, in_background: InBackground
) -> None:
    started = start(here)
    hold(there, started)
    proxy.hold()
    changing = in_background(put, here, started, 1)
    wait_until(lambda: '"value":1' in (here.store.read_data(started.session.id)[0] or ""))
    assert not changing.done()
    assert is_held(there, started), "it has not heard, and its lease holds"
    proxy.let_go()
    changing.result()

    assert read(there, started) == 1


@pytest.mark.parametrize("values", [(1, 2), (1, 1)])
def test_another_change_meanwhile_waits_as_well(
    url: str,
    here: Sessions,
    there: Sessions,
    proxy: Proxy,
    in_background: InBackground,
    values: tuple[int, int],
) -> None:
    """Of the first one nobody may have heard yet, and so not of the second."""
    started = start(here)
    hold(there, started)
    proxy.hold()
    first = in_background(put, here, started, values[0])
    wait_until(lambda: mark(url, started) not in (None, 0))
    put(here, started, values[1])
    first.result()

    assert read(there, started) == values[1]
    proxy.let_go()


def test_who_has_waited_does_not_wait_for_who_is_writing_as_well(
    url: str, here: Sessions, node: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(here)
    hold(node, started)
    wait = Confirmations.wait
    with shell(url) as other:

        def lock(confirmations: Confirmations, number: int, server: str) -> Heard:
            other.execute("BEGIN")
            other.execute("UPDATE signedin_sessions SET name = 'Office'")
            return wait(confirmations, number, server)

        with monkeypatch.context() as patch:
            patch.setattr(Confirmations, "wait", lock)
            put(here, started, 1)
        other.execute("ROLLBACK")
    assert mark(url, started) is not None
    put(here, started, 2)

    assert mark(url, started) is None


def test_who_waits_for_a_former_change_does_not_say_that_all_have_heard_of_a_later_one(
    url: str, here: Sessions, node: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(here)
    hold(node, started)
    wait = Confirmations.wait

    def changed_again(confirmations: Confirmations, number: int, server: str) -> Heard:
        monkeypatch.setattr(Confirmations, "wait", wait)
        heard = wait(confirmations, number, server)
        with shell(url) as other:
            other.execute("UPDATE signedin_sessions SET data_held = 7")
        return heard

    monkeypatch.setattr(Confirmations, "wait", changed_again)
    put(here, started, 1)

    assert mark(url, started) == 7


def test_a_change_after_one_whose_writer_died_waits(
    url: str, here: Sessions, node: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(confirmations: Confirmations, number: int, server: str) -> Heard:
        raise Killed

    started = start(here)
    hold(node, started)
    with monkeypatch.context() as patch:
        patch.setattr(Confirmations, "wait", die)
        with pytest.raises(Killed):
            put(here, started, 1)
    assert mark(url, started) is not None
    with waits(monkeypatch) as waited:
        put(here, started, 2)

    assert len(waited) == 1
    assert mark(url, started) is None
    assert read(node, started) == 2


def test_nobody_begins_to_hold_what_not_all_have_heard_of_without_saying_so(
    url: str, here: Sessions, node: Sessions
) -> None:
    started = start(here)
    hold(node, started)
    with shell(url) as other:
        other.execute("UPDATE signedin_sessions SET data_held = 7")
    wait_until(lambda: not is_held(node, started))
    assert not is_held(node, started)
    hold(node, started)

    assert mark(url, started) == 0


def test_a_change_to_the_same_is_heard_too(url: str, here: Sessions, node: Sessions) -> None:
    """From then on nobody is told of changes."""
    started = start(here, 0)
    put(here, started, 1)
    hold(node, started)
    put(here, started, 1)
    put(here, started, 2)

    assert read(node, started) == 2


def test_the_lease_of_a_node_that_hears_nothing_is_waited_out(
    here: Sessions, there: Sessions, proxy: Proxy
) -> None:
    started = start(here)
    hold(there, started)
    proxy.hold()
    put(here, started, 1)

    assert read(there, started) == 1
    assert not is_held(there, started)
    proxy.let_go()
    hold(there, started)
    put(here, started, 2)
    assert read(there, started) == 2


def test_a_node_whose_feed_is_lost_reads_each_time(
    here: Sessions, there: Sessions, proxy: Proxy
) -> None:
    started = start(here)
    hold(there, started)
    proxy.cut()
    wait_until(lambda: store_of(there)._lease.until == 0.0)
    put(here, started, 1)

    assert read(there, started) == 1
    assert not is_held(there, started)
    proxy.mend()
    hold(there, started)
    put(here, started, 2)
    assert read(there, started) == 2


def test_on_a_new_primary_a_change_waits_a_whole_lease_once(
    url: str, here: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is held by a lease of the former one may not be marked here."""
    started = start(here)
    with shell(url) as other:
        other.execute("DELETE FROM signedin_timelines")
    with waits(monkeypatch) as waited:
        put(here, started, 1)
        put(here, started, 2)

    assert len(waited) == 1
