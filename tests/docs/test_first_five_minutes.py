"""The page "First five minutes", done as it stands, by somebody who has nothing yet."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, blocks
from tests.docs.terminal import looks_like, play

PAGE = DOCS / "first-five-minutes.md"
PATIENCE = 200  # seconds; it takes about 12 where nothing else runs

pytestmark = [
    pytest.mark.skipif(not shutil.which("curl"), reason="curl is missing"),
    pytest.mark.timeout(PATIENCE + 20),
]


def test_everything_works_and_prints_what_the_page_shows(tmp_path: Path) -> None:
    """In a fresh HOME and a fresh environment; only the ports are others, if they are taken."""
    script = blocks(PAGE)
    ports = dict(zip(("8700", "8000"), _free_ports(2), strict=True))
    (tmp_path / "signedin").symlink_to(ROOT)

    outputs = dict(
        play(script, tmp_path, _nothing(tmp_path, ports), ports=ports, patience=PATIENCE)
    )

    shown = [(a, b) for a, b in pairwise(script) if b.language == "text"]
    assert len(shown) >= 6
    for block, expected in shown:
        printed = outputs[block]
        assert looks_like(printed, expected.text, ports=ports), (block.text, printed)


def _nothing(folder: Path, ports: dict[str, str]) -> dict[str, str]:
    """The environment of somebody who has a Python, the network's settings, and nothing else."""
    home = folder / "home"
    home.mkdir()
    ours = re.compile(r"SIGNEDIN_|PYTHON|PYTEST|VIRTUAL_ENV|COV")
    kept = {name: value for name, value in os.environ.items() if not ours.match(name)}
    return kept | {
        "HOME": str(home),
        "PATH": f"{_python(folder)}:{os.environ['PATH']}",
        "PIP_CACHE_DIR": _cache(),
        "PIP_CONSTRAINT": str(_constraints(folder)),
        "PIP_NO_COMPILE": "1",  # most of it is never imported
        "SIGNEDIN_PORT": ports["8700"],
    }


def _python(folder: Path) -> Path:
    """A folder with `python3`, the one that these tests run on, without its environment."""
    found = folder / "python"
    found.mkdir()
    (found / "python3").symlink_to(os.path.realpath(sys.executable))
    return found


def _cache() -> str:
    """What pip has downloaded before, so that the test does not do it each time."""
    asked = [sys.executable, "-m", "pip", "cache", "dir"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def _constraints(folder: Path) -> Path:
    """The pinned versions, without the hashes: pip wants those of signedin itself as well."""
    pinned = (ROOT / "requirements" / "server.txt").read_text("utf-8")
    versions = re.findall(r"^([a-z0-9._-]+==[^ \\\n]+)", pinned, re.M)
    file = folder / "constraints.txt"
    file.write_text("\n".join(versions), encoding="utf-8")
    return file


def _free_ports(count: int) -> list[str]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    numbers = [str(one.getsockname()[1]) for one in taken]
    for one in taken:
        one.close()
    return numbers
