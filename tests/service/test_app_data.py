"""Applications keep data in sessions: durable, apart from the hot path, reviving nothing."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import Mock

import pytest

from signedin.core.app_data import DataChange
from signedin.core.permission import Actor
from signedin.core.policy import Policy
from signedin.wiring import Sessions
from tests.clients import client, held
from tests.clock import FixedClock
from tests.waiting import wait_until


def test_data_is_no_reason_to_forget_a_session(sessions: Sessions) -> None:
    started = sessions.start("42", client(), methods=["pwd"])
    sessions.check(started.token, client())
    wait_until(sessions.store.is_fresh)
    sessions.check(started.token, client())

    sessions.data.change(started.session.id, DataChange({"cart": 1}))

    assert held(sessions, started.token) is not None


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
