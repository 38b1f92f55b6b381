"""Applications keep data in sessions: durable, apart from the hot path, reviving nothing."""

from __future__ import annotations

from signedin.core.app_data import DataChange
from signedin.wiring import Sessions
from tests.clients import client, held
from tests.waiting import wait_until


def test_data_is_no_reason_to_forget_a_session(sessions: Sessions) -> None:
    started = sessions.start("42", client(), methods=["pwd"])
    sessions.check(started.token, client())
    wait_until(sessions.store.is_fresh)
    sessions.check(started.token, client())

    sessions.data.change(started.session.id, DataChange({"cart": 1}))

    assert held(sessions, started.token) is not None
