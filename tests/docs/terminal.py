"""Runs the shell blocks of a page as a person at terminals does, and reads what came back."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.docs.pages import Block

_END = "--- end of the block ---"
# What goes on until it is stopped: a person leaves it running and opens another terminal.
_SERVER = re.compile(r"^(?:signedin serve|uvicorn)\b.*?(?:--port (\d+))?$")
_USUAL_PORT = "8700"


def play(
    script: Sequence[Block],
    folder: Path,
    environment: Mapping[str, str],
    *,
    ports: Mapping[str, str],
    patience: float,
) -> list[tuple[Block, str]]:
    """Run the blocks one after another in one shell; each shell block with what it printed.

    Blocks with a title are saved as files of that name. ``ports`` are replaced wherever they
    stand, because another program may hold them.
    """
    lines = ["set -eu"]
    ran = []
    for block in script:
        text = _with_ports(block.text, ports)
        if block.title is not None:
            (folder / block.title).write_text(text, encoding="utf-8")
        if block.language == "sh":
            ran.append(block)
            lines += [*_lines(text, len(ran), ports), f"echo '{_END}'"]
    shell = subprocess.Popen(
        ["bash", "-c", "\n".join(lines)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # so that what it leaves behind can be ended with it
    )
    try:
        printed, _ = shell.communicate(timeout=patience)
    except subprocess.TimeoutExpired as error:
        told = (error.stdout or b"").decode("utf-8", "replace")
        raise AssertionError(f"not done after {patience} seconds: {told}") from None
    finally:
        _end_all(shell)
    assert shell.returncode == 0, printed
    outputs = printed.split(f"{_END}\n")
    assert len(outputs) == len(ran) + 1
    return list(zip(ran, outputs[:-1], strict=True))


def looks_like(printed: str, shown: str, *, ports: Mapping[str, str]) -> bool:
    """Whether a command printed what the page shows, where ``…`` stands for anything."""
    parts = [re.escape(part) for part in _with_ports(shown, ports).strip().split("…")]
    return re.fullmatch(".*?".join(parts), printed.strip(), re.S) is not None


def _lines(text: str, number: int, ports: Mapping[str, str]) -> list[str]:
    server = _SERVER.match(text.strip())
    if server is None:
        return [text]
    log, port = f"server-{number}.log", server[1] or _with_ports(_USUAL_PORT, ports)
    return [
        f"{text.strip()} >{log} 2>&1 &",
        f"until curl -s -o /dev/null http://127.0.0.1:{port}/healthz; do",
        f"  kill -0 $! || {{ cat {log}; exit 1; }}",
        "  sleep 0.1",
        "done",
        f"cat {log}",
    ]


def _with_ports(text: str, ports: Mapping[str, str]) -> str:
    return re.sub(r"\b\d{4,5}\b", lambda found: ports.get(found[0], found[0]), text)


def _end_all(shell: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(shell.pid, signal.SIGKILL)
    shell.wait()
