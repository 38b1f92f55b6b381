"""A real PostgreSQL of the tests' own: made when first asked for, thrown away at the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from glob import glob
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from tests.waiting import wait_until

USER = "signedin"
MISSING = (
    "PostgreSQL is missing: its programs initdb and postgres are neither on the PATH nor in "
    "/usr/lib/postgresql. Install it (on Debian: apt-get install postgresql), or run "
    "tools/postgres.sh as root."
)
# Quick, because nothing has to outlive the machine; what decides when a commit returns is as usual.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "max_connections": "200",
    "shared_buffers": "32MB",
}

_TABLES = (  # those that refer to others first
    *("members", "organizations", "pending_logins", "setup", "failures", "users"),
    *("former_tokens", "sessions", "clients", "places", "scopes", "events", "policies", "nodes"),
    "spent_cookies",
)
_NUMBERED = {"clients": "seq", "events": "position", "policies": "position"}
_EMPTY = "".join(
    [
        "ALTER TABLE signedin_policies DISABLE TRIGGER signedin_policy_is_kept; ",
        *(f"DELETE FROM signedin_{table}; " for table in _TABLES),
        *(f"SELECT setval('signedin_{t}_{c}_seq', 1, false); " for t, c in _NUMBERED.items()),
        "UPDATE signedin_meta SET value = 1 WHERE name = 'generation'; ",
        "ALTER TABLE signedin_policies ENABLE ALWAYS TRIGGER signedin_policy_is_kept",
    ]
)

# Does its work after a line of its input, or the end of it.
_SWEEP = """
read -r line
if [ -e "$1/data/postmaster.pid" ]; then "$0" -D "$1/data" -m immediate -w -s stop; fi
rm -rf "$1"
"""


class Cluster:
    """A running server on a socket in a folder of its own, and databases in it."""

    def __init__(self, folder: Path, copy_of: Cluster | None = None) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._made = 0
        owner = server_user()
        if owner is not None:
            shutil.chown(folder, owner)
        self._as_owner: dict[str, Any] = {"cwd": folder, "user": owner, "group": owner}
        if copy_of is None:
            options = ["-U", USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
            self._run([program("initdb"), "-D", self._data, *options])
        else:
            options = ["-D", str(self._data), "-R", "-d", copy_of.url("postgres")]
            self._run([program("pg_basebackup"), *options, "--checkpoint=fast", "--no-sync"])

    def start(self) -> None:
        options = [f"-c {name}={value!r}" for name, value in SETTINGS.items()]
        options.append(f"-k {self.folder}")
        log = self.folder / "log"
        command: list[str | Path] = [program("pg_ctl"), "-D", self._data, "-l", log, "-w", "-s"]
        self._run([*command, "-o", " ".join(options), "start"])

    def stop(self, mode: str = "fast") -> None:
        self._run([program("pg_ctl"), "-D", self._data, "-m", mode, "-w", "-s", "stop"])

    def kill(self) -> None:
        """As a machine that fails: nobody can say anything more, or tidy up."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT pid FROM pg_stat_activity").fetchall()
        server = (self._data / "postmaster.pid").read_text().split()[0]
        for process in (server, *(pid for (pid,) in found)):
            with suppress(ProcessLookupError):  # it left when the one before was killed
                os.kill(int(process), signal.SIGKILL)

    def wait_for_standby(self) -> None:
        """From now on no commit returns before a standby has it."""
        self._execute("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._execute("postgres", "SELECT pg_reload_conf()")
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            state = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
            wait_until(lambda: connection.execute(state).fetchone() == (1,))

    def promote(self) -> None:
        self._run([program("pg_ctl"), "-D", self._data, "-w", "-s", "promote"])

    def url(self, database: str) -> str:
        return f"postgresql:///{database}?host={quote(str(self.folder), safe='')}&user={USER}"

    def make(self, like: str = "") -> str:
        """The URL of a new database with nothing in it; takes a quarter of a second."""
        self._made += 1
        self._execute("postgres", f"CREATE DATABASE test_{self._made} {like}")
        return self.url(f"test_{self._made}")

    @cached_property
    def _shared(self) -> str:
        from signedin.wiring import open_store

        self._execute("postgres", "CREATE DATABASE shared")
        store = open_store(self.url("shared"))
        store.migrate()
        store.close()
        return "shared"

    def emptied(self) -> str:
        """The URL of the one database that most tests use, as it was when it was new."""
        self._execute(self._shared, _EMPTY)
        return self.url(self._shared)

    def _execute(self, database: str, statements: str) -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statements.encode())

    def _run(self, command: list[str | Path]) -> None:
        done = subprocess.run(
            command,
            **self._as_owner,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr


def program(name: str) -> str:
    """Where a program of PostgreSQL is: on the PATH, or where Debian keeps each version's own."""
    found = shutil.which(name)
    if found is None:
        of_versions = glob(f"/usr/lib/postgresql/*/bin/{name}")
        found = max(of_versions, key=lambda path: int(Path(path).parts[4]), default=None)
    if found is None:
        pytest.fail(MISSING, pytrace=False)
    return found


def server_user() -> str | None:
    """Whom the server runs as, since PostgreSQL refuses to run as root; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    import pwd

    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running_cluster(copy_of: Cluster | None = None) -> Iterator[Cluster]:
    """A cluster, or a standby of one, for as long as the block lasts."""
    program("postgres")
    folder = Path(tempfile.mkdtemp(prefix="signedin-pg-"))  # short: the socket's path is bounded
    with _swept_up(folder):
        cluster = Cluster(folder, copy_of)
        cluster.start()
        yield cluster


@contextmanager
def _swept_up(folder: Path) -> Iterator[None]:
    """The server and its folder are gone when the block ends, or this process, even if killed."""
    sweeper = subprocess.Popen(
        ["sh", "-c", _SWEEP, program("pg_ctl"), folder],
        cwd="/",
        user=server_user(),
        stdin=subprocess.PIPE,
        start_new_session=True,  # what kills a whole group of processes spares it
    )
    try:
        yield
    finally:
        sweeper.communicate(b"\n")
