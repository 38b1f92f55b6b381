"""What nodes hold of the data that an application keeps in a session, and what they do not."""

from __future__ import annotations

import pytest

from signedin.service.app_data import HELD, SAME
from signedin.wiring import Sessions
from tests.clients import client
from tests.nodes import hold_in_memory, terminate
from tests.stores.held import put, read, start
from tests.stores.postgres.held_data.steps import hold, is_held, mark, put_by_shell

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")


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
