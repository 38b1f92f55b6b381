"""A dump is a backup: restored into a new database it has everything, triggers too."""

from __future__ import annotations

import subprocess

import psycopg
import pytest

from signedin.core.session import EndedReason
from signedin.wiring import Sessions
from tests.clients import client
from tests.cluster import Cluster, program
from tests.databases import shell
from tests.nodes import is_live, start, terminate


def test_a_dump_brings_back_what_was_ended_since_and_goes_on_by_the_rules(
    cluster: Cluster, url: str, sessions: Sessions
) -> None:
    before, since = start(sessions), start(sessions)
    terminate(sessions, before)
    dump = subprocess.run([program("pg_dump"), url], stdout=subprocess.PIPE, check=True).stdout
    terminate(sessions, since)

    new = cluster.make()
    restore = [program("psql"), "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={new}"]
    subprocess.run(restore, input=dump, stdout=subprocess.DEVNULL, check=True)

    restored = Sessions(new)
    assert restored.check(before.token, client()).reason == EndedReason.TERMINATED
    assert is_live(restored, since), "as the page about backups warns"
    assert terminate(restored, since).ended == 1
    with shell(new) as other, pytest.raises(psycopg.IntegrityError):
        other.execute("UPDATE signedin_sessions SET ended_at = NULL")
    restored.close()
