"""PgBouncer itself, in transaction mode, before a cluster of the tests'."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster import USER, Cluster, server_user
from tests.waiting import wait_until

SERVERS = 4  # connections to PostgreSQL, for however many clients
MISSING = "PgBouncer is missing (on Debian: apt-get install pgbouncer)"
_PORT = 6432
_SETTINGS = f"""\
[databases]
* = host={{server}} user={USER}
[pgbouncer]
pool_mode = transaction
default_pool_size = {SERVERS}
auth_type = any
listen_port = {_PORT}
unix_socket_dir = {{folder}}
logfile = {{folder}}/log
"""


@contextmanager
def running_bouncer(cluster: Cluster) -> Iterator[Path]:
    """The folder of its socket, for as long as the block lasts."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip(MISSING)
    owner = server_user()
    folder = Path(tempfile.mkdtemp(prefix="signedin-pb-"))
    try:
        settings = folder / "pgbouncer.ini"
        settings.write_text(_SETTINGS.format(folder=folder, server=cluster.folder))
        if owner is not None:
            shutil.chown(folder, owner)
        process = subprocess.Popen(
            [program, "-q", settings], user=owner, group=owner, stderr=subprocess.DEVNULL
        )
        try:
            socket = folder / f".s.PGSQL.{_PORT}"
            wait_until(lambda: socket.exists() or process.poll() is not None)
            assert process.poll() is None, (folder / "log").read_text()
            yield folder
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def through(folder: Path, url: str, cluster: Cluster) -> str:
    """The URL of the same database, with PgBouncer in between."""
    return url.replace(cluster.folder.name, folder.name) + f"&port={_PORT}"
