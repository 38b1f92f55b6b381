"""The pages for operators do what they say, on a database that is in use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from signedin.core.session import Client
from signedin.wiring import Sessions
from tests.docs.pages import DOCS, blocks
from tests.docs.terminal import play
from tests.mmdb import FLAT, write_database

CLIENT = Client(ip_address="203.0.113.7", user_agent="curl/8.11.0")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A terminal in the server's folder, where `signedin` is installed and nothing is set."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith("SIGNEDIN_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="sqlite3 is missing")
def test_a_backup_of_a_database_in_use_can_be_restored(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """And it brings back what was ended since, as the page warns."""
    tmp_path.chmod(0o700)
    _add("ada@example.org", tmp_path, environment)
    url = f"sqlite:///{tmp_path}/var/signedin.db"
    ada = _id_of("ada@example.org", tmp_path, environment)
    back_up, restore, end_all = blocks(DOCS / "how-to/back-up.md", "sh")

    sessions = Sessions(url)
    token = sessions.start(ada, CLIENT, methods=["pwd"]).token
    play([back_up], tmp_path, environment, ports={}, patience=60)
    sessions.log_out(token)
    assert sessions.check(token, CLIENT).session is None
    sessions.close()

    play([restore], tmp_path, environment, ports={}, patience=60)
    restored = Sessions(url)
    assert restored.check(token, CLIENT).session is not None
    play([end_all], tmp_path, environment, ports={}, patience=60)
    assert restored.check(token, CLIENT).session is None
    restored.close()


def test_ip_data_is_installed_and_looked_at(tmp_path: Path, environment: dict[str, str]) -> None:
    write_database(tmp_path / "dbip-city-lite.mmdb", FLAT)

    ((_, printed),) = play(
        blocks(DOCS / "how-to/ip-data.md", "sh"), tmp_path, environment, ports={}, patience=60
    )

    assert "dbip-city-lite.mmdb: used; city" in printed


def test_people_organizations_and_policies_are_administered(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    _add("ada@example.org", tmp_path, environment)

    steps = play(
        blocks(DOCS / "how-to/administer.md", "sh"), tmp_path, environment, ports={}, patience=60
    )

    organization, everybody, _ = [printed for _, printed in steps]
    assert "ada@example.org" in organization
    assert "organization:acme" in organization
    assert "We were broken into" in everybody


def _add(email: str, folder: Path, environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "signedin", "users", "add", email, "--admin", "--password-stdin"],
        cwd=folder,
        env=environment,
        input="correct horse battery staple\n",
        text=True,
        check=True,
    )


def _id_of(email: str, folder: Path, environment: dict[str, str]) -> str:
    listed = subprocess.run(
        [sys.executable, "-m", "signedin", "users", "list"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in listed.stdout.splitlines() if line.startswith(email))
    return line.split()[-1]
