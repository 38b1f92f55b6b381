"""What breaks breaks towards refusing: nobody is logged out, and no success is made up (I2, I4)."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import psycopg
import pytest

from signedin.core.errors import (
    OutcomeUnknownError,
    SessionNotFoundError,
    StoreUnavailableError,
)
from signedin.core.policy import Policy
from signedin.core.session import Started
from signedin.stores.postgres import store
from signedin.stores.postgres.connections import CollisionError, Connection, commit
from signedin.stores.postgres.store import PostgresStore
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client
from tests.clock import FixedClock
from tests.cluster import Cluster
from tests.databases import Open, locked, shell
from tests.nodes import ROOT, is_live

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


@pytest.fixture
def started(sessions: Sessions) -> Started:
    return sessions.start("42", client(), methods=["pwd"])


def terminate(sessions: Sessions, started: Started) -> int:
    return sessions.terminate(started.session.id, user_id=None, by=ROOT).ended


def end_connections(url: str) -> None:
    """As an administrator or a failover does; whatever is in flight breaks."""
    with shell(url) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE application_name = 'signedin'"
        )


def test_a_server_that_is_restarted_logs_nobody_out_and_forgets_no_end(
    own_cluster: Cluster, clock: FixedClock
) -> None:
    sessions = Sessions(own_cluster.emptied(), clock=clock)
    live, ended = (sessions.start("42", client(), methods=["pwd"]) for _ in range(2))
    terminate(sessions, ended)
    for mode in ("immediate", "fast"):
        own_cluster.stop(mode)
        for token in (live.token, ended.token):
            with pytest.raises(StoreUnavailableError):
                sessions.check(token, client())
        with pytest.raises(StoreUnavailableError, match="Nothing was changed"):
            terminate(sessions, live)
        own_cluster.start()

        assert is_live(sessions, live)
        assert not is_live(sessions, ended)
    assert terminate(sessions, live) == 1
    assert not is_live(sessions, live)
    sessions.close()


def test_connections_that_died_while_idle_are_noticed_by_nobody(
    url: str, sessions: Sessions, started: Started
) -> None:
    assert is_live(sessions, started)

    end_connections(url)
    assert is_live(sessions, started)

    end_connections(url)
    assert terminate(sessions, started) == 1


def test_a_transaction_whose_connection_breaks_before_the_commit_changes_nothing(
    url: str, sessions: Sessions, started: Started
) -> None:
    def break_and_go_on() -> None:
        with sessions.work() as work:
            work.terminate(started.session.id, user_id="42", by=ROOT)
            end_connections(url)
            work.transaction.by_id(started.session.id)

    with pytest.raises(StoreUnavailableError, match="Nothing was changed"):
        break_and_go_on()

    assert is_live(sessions, started)


def test_a_connection_that_breaks_at_the_commit_is_an_unknown_outcome(
    url: str, sessions: Sessions, started: Started
) -> None:
    def break_and_commit(connection: Connection, last: str, **values: object) -> str | None:
        end_connections(url)
        return commit(connection, last, **values)

    with (
        patch.object(store, "commit", break_and_commit),
        pytest.raises(OutcomeUnknownError, match="may or may not hold"),
    ):
        terminate(sessions, started)

    assert terminate(sessions, started) == 1


def test_a_commit_that_was_a_rollback_is_no_success(sessions: Sessions, started: Started) -> None:
    """PostgreSQL answers COMMIT with ROLLBACK, and with no error, once a statement has failed."""
    with (
        pytest.raises(StoreUnavailableError, match="Nothing was changed"),
        sessions.store.transaction() as transaction,
        pytest.raises(psycopg.IntegrityError),
    ):
        transaction.run("insert_member", organization="none", user_id="none", since=1)

    assert is_live(sessions, started)


def test_a_warning_at_the_commit_is_an_unknown_outcome(
    url: str, sessions: Sessions, started: Started
) -> None:
    """So PostgreSQL tells that it did not wait for the standby that it should wait for."""
    with shell(url) as other:
        other.execute(
            "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END $$; "
            "CREATE CONSTRAINT TRIGGER warn AFTER UPDATE ON signedin_sessions "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn()"
        )
        try:
            with pytest.raises(OutcomeUnknownError, match="synchronous replication"):
                terminate(sessions, started)
        finally:
            other.execute("DROP FUNCTION warn CASCADE")

    assert not is_live(sessions, started)


def test_a_database_that_only_reads_says_so_and_ends_nothing(
    url: str, sessions: Sessions, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_WRITE", store._WRITE.replace(b"READ WRITE", b"READ ONLY"))

    with pytest.raises(StoreUnavailableError, match="read-only"):
        terminate(sessions, started)

    assert is_live(sessions, started)


def test_while_somebody_writes_checks_go_on_and_an_end_gives_up_in_time(
    url: str, sessions: Sessions, started: Started
) -> None:
    with locked(url, sessions):
        assert is_live(sessions, started)
        with pytest.raises(StoreUnavailableError, match="lock timeout"):
            terminate(sessions, started)

    assert terminate(sessions, started) == 1


def test_who_stops_inside_a_write_is_undone_before_others_give_up(
    open_sessions: Open, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, other = open_sessions(), open_sessions()
    monkeypatch.setattr(store, "_WRITE", store._WRITE.replace(b"timeout = 3000", b"timeout = 300"))

    def stop_while_another_ends_it() -> None:
        with stopped.work() as work:
            work.rename(started.session.id, "x", user_id="42", by=ROOT)
            assert terminate(other, started) == 1

    with pytest.raises(StoreUnavailableError):
        stop_while_another_ends_it()

    assert not is_live(stopped, started)


def test_an_end_is_durable_where_the_server_is_set_to_forget(url: str, started: Started) -> None:
    sessions = Sessions(f"{url}&options=-c%20synchronous_commit%3Doff")

    with sessions.store.transaction() as transaction:
        execute = transaction._execute.args[0].execute  # type: ignore[attr-defined]
        assert execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert execute("SHOW transaction_isolation").fetchone() == ("read committed",)
    sessions.close()


def test_a_flush_that_was_undone_for_a_deadlock_is_written_again(
    url: str, sessions: Sessions, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a shell takes rows in another order; its deadlock costs nobody a use."""
    both = [sessions.start("42", client(agent), methods=["pwd"]) for agent in (FIREFOX, "other")]
    first, second = sorted(each.session.id for each in both)
    clock.advance(timedelta(minutes=1))
    for each in both:
        sessions.check(each.token, client(FIREFOX))
    write, tries = store._write_uses, []

    def write_and_count(*given: Any) -> None:
        tries.append(given)
        write(*given)

    monkeypatch.setattr(store, "_write_uses", write_and_count)

    def flush_and_go_on() -> None:
        with suppress(CollisionError):  # each time it was quicker than the shell, which waits on
            sessions._flush()

    lock = "UPDATE signedin_sessions SET name = 'x' WHERE id = %s"
    blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with shell(url) as other, shell(url) as looking:
        other.execute("BEGIN; SET LOCAL deadlock_timeout = '60s'")  # so that the flush is undone
        other.execute(lock, (second,))
        flush = threading.Thread(target=flush_and_go_on)
        flush.start()
        while looking.execute(blocked).fetchone() == (0,):
            assert flush.is_alive()
        other.execute(lock, (first,))
        other.execute("COMMIT")
        flush.join(30)

    assert len(tries) > 1
    sessions._flush()
    with sessions.store.reading() as reads:
        assert {s.last_used_at for s in reads.live_of("42")} == {clock.now()}


