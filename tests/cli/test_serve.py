"""``signedin serve`` as real processes: it starts, says how to begin, and stops."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from urllib.error import HTTPError

import pytest

from signedin.cli.protocol import LONGEST_HEAD
from tests.cli.calls import ANA, PASSWORD, Call
from tests.cli.servers import get, log_in, serving

MORE_THAN_BUFFERS = 32 * 1024 * 1024  # bytes that no pair of sockets holds


def test_a_first_start_says_where_and_how_to_begin(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        url = server.address
        assert server.printed[0] == f"signedin is at {url}"
        assert server.printed[1].startswith(
            "There is no account yet. Open this link within 30 minutes"
        )
        assert re.fullmatch(rf"{re.escape(url)}/setup\?key=[A-Za-z0-9_-]{{43}}", server.printed[2])
        assert get(f"{url}/healthz")[0] == 200
        assert get(server.printed[2])[0] == 200


def test_with_an_account_there_is_no_set_up_link(call: Call, tmp_path: Path) -> None:
    call("users", "add", ANA, "--password-stdin", typed=PASSWORD)

    with serving(tmp_path, lines=1) as server:
        assert get(f"{server.address}/healthz")[0] == 200


def test_several_workers_serve_the_database_that_was_named(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/own.db"

    with serving(tmp_path, "--workers", "2", "--database", database) as server:
        for _ in range(10):
            assert get(f"{server.address}/healthz")[0] == 200

    assert (tmp_path / "own.db").exists()
    assert not (tmp_path / "var" / "signedin.db").exists()


def test_a_request_s_head_has_an_end(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        url = server.address
        assert get(f"{url}/healthz", Padding="x" * (LONGEST_HEAD - 1024))[0] == 200
        code, body = get(f"{url}/healthz", Padding="x" * LONGEST_HEAD)
        assert (code, body) == (431, b"The head of this request is too long.\n")
        assert accepted_of_endless_header(url) < MORE_THAN_BUFFERS
        assert get(f"{url}/healthz")[0] == 200


def accepted_of_endless_header(url: str) -> int:
    """How many bytes of a header without an end a server takes before it hangs up."""
    host, port = url.removeprefix("http://").split(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\npadding: ")
        while sent < 2 * MORE_THAN_BUFFERS:
            try:
                connection.sendall(b"x" * 8192)
            except (BrokenPipeError, ConnectionResetError):
                break
            sent += 8192
    return sent


def test_the_log_is_json_lines_and_never_has_the_set_up_key(tmp_path: Path) -> None:
    with serving(tmp_path, log_format="json") as server:
        key = server.printed[2].partition("key=")[2]
        for path in (f"/setup?key={key}", f"/{key}", "/login%0d%0a%7b%7d"):
            get(server.address + path)
        get(f"{server.address}/logout", Cookie=f"sid_{server.port}=x")
        with pytest.raises(HTTPError):
            log_in(server, f"{ANA}\r\n{{}}", PASSWORD)
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(b"\x16\x03\x01 no HTTP at all\r\n\r\n")
            connection.recv(1000)

    lines = [json.loads(line) for line in server.told.splitlines()]
    assert {"login refused: wrong", "Invalid HTTP request received."} <= {
        line["message"] for line in lines
    }
    assert not any(secret in server.told for secret in (key, ANA, PASSWORD))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ip_data_that_cannot_be_used_is_told_before_the_server_starts(
    call: Call, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("SIGNEDIN_GEO_CITY", "gone.mmdb")

    answer = call("serve", "--port", "0", "--workers", workers)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "signedin: IP data: gone.mmdb does not exist\n"


def test_a_port_that_is_taken_is_told_in_one_sentence(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        answer = call("serve", "--port", str(port))

    assert (answer.code, answer.out) == (1, "")
    assert answer.err == (
        f"signedin: port {port} is taken by another program; stop that one, or choose "
        f"another port: signedin serve --port {port + 1}\n"
    )


def test_an_address_of_another_machine_is_told_in_one_sentence(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNEDIN_PUBLIC_URL", "https://id.example.org")

    answer = call("serve", "--host", "192.0.2.1")

    assert answer.code == 1
    assert answer.err.startswith("signedin: cannot listen at 192.0.2.1, port 8700: ")


def test_where_others_can_reach_it_the_server_starts_only_with_https(call: Call) -> None:
    answer = call("serve", "--host", "0.0.0.0")

    assert answer.code == 2
    assert "public_url must be set to the https address" in answer.err


@pytest.mark.parametrize("words", [("--port", "x"), ("--workers", "0"), ("--port", "70000")])
def test_a_number_that_makes_no_sense_is_told(call: Call, words: tuple[str, str]) -> None:
    answer = call("serve", *words)

    assert answer.code == 2
    assert answer.err.startswith(f"signedin: {words[0]}: expected a whole number")
