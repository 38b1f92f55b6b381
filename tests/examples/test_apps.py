"""Each example, as its first lines say it is started, used in a real browser by two devices."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.server import PATIENCE, wait_until
from tests.clients import FIREFOX

EXAMPLES = Path(__file__).parents[2] / "examples"
PRELOADED = "--preload"

pytestmark = pytest.mark.browser


@contextmanager
def started(example: str, more: str, folder: Path) -> Iterator[str]:
    """The example's own command with another port, in a folder of its own; its address."""
    copied = folder / "examples" / example
    copied.parent.mkdir()
    copied.symlink_to(EXAMPLES / example)
    text = (copied / "app.py").read_text("utf-8")
    (line,) = re.findall(rf"^    ((?:gunicorn|uvicorn) .*{example}.*)$", text, re.M)
    assert "--workers 2" in line
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    program, *arguments = shlex.split(line)
    where = ["--bind", f"127.0.0.1:{port}"] if program == "gunicorn" else ["--port", str(port)]
    command = [sys.executable, "-m", program, *shlex.split(more), *where, *arguments]
    environment = os.environ | {"DATABASE": f"sqlite:///{folder}/sessions.db"}
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=file, stderr=file, start_new_session=True
        )
    try:
        wait_until(lambda: process.poll() is not None or answers(port), "the example answers")
        assert process.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert "Traceback" not in log.read_text()


def answers(port: int) -> bool:
    try:
        ask("GET", f"http://127.0.0.1:{port}/log-in")
    except OSError:
        return False
    return True


def ask(method: str, url: str, **headers: str) -> int:
    """The status of a request over a connection of its own."""
    host = url.split("/")[2]
    with closing(HTTPConnection(host, timeout=PATIENCE)) as connection:
        connection.request(method, url.removeprefix(f"http://{host}"), headers=headers)
        return connection.getresponse().status


def log_in(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("difference engine")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Hello, Ada Lovelace")).to_be_visible()
    return page


@pytest.mark.parametrize(
    ("example", "more"),
    [("starlette", ""), ("fastapi", ""), ("litestar", ""), ("flask", ""), ("flask", PRELOADED)],
    ids=lambda word: word.strip("-"),
)
def test_a_browser_that_was_terminated_on_the_page_needs_a_login(
    chromium: Browser, tmp_path: Path, example: str, more: str
) -> None:
    with (
        started(example, more, tmp_path) as address,
        chromium.new_context() as here,
        chromium.new_context(user_agent=FIREFOX) as there,
    ):
        page, other = log_in(here, address), log_in(there, address)

        page.get_by_role("link", name="Settings").click()
        page.get_by_role("link", name="Active sessions").click()
        expect(page.locator("tr[data-session]")).to_have_count(2)
        row = page.locator("tr[data-session]", has_text="Firefox on Windows")
        row.get_by_role("button", name="Options for").click()
        page.locator(".menu:popover-open").get_by_text("Terminate").click()
        page.get_by_role("dialog").get_by_role("button", name="Terminate").click()
        expect(page.locator(".notice")).to_contain_text("Firefox on Windows")

        for _ in range(8):  # whichever process answers
            answer = there.request.get(address, headers={"Connection": "close"}, max_redirects=0)
            assert answer.status in (302, 303, 307)
        other.reload()
        expect(other.get_by_role("heading", name="Log in")).to_be_visible()

        page.goto(address)
        expect(page.get_by_role("heading", name="Hello, Ada Lovelace")).to_be_visible()
        page.goto(f"{address}/me/logout")
        page.get_by_role("main").get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        page.goto(address)
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()

        foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        form = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "0"}
        assert ask("POST", f"{address}/log-in", **foreign, **form) in (400, 403)
