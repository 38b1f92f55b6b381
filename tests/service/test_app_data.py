"""Applications keep data in sessions: durable, apart from the hot path, reviving nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import Mock

import pytest

from signedin.core.app_data import DATA_SIZE, DataChange
from signedin.core.errors import DataTooLargeError, SessionNotFoundError
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.core.token import new_session_id
from signedin.wiring import Sessions
from tests.clients import client, held
from tests.clock import FixedClock
from tests.databases import Open
from tests.waiting import wait_until


def test_what_one_process_keeps_the_next_reads(open_sessions: Open) -> None:
    one, other = open_sessions(), open_sessions()
    session = one.start("42", client(), methods=["pwd"]).session
    assert one.data.read(session.id) is None

    one.data.change(session.id, DataChange({"cart": [1]}))
    other.data.change(session.id, DataChange({"flash": "hé\0"}))
    one.data.change(session.id, DataChange({}, frozenset({"cart"})))

    assert json.loads(other.data.read(session.id) or "") == {"flash": "hé\0"}


def test_no_change_of_many_at_once_is_lost(open_sessions: Open) -> None:
    several = [open_sessions(), open_sessions()]
    session = several[0].start("42", client(), methods=["pwd"]).session

    def keep(number: int) -> None:
        several[number % 2].data.change(session.id, DataChange({f"key {number}": number}))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(keep, range(20)))

    kept = json.loads(several[0].data.read(session.id) or "")
    assert kept == {f"key {number}": number for number in range(20)}


def test_keeping_data_in_an_ended_session_is_refused_and_revives_nothing(
    sessions: Sessions,
) -> None:
    started = sessions.start("42", client(), methods=["pwd"])
    sessions.terminate(started.session.id, user_id="42", by=Actor.admin("root"))

    with pytest.raises(SessionNotFoundError):
        sessions.data.change(started.session.id, DataChange({"cart": 1}))

    assert sessions.data.read(started.session.id) is None
    assert sessions.check(started.token, client()).session is None


def test_keeping_data_in_a_session_that_never_was_makes_none(
    sessions: Sessions, clock: FixedClock
) -> None:
    never = new_session_id(clock.now(), b"0123456789")

    with pytest.raises(SessionNotFoundError):
        sessions.data.change(never, DataChange({"cart": 1}))

    assert sessions.everybodys() == []


def test_what_a_session_kept_goes_with_its_end(sessions: Sessions) -> None:
    """The ended one stays for weeks as history; what the app kept in it does not."""
    session = sessions.start("42", client(), methods=["pwd"], data='{"cart":1}').session

    sessions.terminate_all("42", by=Actor.admin("root"))

    assert sessions.data.read(session.id) is None


def test_what_is_too_large_leaves_what_was(sessions: Sessions) -> None:
    session = sessions.start("42", client(), methods=["pwd"], data='{"cart":1}').session

    with pytest.raises(DataTooLargeError):
        sessions.data.change(session.id, DataChange({"more": "x" * DATA_SIZE}))

    assert sessions.data.read(session.id) == '{"cart":1}'


def test_data_is_no_reason_to_forget_a_session(sessions: Sessions) -> None:
    started = sessions.start("42", client(), methods=["pwd"])
    sessions.check(started.token, client())
    wait_until(sessions.store.is_fresh)
    sessions.check(started.token, client())

    sessions.data.change(started.session.id, DataChange({"cart": 1}))

    assert held(sessions, started.token) is not None


def test_a_visitor_gets_no_lasting_cookie_for_the_browser(sessions: Sessions) -> None:
    assert sessions.start(None, client(), methods=[], data='{"cart":1}').device_token is None


def test_who_keeps_a_connection_open_is_told_what_has_ended(
    sessions: Sessions, open_sessions: Open
) -> None:
    live, ended = (sessions.start(who, client(), methods=["pwd"]) for who in ("41", "42"))
    sessions.check(live.token, client())
    before = sessions.list("41")[0].last_used_at
    ids = {live.session.id, ended.session.id}
    assert sessions.ended_among(ids) == set()

    open_sessions().terminate(ended.session.id, user_id="42", by=Actor.admin("root"))

    assert sessions.ended_among(ids) == {ended.session.id}
    assert sessions.list("41")[0].last_used_at == before


@pytest.mark.usefixtures("no_maintenance_threads")
def test_a_connection_that_stays_open_for_long_costs_no_look_up(
    sessions: Sessions, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = Policy(idle_timeout=timedelta(hours=1))
    sessions.policies.set("default", policy, by=Actor.admin("root"), reason="a test")
    started = sessions.start("42", client(), methods=["pwd"])
    sessions.check(started.token, client())
    wait_until(sessions.store.is_fresh)
    sessions.check(started.token, client())
    looked_up = Mock(wraps=sessions.store.looking_up)
    monkeypatch.setattr(sessions.store, "looking_up", looked_up)

    clock.advance(timedelta(minutes=59))
    assert sessions.ended_among([started.session.id]) == set()
    assert not looked_up.called

    clock.advance(timedelta(minutes=1))
    assert sessions.ended_among([started.session.id]) == {started.session.id}
