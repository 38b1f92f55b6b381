"""Nodes hold what an application keeps in a session only while each change of it reaches them.

Decision 0013. Each ``Sessions`` on the same database is like another node.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signedin.core.app_data import DataChange
from signedin.core.errors import OutcomeUnknownError
from signedin.core.session import Rotated, Started
from signedin.service.app_data import HELD, SAME
from signedin.service.ports import Heard
from signedin.stores.postgres import store as postgres
from signedin.stores.postgres.confirmations import Confirmations
from signedin.stores.postgres.connections import BUSY_TIMEOUT
from signedin.wiring import Sessions
from tests.clients import client
from tests.cluster import Cluster, program
from tests.databases import Open, shell
from tests.nodes import ROOT, feed_of, hold_in_memory, store_of, terminate
from tests.proxy import Proxy
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

InBackground = Callable[..., "Future[Any]"]


@pytest.fixture
def here(open_sessions: Open) -> Sessions:
    return open_sessions()


@pytest.fixture
def node(open_sessions: Open) -> Sessions:
    return open_sessions()


def start(sessions: Sessions, value: Any = 0) -> Started:
    return sessions.start("42", client(), methods=["pwd"], data=json.dumps({"value": value}))


def put(sessions: Sessions, started: Started | Rotated, value: Any) -> None:
    sessions.data.change(started.session.id, DataChange({"value": value}))


def read(sessions: Sessions, started: Started | Rotated) -> Any:
    """As a request does: the session is checked, then its data read."""
    assert sessions.check(started.token, client()).session is not None
    text = sessions.data.read(started.session.id)
    return None if text is None else json.loads(text).get("value")


def is_held(sessions: Sessions, started: Started | Rotated) -> bool:
    """Whether the data is read without asking the database."""
    with pytest.MonkeyPatch.context() as patch:
        asked: list[str] = []
        ask = store_of(sessions).read_data

        def noted(session_id: str, *, hold: bool = False) -> Any:
            asked.append(session_id)
            return ask(session_id, hold=hold)

        patch.setattr(sessions.store, "read_data", noted)
        read(sessions, started)
    return not asked


def hold(sessions: Sessions, started: Started | Rotated) -> None:
    hold_in_memory(sessions, started)
    for _ in range(SAME + 1):
        read(sessions, started)
    wait_until(lambda: is_held(sessions, started))


def mark(url: str, started: Started) -> int | None:
    with shell(url) as other:
        asked = "SELECT data_held FROM signedin_sessions WHERE id = %s"
        ((found,),) = other.execute(asked, (started.session.id,)).fetchall()
    return None if found is None else int(found)


def write(connection: Any, started: Started, value: Any) -> None:
    """As the code from before did, or a person in a shell."""
    connection.execute(
        "UPDATE signedin_sessions SET data = %s WHERE id = %s",
        (json.dumps({"value": value}), started.session.id),
    )


@contextmanager
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """For which changes somebody waits, in the block."""
    waited: list[int] = []
    wait = Confirmations.wait

    def noted(confirmations: Confirmations, number: int) -> Heard:
        waited.append(number)
        return wait(confirmations, number)

    with monkeypatch.context() as patch:
        patch.setattr(Confirmations, "wait", noted)
        yield waited


def heard(url: str, act: Callable[[Any], object]) -> list[list[str]]:
    """What is told of what a person does in a shell."""
    with shell(url) as listener, shell(url) as other:
        listener.execute("LISTEN signedin")
        act(other)
        words = [note.payload.partition(" ") for note in listener.notifies(timeout=0.2)]
    return [json.loads(rest) for word, _, rest in words if word == "changed"]


# Holding.


def test_data_that_stays_the_same_is_not_read_again(url: str, node: Sessions) -> None:
    started = start(node)
    hold_in_memory(node, started)
    for _ in range(SAME):
        assert not is_held(node, started)
        assert mark(url, started) is None, "nothing is written for what may change at once"
    assert not is_held(node, started)

    assert is_held(node, started)
    assert read(node, started) == 0
    assert mark(url, started) == 0


def test_that_a_session_has_no_data_is_held_too(node: Sessions) -> None:
    started = node.start("42", client(), methods=["pwd"])
    hold(node, started)

    assert read(node, started) is None


def test_where_one_node_holds_it_another_does_after_one_read(
    here: Sessions, node: Sessions
) -> None:
    started = start(here)
    hold(here, started)
    hold_in_memory(node, started)
    read(node, started)

    assert is_held(node, started)


def test_much_data_is_read_each_time_so_that_memory_stays_bounded(
    url: str, here: Sessions, node: Sessions
) -> None:
    started = start(here, "x" * HELD)
    hold_in_memory(node, started)
    for _ in range(3 * SAME):
        assert not is_held(node, started)
    assert mark(url, started) is None
    put(here, started, 1)
    hold(here, started)
    put_by_shell(url, started, "x" * HELD)

    assert read(node, started) == "x" * HELD
    assert not is_held(node, started)


def put_by_shell(url: str, started: Started, value: Any) -> None:
    with shell(url) as other:
        write(other, started, value)


def test_a_process_that_checks_nothing_holds_nothing(url: str, here: Sessions) -> None:
    started = start(here)
    for _ in range(3 * SAME):
        assert here.data.read(started.session.id) == '{"value": 0}'

    assert mark(url, started) is None


def test_a_session_that_left_memory_and_came_back_has_its_data_read(
    here: Sessions, node: Sessions
) -> None:
    started = start(here)
    hold(node, started)
    for change in (1, 2):
        node._memory.forget(None)
        put(here, started, change)
        hold_in_memory(node, started)

        assert read(node, started) == change


def test_a_new_token_leaves_the_data_as_it_is(here: Sessions, node: Sessions) -> None:
    started = start(here)
    hold(node, started)
    rotated = here.rotate(started.token, methods=["pwd", "otp"])
    hold(node, rotated)
    put(here, rotated, 1)

    assert read(node, rotated) == 1


def test_data_of_an_ended_session_is_gone_with_it(url: str, here: Sessions, node: Sessions) -> None:
    started = start(here)
    hold(node, started)
    terminate(here, started)

    assert node.data.read(started.session.id) is None


def test_an_ended_session_is_not_written_to(url: str, node: Sessions) -> None:
    started = start(node)
    terminate(node, started)

    assert node.store.read_data(started.session.id, hold=True) == (None, None)
    assert mark(url, started) is None


# Changing.


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

        def lock(confirmations: Confirmations, number: int) -> Heard:
            other.execute("BEGIN")
            other.execute("UPDATE signedin_sessions SET name = 'Office'")
            return wait(confirmations, number)

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

    def changed_again(confirmations: Confirmations, number: int) -> Heard:
        monkeypatch.setattr(Confirmations, "wait", wait)
        heard = wait(confirmations, number)
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

    def die(confirmations: Confirmations, number: int) -> Heard:
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


# Others who write.


def test_a_writer_that_waits_for_nobody_is_heard_all_the_same(
    url: str, here: Sessions, node: Sessions
) -> None:
    started = start(here)
    for value in (1, 2):
        hold(node, started)
        with shell(url) as other:
            write(other, started, value)

        wait_until(lambda: read(node, started) == value)  # noqa: B023


def test_nothing_is_heard_of_a_change_that_was_undone(
    url: str, here: Sessions, node: Sessions
) -> None:
    started = start(here)
    hold(node, started)
    with shell(url) as other:
        other.execute("BEGIN")
        write(other, started, 1)
        assert read(node, started) == 0
        other.execute("ROLLBACK")

    assert is_held(node, started)
    put(here, started, 2)
    assert read(node, started) == 2


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    ("held", "change", "told"),
    [
        ("0", "data = '{}'", "data:"),
        ("0", "data = NULL", "data:"),
        ("0", "data_held = 7", "data:"),
        ("0", "data_held = NULL", "data:"),
        ("0", "data = '{}', name = 'Office'", ""),
        ("0", "data = NULL, ended_at = 1, ended_reason = 'idle', ended_by_kind = 'policy'", ""),
        ("0", "data = data, last_used_at = last_used_at + 1", None),
        ("7", "data = '{}'", "data:"),
        ("7", "data_held = 8", "data:"),
        ("7", "data_held = NULL", None),
        ("7", "data_held = 0", None),
        ("NULL", "data = '{}'", None),
        ("NULL", "data_held = 0", None),
    ],
)
def test_what_nodes_may_hold_tells_its_change(
    url: str, here: Sessions, role: str, held: str, change: str, told: str | None
) -> None:
    started = start(here)
    with shell(url) as other:
        other.execute(f"UPDATE signedin_sessions SET data_held = {held}")

    def act(other: Any) -> None:
        other.execute(f"SET session_replication_role = {role}")
        other.execute(f"UPDATE signedin_sessions SET {change}")

    expected = [] if told is None else [[f"{told}{started.session.id}"]]
    assert heard(url, act) == expected


def test_one_statement_that_changes_much_data_and_a_session_tells_each_of_its_own(
    url: str, here: Sessions
) -> None:
    first, second, third = start(here), start(here), start(here)
    hold(here, first)
    change = (
        "UPDATE signedin_sessions SET data = '{}', name = CASE id WHEN %s THEN 'Office' END "
        "WHERE id <> %s"
    )
    (told,) = heard(url, lambda s: s.execute(change, (second.session.id, third.session.id)))

    assert sorted(told) == sorted([f"data:{first.session.id}", second.session.id])


@pytest.mark.parametrize(("people", "told_of"), [("42", ["user:42"]), (None, ["*"])])
def test_of_much_data_at_once_it_is_told_whose_it_is_or_all_is_dropped(
    url: str, here: Sessions, people: str | None, told_of: list[str]
) -> None:
    started = start(here)
    with shell(url) as other:
        other.execute(
            "INSERT INTO signedin_sessions (id, token_hash, generation, user_id, organizations, "
            "created_at, last_used_at, persistent, methods, client_seq, "
            "first_place_seq, data_held) SELECT gen_random_uuid(), sha256(n::text::bytea), "
            "generation, %s, organizations, created_at, last_used_at, "
            "persistent, methods, client_seq, first_place_seq, 0 "
            "FROM signedin_sessions, generate_series(1, 300) n",
            (people,),
        )
    hold(here, started)

    assert heard(url, lambda s: s.execute("UPDATE signedin_sessions SET data = '{}'")) == [told_of]
    wait_until(lambda: not is_held(here, started))


def test_a_backup_that_is_restored_beside_live_nodes_is_believed(
    url: str, here: Sessions, node: Sessions, tmp_path: Path
) -> None:
    started = start(here)
    hold(node, started)
    backup = tmp_path / "backup"
    subprocess.run([program("pg_dump"), "-Fc", "-f", backup, url], check=True)
    put(here, started, 1)
    hold(node, started)

    restore = [program("pg_restore"), "--clean", "--single-transaction", "-d", url, str(backup)]
    subprocess.run(restore, check=True)

    wait_until(lambda: read(node, started) == 0)
    hold(node, started)
    put(here, started, 2)
    assert read(node, started) == 2


# What comes in between.


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


def test_nor_what_was_the_primary_longer_ago_than_a_lease(here: Sessions, node: Sessions) -> None:
    started = start(here)
    hold(here, started)
    feed = feed_of(node)
    hold_in_memory(node, started)
    with feed._beating:
        server, until = feed._vouched
        feed._vouched = server, 0.0
        assert store_of(node).read_data(started.session.id) == ('{"value": 0}', None)
        feed._vouched = server, until

    hold(node, started)


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
