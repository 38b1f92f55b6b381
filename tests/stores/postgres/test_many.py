"""However many sessions a person has, all of them can be ended."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pytest

from signedin.core.session import Session
from signedin.wiring import Sessions
from tests.cluster import Cluster
from tests.databases import shell
from tests.nodes import ROOT, start

pytestmark = pytest.mark.usefixtures("no_maintenance_threads")

MANY = 25_000  # whoever knows a password can log in so often in some minutes


def add_copies(shell: Any, session: Session, number: int) -> None:
    """More sessions of the same person, without the work of so many logins."""
    names = shell.execute(
        "SELECT string_agg(column_name, ', ') FROM information_schema.columns WHERE table_name = "
        "'signedin_sessions' AND column_name NOT IN ('id', 'token_hash')"
    )
    ((others,),) = names.fetchall()
    shell.execute("ALTER TABLE signedin_sessions DISABLE TRIGGER signedin_no_second_row")
    shell.execute(
        f"INSERT INTO signedin_sessions (id, token_hash, {others}) "
        "SELECT CAST(left(CAST(id AS text), 28) || lpad(to_hex(number), 8, '0') AS uuid), "
        f"sha256(convert_to(number::text, 'UTF8')), {others} "
        f"FROM signedin_sessions, generate_series(1, {number}) number WHERE id = '{session.id}'"
    )
    shell.execute("ALTER TABLE signedin_sessions ENABLE ALWAYS TRIGGER signedin_no_second_row")


def test_ending_very_many_sessions_takes_no_statement_that_somebody_would_lose_patience_with(
    cluster: Cluster,
) -> None:
    url = cluster.make()
    sessions = Sessions(url)
    started = start(sessions)
    with shell(url) as other:
        add_copies(other, started.session, MANY)
        name = PurePosixPath(urlsplit(url).path).name
        other.execute(f"ALTER DATABASE {name} SET statement_timeout = '1s'")
    sessions.store.close()  # opened again, with what was set

    receipt = sessions.terminate_all("42", by=ROOT)

    assert receipt.ended == MANY + 1
    assert not sessions.list("42")
    with shell(url) as other:
        told = other.execute(
            "SELECT count(DISTINCT session_id), count(*), min(user_id), max(user_id) "
            "FROM signedin_events WHERE kind = 'session_ended'"
        )
        assert told.fetchone() == (MANY + 1, MANY + 1, "42", "42")
    sessions.close()
