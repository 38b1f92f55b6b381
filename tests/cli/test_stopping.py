"""A server that is told to stop or to reload loses no request and no last use."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signedin.cli.parts import Parts
from tests.cli.calls import ANA, PASSWORD, Call
from tests.cli.servers import Server, get, log_in, serving

ENOUGH_IN_A_ROW = 40  # answers that say the new name, so that no former worker is left
WORKERS = pytest.mark.parametrize("workers", ["1", "2"])


@pytest.fixture
def account(call: Call) -> None:
    call("users", "add", ANA, "--password-stdin", typed=PASSWORD)


@WORKERS
@pytest.mark.usefixtures("account")
def test_a_use_right_before_the_stop_is_in_the_database_afterwards(
    tmp_path: Path, parts: Parts, workers: str
) -> None:
    with serving(tmp_path, "--workers", workers, lines=1) as server:
        cookie = log_in(server, ANA, PASSWORD)
        before = datetime.now(UTC)
        status, _ = get(f"{server.address}/api/v1/sessions/current", **cookie)
        server.signal(signal.SIGTERM)
        server.end()

    assert status == 200
    user = parts.accounts.find(ANA)
    assert user
    (session,) = parts.sessions.list(user.id)
    assert session.last_used_at >= before


@WORKERS
@pytest.mark.usefixtures("account")
def test_a_request_in_flight_is_answered_before_the_server_ends(
    tmp_path: Path, workers: str
) -> None:
    with serving(tmp_path, "--workers", workers, lines=1) as server:
        body = f'{{"email": "{ANA}", "password": "{PASSWORD}"}}'.encode()
        with begun_request(server, body) as connection:
            server.signal(signal.SIGTERM)
            wait_until(lambda: refuses_connections(server))
            connection.sendall(body)
            answer = connection.makefile("rb").read()
        server.end()

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()


def begun_request(server: Server, body: bytes) -> socket.socket:
    """A log-in whose head the server has read, and nothing of whose body it has."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    connection.sendall(
        b"POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    )
    assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
    return connection


def refuses_connections(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=60).close()
    except OSError:
        return True
    return False


def wait_until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0)


@WORKERS
@pytest.mark.usefixtures("account")
def test_a_reload_takes_up_the_settings_and_refuses_no_request(
    tmp_path: Path, workers: str
) -> None:
    config = tmp_path / "signedin.toml"
    config.write_text("site = 'Before'", encoding="utf-8")
    words = ("--workers", workers, "--config", str(config))

    with serving(tmp_path, *words, lines=1) as server:
        assert b"Before" in get(f"{server.address}/login")[1]
        config.write_text("site = 'After'", encoding="utf-8")
        server.signal(signal.SIGHUP)
        in_a_row = 0
        while in_a_row < ENOUGH_IN_A_ROW:
            status, page = get(f"{server.address}/login")
            assert status == 200
            in_a_row = in_a_row + 1 if b"After" in page else 0

        assert server.process.poll() is None


@WORKERS
@pytest.mark.usefixtures("account")
def test_a_reload_of_settings_that_make_no_sense_changes_nothing(
    tmp_path: Path, workers: str
) -> None:
    config = tmp_path / "signedin.toml"
    config.write_text("site = 'Before'", encoding="utf-8")
    words = ("--workers", workers, "--config", str(config))

    with serving(tmp_path, *words, lines=1) as server:
        assert b"Before" in get(f"{server.address}/login")[1]
        config.write_text("sight = 'After'", encoding="utf-8")
        server.signal(signal.SIGHUP)

        assert "sight is no setting; did you mean site?" in server.read_log_until("not reloaded")
        assert b"Before" in get(f"{server.address}/login")[1]


@pytest.mark.usefixtures("account")
def test_a_worker_that_dies_after_its_settings_were_broken_is_started_anew_with_the_former_ones(
    tmp_path: Path,
) -> None:
    config = tmp_path / "signedin.toml"
    config.write_text("site = 'Before'", encoding="utf-8")

    with serving(tmp_path, "--workers", "2", "--config", str(config), lines=1) as server:
        assert b"Before" in get(f"{server.address}/login")[1]
        config.write_text("sight = 'After'", encoding="utf-8")
        before = children(server)
        for worker in before & spawned():
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: len((children(server) - before) & spawned()) == 2)

        assert b"Before" in get(f"{server.address}/login")[1]


def children(server: Server) -> set[int]:
    """The processes that the server has started, by their ids."""
    pid = server.process.pid
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def spawned() -> set[int]:
    """Every process of this machine that Python's multiprocessing has spawned to work."""
    found = set()
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended while we looked
            if b"spawn_main" in command.read_bytes():
                found.add(int(command.parent.name))
    return found
