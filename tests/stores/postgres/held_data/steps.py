"""What tests of held data do: each ``Sessions`` on the same database is like another node.

Decision 0013.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from signedin.core.session import Rotated, Started
from signedin.service.app_data import SAME
from signedin.wiring import Sessions
from tests.databases import shell
from tests.nodes import hold_in_memory, store_of
from tests.stores.held import read
from tests.waiting import wait_until

InBackground = Callable[..., "Future[Any]"]


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


def heard(url: str, act: Callable[[Any], object]) -> list[list[str]]:
    """What is told of what a person does in a shell."""
    with shell(url) as listener, shell(url) as other:
        listener.execute("LISTEN signedin")
        act(other)
        words = [note.payload.partition(" ") for note in listener.notifies(timeout=0.2)]
    return [json.loads(rest) for word, _, rest in words if word == "changed"]


def put_by_shell(url: str, started: Started, value: Any) -> None:
    with shell(url) as other:
        write(other, started, value)
