"""Calls of the real command line, in a folder of their own and with no settings but theirs."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from signedin.cli.main import main
from signedin.cli.parts import Parts, put_together
from signedin.cli.settings import Settings

ANA, BEN = "ana@example.com", "ben@example.com"
PASSWORD = "a long walk at night"


@dataclass(frozen=True)
class Answer:
    """What a command brought."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Answer]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Run one command as a person types it; ``typed`` is what stands on its input."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SIGNEDIN_")]:
        monkeypatch.delenv(name)

    def run(*words: str, typed: str = "") -> Answer:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


@pytest.fixture
def parts(call: Call) -> Iterator[Parts]:
    """The sessions and accounts of the database that the commands use, like another process."""
    opened = put_together(Settings())
    yield opened
    opened.sessions.close()
