"""What is read or held while something else happens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signedin.core.errors import OutcomeUnknownError, StoreUnavailableError
from signedin.service.app_data import SAME
from signedin.stores.postgres import store as postgres
from signedin.stores.postgres.connections import BUSY_TIMEOUT
from signedin.stores.postgres.lease import now
from signedin.wiring import Sessions
from tests.cluster import Cluster
from tests.databases import shell
from tests.nodes import LEASE, ROOT, feed_of, hold_in_memory, store_of
from tests.stores.held import put, read, start
from tests.stores.postgres.held_data.steps import InBackground, hold, is_held, write

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


def test_what_is_read_while_a_change_is_heard_of_is_not_kept(
    here: Sessions, node: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both where it is held already and where the node is about to say that it holds it."""
    started = start(here)
    ask = store_of(node).read_data
    turn = 0

    def overtaken(session_id: str, *, hold: bool = False) -> Any:
        nonlocal turn
        answer = ask(session_id, hold=hold)
        if hold or answer[1] is not None:
            turn += 1
            put(here, started, turn)
        return answer

    hold(here, started)
    hold_in_memory(node, started)
    monkeypatch.setattr(node.store, "read_data", overtaken)
    for _ in range(3 * SAME):
        before = turn
        assert read(node, started) >= before
        assert read(node, started) >= turn - 1
    assert turn > 2
    monkeypatch.undo()
    hold(node, started)
    assert read(node, started) == turn


def test_a_lease_that_was_lost_meanwhile_keeps_out_what_was_read(
    here: Sessions, node: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(here)
    hold(here, started)
    hold_in_memory(node, started)
    ask = store_of(node).read_data

    def overtaken(session_id: str, *, hold: bool = False) -> Any:
        answer = ask(session_id, hold=hold)
        feed_of(node)._lose()
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(node.store, "read_data", overtaken)
        entry = node._memory.of_session(started.session.id)
        read(node, started)

    assert entry is not None
    assert entry.data is None


def test_what_another_server_says_is_not_held(
    here: Sessions, node: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the former primary, to which a connection is still open."""
    started = start(here)
    hold(here, started)
    hold_in_memory(node, started)
    vouches = feed_of(node).vouches_for
    monkeypatch.setattr(feed_of(node), "vouches_for", lambda server: vouches(f"another {server}"))
    for _ in range(3):
        assert not is_held(node, started)


def test_nor_what_was_the_primary_longer_ago_than_a_lease(
    here: Sessions, node: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(here)
    hold(here, started)
    feed = feed_of(node)
    hold_in_memory(node, started)
    with feed._beating:  # nor does the feed prove it meanwhile
        server, until = feed._vouched
        feed._vouched = server, 0.0
        monkeypatch.setattr(feed, "vouched_server", lambda: server)
        assert store_of(node).read_data(started.session.id) == ('{"value": 0}', None)
        feed._vouched = server, until
    monkeypatch.undo()

    hold(node, started)


@pytest.mark.parametrize("known", [True, False])
def test_what_the_former_primary_says_is_not_answered(
    here: Sessions, node: Sessions, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """Memory proves the session by the new one, and a connection to the former is still open.

    Of a session that began on the new one it says that there is none.
    """
    started = start(here)
    hold_in_memory(node, started)
    session_id = started.session.id if known else "01900000-0000-7000-8000-000000000001"
    feed = feed_of(node)
    feed._vouched = "another", feed._vouched[1]
    assert store_of(node).read_data(started.session.id)[0] == '{"value": 0}', "a heartbeat first"

    monkeypatch.setattr(feed, "_beat", lambda: None)
    with feed._beating:
        pass  # none is on its way any more
    feed._vouched = "another", now() + LEASE
    with pytest.raises(StoreUnavailableError, match="moved to another server"):
        node.data.read(session_id)


@pytest.mark.parametrize(
    "begin",
    [
        "UPDATE signedin_sessions SET name = 'Office'",
        "LOCK TABLE signedin_sessions IN SHARE ROW EXCLUSIVE MODE",  # as a migration does
    ],
)
def test_who_only_reads_does_not_wait_for_who_is_writing(
    url: str, here: Sessions, node: Sessions, in_background: InBackground, begin: str
) -> None:
    """Of a row not even as long as it takes to see that a table is locked."""
    started = start(here)
    hold_in_memory(node, started)
    with pytest.MonkeyPatch.context() as patch, shell(url) as other:
        if begin.startswith("UPDATE"):
            patient = postgres._HOLD.replace(b"timeout = 20", b"timeout = 0")
            patch.setattr(postgres, "_HOLD", patient)
        other.execute("BEGIN")
        other.execute(begin)
        for _ in range(2 * SAME + 2):
            assert in_background(read, node, started).result(timeout=BUSY_TIMEOUT) == 0
        assert not is_held(node, started)
        other.execute("ROLLBACK")

    hold(node, started)


def test_where_it_is_not_known_whether_it_was_written_nothing_is_held(
    node: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start(node)
    hold_in_memory(node, started)

    def unknown(*args: Any, **values: Any) -> bool:
        raise OutcomeUnknownError("The standby did not answer.")

    monkeypatch.setattr("signedin.stores.postgres.store.commit", unknown)
    for _ in range(2 * SAME + 2):
        assert read(node, started) == 0
    assert not is_held(node, started)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["read", "read", "read", "put", "undo", "shell", "rename", "end"]),
        st.integers(0, 2),  # whose process
        st.integers(0, 2),  # which session
    ),
    max_size=40,
)


@settings(max_examples=20)
@given(STEPS)
def test_whatever_happens_everybody_reads_what_was_written_last(
    cluster: Cluster, steps: list[tuple[str, int, int]]
) -> None:
    url = cluster.emptied()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("signedin.service.app_data.SAME", 1)
        processes = [Sessions(url) for _ in range(3)]
        kept: dict[int, Any] = dict.fromkeys(range(3), 0)
        started = {index: start(processes[0]) for index in kept}
        for sessions in processes:
            hold(sessions, started[0])
        for number, (step, process, index) in enumerate(steps, 1):
            sessions, one = processes[process], started[index]
            if index not in kept:
                assert sessions.data.read(one.session.id) is None
            elif step == "put":
                put(sessions, one, number)
                kept[index] = number
            elif step == "rename":
                sessions.rename(one.session.id, f"name {number}", user_id="42", by=ROOT)
            elif step == "end":
                sessions.terminate(one.session.id, user_id="42", by=ROOT)
                del kept[index]
            elif step == "read":
                assert read(sessions, one) == kept[index]
            else:
                with shell(url) as writer:
                    writer.execute("BEGIN")
                    write(writer, one, number)
                    writer.execute("ROLLBACK" if step == "undo" else "COMMIT")
                if step == "shell":
                    kept[index] = number
                    with store_of(sessions).transaction() as transaction:
                        transaction.let_all_hear()  # for which a shell does not wait
        for sessions in processes:
            for index, value in kept.items():
                assert read(sessions, started[index]) == value
        for sessions in processes:
            sessions.close()
