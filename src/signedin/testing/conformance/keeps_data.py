"""Applications keep data in sessions: durable, apart from the hot path, reviving nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from signedin.core.app_data import DATA_SIZE, DataChange
from signedin.core.errors import DataTooLargeError, SessionNotFoundError
from signedin.core.permission import Actor
from signedin.core.token import new_session_id
from signedin.service.app_data import SAME
from signedin.service.sessions import SessionService
from signedin.testing.clock import FixedClock
from signedin.testing.conformance.base import Open, StoreTests, client


class KeepsData(StoreTests):
    """What an application keeps in a session."""

    def test_what_one_process_keeps_the_next_reads(self, open_sessions: Open) -> None:
        one, other = open_sessions(), open_sessions()
        session = one.start("42", client(), methods=["pwd"]).session
        assert one.data.read(session.id) is None

        one.data.change(session.id, DataChange({"cart": [1]}))
        other.data.change(session.id, DataChange({"flash": "hé\0"}))
        one.data.change(session.id, DataChange({}, frozenset({"cart"})))

        assert json.loads(other.data.read(session.id) or "") == {"flash": "hé\0"}

    def test_what_is_kept_shows_in_the_next_request_of_every_process_however_often_it_was_read(
        self, open_sessions: Open
    ) -> None:
        several = [open_sessions(), open_sessions()]
        started = several[0].start("42", client(), methods=["pwd"])

        def read(sessions: SessionService) -> str | None:
            assert sessions.check(started.token, client()).session is not None
            return sessions.data.read(started.session.id)

        for value in range(6):
            for sessions in several:
                for _ in range(2 * SAME):
                    read(sessions)
            several[value % 2].data.change(started.session.id, DataChange({"cart": value}))

            assert [read(sessions) for sessions in several] == [f'{{"cart":{value}}}'] * 2

    def test_no_change_of_many_at_once_is_lost(self, open_sessions: Open) -> None:
        several = [open_sessions(), open_sessions()]
        session = several[0].start("42", client(), methods=["pwd"]).session

        def keep(number: int) -> None:
            several[number % 2].data.change(session.id, DataChange({f"key {number}": number}))

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(keep, range(20)))

        kept = json.loads(several[0].data.read(session.id) or "")
        assert kept == {f"key {number}": number for number in range(20)}

    def test_keeping_data_in_an_ended_session_is_refused_and_revives_nothing(
        self,
        sessions: SessionService,
    ) -> None:
        started = sessions.start("42", client(), methods=["pwd"])
        sessions.terminate(started.session.id, user_id="42", by=Actor.admin("root"))

        with pytest.raises(SessionNotFoundError):
            sessions.data.change(started.session.id, DataChange({"cart": 1}))

        assert sessions.data.read(started.session.id) is None
        assert sessions.check(started.token, client()).session is None

    def test_what_a_session_kept_goes_with_its_end(self, sessions: SessionService) -> None:
        """The ended one stays for weeks as history; what the app kept in it does not."""
        session = sessions.start("42", client(), methods=["pwd"], data='{"cart":1}').session

        sessions.terminate_all("42", by=Actor.admin("root"))

        assert sessions.data.read(session.id) is None

    def test_keeping_data_in_a_session_that_never_was_makes_none(
        self, sessions: SessionService, clock: FixedClock
    ) -> None:
        never = new_session_id(clock.now(), b"0123456789")

        with pytest.raises(SessionNotFoundError):
            sessions.data.change(never, DataChange({"cart": 1}))

        assert sessions.everybodys() == []

    def test_what_is_too_large_leaves_what_was(self, sessions: SessionService) -> None:
        session = sessions.start("42", client(), methods=["pwd"], data='{"cart":1}').session

        with pytest.raises(DataTooLargeError):
            sessions.data.change(session.id, DataChange({"more": "x" * DATA_SIZE}))

        assert sessions.data.read(session.id) == '{"cart":1}'

    def test_a_visitor_gets_no_lasting_cookie_for_the_browser(
        self, sessions: SessionService
    ) -> None:
        assert sessions.start(None, client(), methods=[], data='{"cart":1}').device_token is None

    def test_who_keeps_a_connection_open_is_told_what_has_ended(
        self, sessions: SessionService, open_sessions: Open
    ) -> None:
        live, ended = (sessions.start(who, client(), methods=["pwd"]) for who in ("41", "42"))
        sessions.check(live.token, client())
        before = sessions.list("41")[0].last_used_at
        ids = {live.session.id, ended.session.id}
        assert sessions.ended_among(ids) == set()

        open_sessions().terminate(ended.session.id, user_id="42", by=Actor.admin("root"))

        assert sessions.ended_among(ids) == {ended.session.id}
        assert sessions.list("41")[0].last_used_at == before
