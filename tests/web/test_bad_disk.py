"""Whatever the disk does: it is said, nobody is logged out by it, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.passwords import PasswordHasher
from signedin.core.errors import StoreUnavailableError
from signedin.core.token import form_token
from signedin.stores.accounts import SqlAccounts
from signedin.wiring import Sessions
from tests.clients import client
from tests.databases import sqlite_store
from tests.web.conftest import (
    EMAIL,
    JSON,
    PASSWORD,
    Browser,
    NewBrowser,
)

HOME = "/settings/account"
API = "/api/v1/sessions"
ROOT = Path(__file__).parents[2]


def fill(sessions: Sessions) -> None:
    for number in range(1000):
        sessions.start("filler", client("x" * 500 + str(number)), methods=["pwd"])


@pytest.fixture
def full(sessions: Sessions, browser: Browser, other: Browser) -> Iterator[None]:
    """A database that takes not one page more."""
    connection = sqlite_store(sessions)._durable._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailableError, match="full"):
        fill(sessions)
    yield
    connection.execute("PRAGMA max_page_count = 1000000")


def refused_for_the_database(answer: Any) -> bool:
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "set-cookie" not in answer.headers
    return True


@pytest.mark.usefixtures("full")
def test_a_full_database_starts_nothing_and_ends_nobody(
    browser: Browser, other: Browser, new_browser: NewBrowser
) -> None:
    stranger = new_browser()
    while stranger.log_in().status_code == 201:  # into the last free bytes of a page
        stranger.http.cookies.clear()

    problem = stranger.log_in()

    assert refused_for_the_database(problem)
    assert problem.json()["code"] == "store-unavailable"
    assert "Nothing was changed" in problem.json()["detail"]
    page = stranger.submit("/login", "/login", email=EMAIL, password=PASSWORD)
    assert refused_for_the_database(page)
    assert "Nothing was changed" in page.text
    assert browser.get(HOME).status_code == 200
    assert other.get(HOME).status_code == 200


def test_a_terminate_that_finds_the_database_full_says_that_nothing_is_ended(
    browser: Browser, other: Browser, sessions: Sessions, full: None
) -> None:
    """Attack 27: an error, never "terminated"; and once there is room, it ends."""
    one = other.current["id"]
    page = f"{HOME}/sessions/{one}/terminate"
    form = {"form_token": form_token(browser.token)}
    answers: list[Any] = []
    for number in range(200):  # each name takes a little of what is left
        name = {"name": f"{number:060}"}
        answers.append(browser.http.patch(f"{API}/{one}", json=name, headers=JSON))
        if answers[-1].status_code != 200:
            break

    assert refused_for_the_database(answers[-1])
    assert refused_for_the_database(browser.delete(f"{API}/{one}"))
    assert refused_for_the_database(browser.post(page, data=form))
    assert refused_for_the_database(browser.post(f"{API}/end", json={"scope": "all"}))
    assert refused_for_the_database(browser.post("/logout", data=form))
    assert other.get(HOME).status_code == 200
    connection = sqlite_store(sessions)._durable._connection
    assert connection is not None
    connection.execute("PRAGMA max_page_count = 1000000")
    assert browser.delete(f"{API}/{one}").json()["ended"] == 1
    assert other.get(HOME).status_code == 303


def test_a_database_that_takes_no_writing_any_more_is_read_on_and_ends_nothing(
    browser: Browser, other: Browser, sessions: Sessions
) -> None:
    """Attack 27: the page says that nothing is ended, and reading goes on."""
    one = other.current["id"]
    for connection in (sqlite_store(sessions)._durable, sqlite_store(sessions)._flushing):
        with connection.use() as opened:
            opened.execute("PRAGMA query_only = ON")

    refused = browser.delete(f"{API}/{one}")

    assert refused_for_the_database(refused)
    assert "Nothing was changed" in refused.json()["detail"]
    assert other.get(HOME).status_code == 200
    assert len(browser.sessions) == 2
    assert browser.get("/readyz").status_code == 200


@pytest.mark.skipif(os.name != "posix", reason="file modes and users")
def test_a_database_that_cannot_be_written_is_told_and_ends_nobody() -> None:
    """Acceptance 7: by a process that really may not write, in a directory that it may not."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own only root may enter
        database = Path(folder) / "sessions.db"
        sessions = Sessions(f"sqlite:///{database}")
        token = log_in_for_ever(sessions)
        sessions.close()
        before = database.read_bytes()
        for path in (database, *database.parent.glob("*-*")):
            path.chmod(0o444)
        database.parent.chmod(0o555)

        told = ask_read_only(database, token)

        database.parent.chmod(0o755)
        assert {name: status for name, (status, _) in told.items()} == {
            "current": 503,
            "list": 503,
            "terminate": 503,
            "log out": 503,
            "page": 503,
            "login": 503,
            "ready": 503,
            "alive": 200,
            "login page": 503,
            "help": 503,
        }
        assert not [name for name, (_, cookies) in told.items() if cookies]
        assert database.read_bytes() == before
        database.chmod(0o644)
        for path in database.parent.glob("*-*"):
            path.chmod(0o644)
        again = Sessions(f"sqlite:///{database}")
        assert again.check(token, client()).session is not None
        again.close()


def log_in_for_ever(sessions: Sessions) -> str:
    accounts = Accounts(SqlAccounts(sessions.store), sessions, PasswordHasher(), sessions.clock)
    user = accounts.create(EMAIL, "Ada", PASSWORD)
    return str(sessions.start(user.id, client(), methods=["pwd"], persistent=True).token)


def ask_read_only(database: Path, token: str) -> dict[str, tuple[int, bool]]:
    """What a process without the right to write answers: status, and whether cookies changed."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.web.read_only", str(database), token],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    answers = json.loads(run.stdout)
    return {name: (status, cookies) for name, (status, cookies) in answers.items()}
