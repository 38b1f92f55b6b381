"""Inside a transaction of the application nothing is promised, kept or lost before it commits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.test import Client, override_settings

from signedin.core.app_data import DataChange
from signedin.core.errors import InvalidSettingError, TransactionOpenError
from signedin.core.permission import Actor
from signedin.core.session import Client as Device
from signedin.core.session import Started
from signedin.django.service import DjangoSessions, begin_anew
from signedin.service.sessions import SessionService
from signedin.wiring import Sessions
from tests.django.conftest import use_database
from tests.nodes import waits
from tests.waiting import wait_until

HALF_A_LEASE = 1.0  # seconds
ROOT = Actor.admin("root")
DEVICE = Device("203.0.113.7", "")


class Undo(Exception):
    """What makes a block roll back."""


@pytest.fixture
def elsewhere(project: str) -> Iterator[Sessions]:
    """Another process on the same database, which answers from memory."""
    sessions = Sessions(project)
    yield sessions
    sessions.close()


def start(sessions: DjangoSessions) -> Started:
    return sessions.start("42", DEVICE, methods=["pwd"])


def read_as_a_request(sessions: SessionService, started: Started) -> str | None:
    assert sessions.check(started.token, DEVICE).session is not None
    return sessions.data.read(started.session.id)


def test_another_process_hears_of_an_end_when_the_block_has_committed(
    kept: DjangoSessions, elsewhere: Sessions
) -> None:
    started = start(kept)
    assert elsewhere.check(started.token, DEVICE).session is not None
    with transaction.atomic():
        receipt = kept.terminate(started.session.id, user_id="42", by=ROOT)

        assert receipt.pending
        assert elsewhere.check(started.token, DEVICE).session is not None
        # On SQLite the word says from here on that there may be a change.
        assert elsewhere.is_remote or not elsewhere.store.is_fresh()

    assert elsewhere.check(started.token, DEVICE).session is None


def commit_and_wait_for(elsewhere: Sessions, act: Callable[[], object]) -> None:
    """Commit an act while another process is held up, which has to be waited for."""

    def commit() -> None:
        with transaction.atomic():
            act()
        connection.close()

    thread = threading.Thread(target=commit)
    with elsewhere._memory._lock:  # so that it can hear, and do nothing about it
        thread.start()
        thread.join(HALF_A_LEASE)
        assert thread.is_alive()
    thread.join()


def test_the_commit_returns_when_another_process_has_heard_of_the_end_and_not_before(
    kept: DjangoSessions, elsewhere: Sessions
) -> None:
    if not elsewhere.is_remote:
        return  # the word tells it before the commit
    started = start(kept)
    assert elsewhere.check(started.token, DEVICE).session is not None

    commit_and_wait_for(
        elsewhere, lambda: kept.terminate(started.session.id, user_id="42", by=ROOT)
    )

    assert elsewhere.check(started.token, DEVICE).session is None


def hold(sessions: SessionService, started: Started) -> None:
    """Read as often as it takes, until the data comes from memory."""

    def is_held() -> bool:
        read_as_a_request(sessions, started)
        entry = sessions._memory.of_session(started.session.id)
        return entry is not None and entry.data is not None and entry.data[0] >= 0

    wait_until(is_held)


def mark(started: Started) -> object:
    with connection.cursor() as cursor:
        asked = "SELECT data_held FROM signedin_sessions WHERE id = %s"
        cursor.execute(asked, [started.session.id])
        return cursor.fetchone()[0]


def test_data_that_others_hold_changes_for_them_when_the_block_commits(
    kept: DjangoSessions, elsewhere: Sessions
) -> None:
    started = start(kept)
    hold(elsewhere, started)
    hold(kept, started)
    with transaction.atomic():
        kept.data.change(started.session.id, DataChange({"cart": 1}))

        assert kept.data.read(started.session.id) == '{"cart":1}', "it sees what it wrote"
        assert read_as_a_request(elsewhere, started) is None
        assert read_as_a_request(elsewhere, started) is None

    assert read_as_a_request(elsewhere, started) == '{"cart":1}'
    assert read_as_a_request(kept, started) == '{"cart":1}'


def test_data_of_a_block_that_is_rolled_back_was_never_there(
    kept: DjangoSessions, elsewhere: Sessions
) -> None:
    started, other = start(kept), start(kept)
    hold(elsewhere, started)
    hold(elsewhere, other)
    with suppress(Undo), transaction.atomic():
        kept.data.change(started.session.id, DataChange({"cart": 1}))
        assert read_as_a_request(elsewhere, started) is None
        raise Undo
    kept.data.change(other.session.id, DataChange({"cart": 2}))

    for sessions in (kept, elsewhere):
        assert read_as_a_request(sessions, started) is None
        assert read_as_a_request(sessions, other) == '{"cart":2}'


def test_the_commit_returns_when_another_process_has_heard_of_the_data_and_not_before(
    kept: DjangoSessions, elsewhere: Sessions
) -> None:
    if not elsewhere.is_remote:
        return  # the word tells it before the commit
    started = start(kept)
    hold(elsewhere, started)

    commit_and_wait_for(
        elsewhere, lambda: kept.data.change(started.session.id, DataChange({"cart": 1}))
    )

    assert read_as_a_request(elsewhere, started) == '{"cart":1}'
    assert mark(started) is None, "all have heard"


def test_a_change_of_data_that_nobody_holds_waits_for_nobody(
    kept: DjangoSessions, elsewhere: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not elsewhere.is_remote:
        return
    started = start(kept)
    hold(elsewhere, started)
    with waits(monkeypatch) as waited:
        for value in (1, 2):
            with transaction.atomic():
                kept.data.change(started.session.id, DataChange({"cart": value}))

    assert len(waited) == 1, "of the first one only"


def test_data_that_was_changed_in_a_savepoint_that_is_undone_stays_held(
    kept: DjangoSessions, elsewhere: Sessions
) -> None:
    started, other = start(kept), start(kept)
    for each in (started, other):
        hold(elsewhere, each)
    with transaction.atomic():
        kept.data.change(other.session.id, DataChange({"cart": 1}))
        with suppress(Undo), transaction.atomic():
            kept.data.change(started.session.id, DataChange({"cart": 2}))
            raise Undo
    if elsewhere.is_remote:
        assert (mark(started), mark(other)) == (0, None)

    assert read_as_a_request(elsewhere, started) is None
    assert read_as_a_request(elsewhere, other) == '{"cart":1}'
    kept.data.change(started.session.id, DataChange({"cart": 3}))
    assert read_as_a_request(elsewhere, started) == '{"cart":3}'


def test_where_the_application_commits_by_hand_others_hear_of_its_data(
    kept: DjangoSessions, elsewhere: Sessions
) -> None:
    started = start(kept)
    for value in (1, 2):
        hold(elsewhere, started)
        connection.set_autocommit(False)
        try:
            kept.data.change(started.session.id, DataChange({"cart": value}))
            connection.commit()
            wait_until(lambda: read_as_a_request(elsewhere, started) == f'{{"cart":{value}}}')  # noqa: B023
        finally:
            connection.set_autocommit(True)

    kept.data.change(started.session.id, DataChange({"cart": 3}))
    assert read_as_a_request(elsewhere, started) == '{"cart":3}'


def test_an_end_that_is_rolled_back_never_happened_anywhere(
    kept: DjangoSessions, elsewhere: Sessions
) -> None:
    started = start(kept)
    with pytest.raises(Undo), transaction.atomic():  # noqa: PT012
        kept.terminate(started.session.id, user_id="42", by=ROOT)
        raise Undo

    for sessions in (kept, elsewhere):
        assert sessions.check(started.token, DEVICE).session is not None


def test_memory_is_trusted_again_after_a_rollback(kept: DjangoSessions) -> None:
    started = start(kept)
    with pytest.raises(Undo), transaction.atomic():  # noqa: PT012
        kept.terminate(started.session.id, user_id="42", by=ROOT)
        raise Undo

    def is_answered_from_memory() -> bool:
        kept.check(started.token, DEVICE)
        return kept.check_held(started.token.encode(), DEVICE.ip_address, b"") is not None

    wait_until(is_answered_from_memory)


def test_what_is_not_committed_is_not_kept_in_memory(kept: DjangoSessions) -> None:
    with pytest.raises(Undo), transaction.atomic():  # noqa: PT012
        started = start(kept)
        assert kept.check(started.token, DEVICE).session is not None
        raise Undo

    assert kept.check(started.token, DEVICE).session is None


def test_an_end_in_a_savepoint_that_is_undone_is_void_though_the_block_commits(
    kept: DjangoSessions, elsewhere: Sessions
) -> None:
    started, other = start(kept), start(kept)
    with transaction.atomic():
        kept.terminate(other.session.id, user_id="42", by=ROOT)
        try:
            with transaction.atomic():
                kept.terminate(started.session.id, user_id="42", by=ROOT)
                raise Undo
        except Undo:
            pass

    for sessions in (kept, elsewhere):
        assert sessions.check(started.token, DEVICE).session is not None
        assert sessions.check(other.token, DEVICE).session is None


def test_a_failure_of_ours_leaves_the_transaction_of_the_application_usable(
    kept: DjangoSessions,
) -> None:
    with transaction.atomic():
        with pytest.raises(LookupError):
            kept.terminate("none such", user_id="42", by=ROOT)
        User.objects.create_user("bob")

    assert User.objects.filter(username="bob").exists()


def test_where_the_application_commits_by_hand_nothing_is_ended(kept: DjangoSessions) -> None:
    started = start(kept)
    connection.ensure_connection()
    connection.set_autocommit(False)
    try:
        with pytest.raises(TransactionOpenError):
            kept.terminate(started.session.id, user_id="42", by=ROOT)
    finally:
        connection.rollback()
        connection.set_autocommit(True)

    assert kept.check(started.token, DEVICE).session is not None


def test_with_atomic_requests_an_end_elsewhere_is_seen_by_the_next_request(
    kept: DjangoSessions, elsewhere: Sessions
) -> None:
    connections["default"].settings_dict["ATOMIC_REQUESTS"] = True
    try:
        user = User.objects.create_user("alice", password="a long word")
        client = Client()
        client.post("/login", {"username": "alice", "password": "a long word"})
        assert client.get("/who").content == b"alice"
        (session,) = elsewhere.list(str(user.pk))
        elsewhere.terminate(session.id, user_id=str(user.pk), by=ROOT)
        assert client.get("/who").content == b"nobody"
    finally:
        connections["default"].settings_dict["ATOMIC_REQUESTS"] = False


def test_sessions_may_be_kept_in_another_database_than_users(
    project: str, kept: DjangoSessions
) -> None:
    apart = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    begin_anew()
    use_database("sessions", connections.settings["default"])
    use_database("default", apart)
    try:
        with override_settings(SIGNEDIN={"DATABASE": "sessions"}):
            client = Client()
            client.get("/data?cart=apples")
            assert client.get("/data").json() == {"cart": "apples"}
    finally:
        begin_anew()
        use_database("default", connections.settings["sessions"])
        connections["sessions"].close()


def test_a_database_that_is_neither_is_refused_with_what_to_do(project: str) -> None:
    use_database("other", {"ENGINE": "django.db.backends.dummy"})
    with (
        override_settings(SIGNEDIN={"DATABASE": "other"}),
        pytest.raises(InvalidSettingError, match="Add a SQLite or PostgreSQL database"),
    ):
        Client(headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}=12345678"}).get("/who")
