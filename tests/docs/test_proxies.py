"""The proxies of "Put it behind a proxy", set up as it says there, before a real server.

A client at 127.0.0.2 writes what it likes into the headers; the session must still come from
127.0.0.2, and not from the proxy, which is 127.0.0.1.
"""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.calls import Call, call
from tests.cli.servers import serving
from tests.docs.pages import DOCS, blocks

__all__ = ["call"]

PAGE = DOCS / "how-to" / "proxy.md"
CLIENT = "127.0.0.2"
EMAIL, PASSWORD = "ada@example.org", "correct horse battery staple"
LIES = {
    "X-Forwarded-For": "8.8.8.8",
    "Forwarded": "for=8.8.8.8",
    "X-Real-IP": "8.8.8.8",
}


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is missing")
def test_nginx_says_who_the_client_is(tmp_path: Path, call: Call) -> None:
    with _server(tmp_path, call) as port:
        listen, block = _free_port(), _configured("nginx", port)
        block = block.replace("listen 443 ssl;", f"listen 127.0.0.1:{listen};")
        config = tmp_path / "nginx.conf"
        config.write_text(
            f"daemon off; pid {tmp_path}/pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; {block} }}\n"
        )
        with _running(listen, "nginx", "-p", str(tmp_path), "-c", str(config)):
            assert _address_seen(listen) == CLIENT


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is missing")
def test_caddy_says_who_the_client_is(tmp_path: Path, call: Call) -> None:
    with _server(tmp_path, call) as port:
        listen, block = _free_port(), _configured("caddy", port)
        block = block.replace("id.example.org {", f"http://:{listen} {{\nbind 127.0.0.1", 1)
        config = tmp_path / "Caddyfile"
        config.write_text(f"{{\nadmin off\n}}\n{block}")
        command = ("caddy", "run", "--config", str(config), "--adapter", "caddyfile")
        with _running(listen, *command):
            assert _address_seen(listen) == CLIENT


def test_every_proxy_of_the_page_is_before_the_usual_port() -> None:
    for language in ("nginx", "caddy", "yaml"):
        assert "127.0.0.1:8700" in _block(language)


def _block(language: str) -> str:
    (block,) = blocks(PAGE, language)
    return block.text


def _configured(language: str, port: int) -> str:
    return _block(language).replace(":8700", f":{port}")


@contextmanager
def _server(folder: Path, call: Call) -> Iterator[int]:
    database = f"sqlite:///{folder}/signedin.db"
    call("users", "add", EMAIL, "--password-stdin", "--database", database, typed=PASSWORD)
    with serving(folder, lines=1, database=database, trusted_proxies="127.0.0.1/32") as server:
        yield server.port


@contextmanager
def _running(port: int, *command: str) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(300):
            with socket.socket() as knocking:
                if knocking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _address_seen(port: int) -> str:
    """Where a login through the proxy seems to come from."""
    connection = http.client.HTTPConnection("127.0.0.1", port, source_address=(CLIENT, 0))
    body = json.dumps({"email": EMAIL, "password": PASSWORD})
    connection.request(
        "POST", "/api/v1/sessions", body, {"Content-Type": "application/json", **LIES}
    )
    answer = json.loads(connection.getresponse().read())
    connection.close()
    address: str = answer["ip_address"]
    return address


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number: int = taken.getsockname()[1]
        return number