def test_more_threads_than_connections_all_get_an_answer(
    sessions: Sessions, started: Started
) -> None:
    answers: list[bool] = []
    threads = [
        threading.Thread(target=lambda: answers.append(is_live(sessions, started)))
        for _ in range(4 * store.READERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert answers == [True] * len(threads)
    opened = sessions.store
    assert isinstance(opened, PostgresStore)
    assert len(opened._reading._all) <= store.READERS


def test_a_forked_child_uses_and_closes_nothing_of_its_parents(
    sessions: Sessions, started: Started
) -> None:
    opened = sessions.store
    assert isinstance(opened, PostgresStore)
    assert is_live(sessions, started)
    before = {c.info.backend_pid for pool in opened._connections for c in pool._all}
    with opened._opening, opened._reading._changing, opened._writing._changing:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                ended = terminate(sessions, started)
                sessions.check(started.token, client())
                own = {c.info.backend_pid for pool in opened._connections for c in pool._all}
                os.write(writing, f"{ended} {bool(own & before)}".encode())
                sessions.close()
            finally:
                os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        assert told.read() == "1 False"

    assert not is_live(sessions, started)
    after = {c.info.backend_pid for pool in opened._connections for c in pool._all}
    assert before <= after, "still open and in use"


def test_what_is_closed_is_opened_again_by_the_next_use(
    sessions: Sessions, started: Started
) -> None:
    sessions.store.close()

    assert is_live(sessions, started)


def test_of_very_long_words_about_itself_a_client_keeps_its_session(
    sessions: Sessions, clock: FixedClock
) -> None:
    """An entry of an ordinary index would be too short for them, and one bad flush stops all."""
    agents = [os.urandom(2000).decode("latin-1") for _ in range(2)]
    started = sessions.start("42", client(agents[0]), methods=["pwd"])
    clock.advance(timedelta(minutes=1))

    sessions.check(started.token, client(agents[1]))

    assert sessions.list("42")[0].last_used_at == clock.now()


def test_nothing_is_found_by_a_nul_and_what_people_say_loses_it(
    sessions: Sessions, started: Started
) -> None:
    """PostgreSQL keeps none in a text, and clients may send some in every field."""
    with pytest.raises(SessionNotFoundError):
        sessions.terminate("\0" * 36, user_id="42", by=ROOT)
    assert sessions.terminate_selected(["\0"], user_id="42", by=ROOT).ended == 0
    assert sessions.list("42\0") == []

    sessions.terminate(started.session.id, user_id="42", by=ROOT, note="lost\0")
    sessions.policies.set("default", Policy(), by=ROOT, reason="why\0")

    (ended,) = sessions.history("42")
    assert ended.ended is not None
    assert ended.ended.note == "lost\ufffd"
    assert sessions.policies.history("default")[0].reason == "why\ufffd"
