"""What stands in the documentation as code works."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from signedin.cli.settings import CONFIG, PREFIX, load_settings
from tests.docs.pages import PAGES, ROOT, Block, blocks, calls, prose
from tools.command_line import commands

PARSERS = dict(commands())
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
# Programs that are not ours; a test runs what they are told (test_first_five_minutes.py,
# test_operating.py).
OTHERS = {"python3", ".", "pip", "echo", "curl", "uvicorn", "sqlite3", "umask", "rm", "mv"}
LANGUAGES = {"diff", "python", "sh", "text", "toml", "nginx", "caddy", "yaml", "json", "html"}


def _all(*languages: str) -> list[pytest.param]:  # type: ignore[valid-type]
    found = [block for page in PAGES for block in blocks(page, *languages)]
    return [pytest.param(block, id=block.name) for block in found]


@pytest.mark.parametrize("block", _all("python"))
def test_every_python_snippet_runs(block: Block, tmp_path: Path) -> None:
    for other in blocks(block.page, "python"):
        if other.title is not None:  # a file that this one may import
            (tmp_path / other.title).write_text(other.text, encoding="utf-8")

    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", block.text],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("block", _all("toml"))
def test_every_file_of_settings_can_be_read(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "signedin.toml"
    file.write_text(block.text, encoding="utf-8")

    settings = load_settings(config=file, environment={})

    assert all(getattr(settings, name) is not None for name in tomllib.loads(block.text))


@pytest.mark.parametrize("block", _all("sh"))
def test_every_command_could_be_typed(block: Block) -> None:
    assert block.commands
    for command in block.commands:
        for call in calls(command):
            _understand(call)


def test_every_command_in_a_sentence_could_be_typed() -> None:
    found = {
        (page.name, command)
        for page in PAGES
        for command in re.findall(r"`((?:signedin|make) [a-z][^`]*)`", prose(page))
    }

    assert len(found) > 20
    for _, command in found:
        for call in calls(command.replace("…", "")):
            _understand(call, named=True)


@pytest.mark.parametrize(
    "wrong",
    [
        "signedin sesions list",
        "signedin users add",
        "signedin sessions end --everybody",
        "SIGNEDIN_PROT=1 signedin serve",
        "make servee",
        "frobnicate",
    ],
)
def test_a_command_that_does_not_exist_is_noticed(wrong: str) -> None:
    with pytest.raises(AssertionError):
        _understand(wrong.split())


def test_no_block_is_in_a_language_that_nobody_checks() -> None:
    assert {block.language for page in PAGES for block in blocks(page)} <= LANGUAGES


def test_no_fence_escapes_the_checks() -> None:
    for page in PAGES:
        fences = re.findall(r"^\s*```", page.read_text("utf-8"), re.M)
        assert len(fences) == 2 * len(blocks(page)), page


def _understand(call: list[str], *, named: bool = False) -> None:
    """See that a program exists and takes these arguments; without any it is only ``named``."""
    while call and (setting := re.fullmatch(rf"({PREFIX}\w+)=(.*)", call[0])):
        if setting[1] != CONFIG:
            _set(setting[1], setting[2])
        call = call[1:]
    program, *arguments = call
    if program == "signedin":
        _parse(arguments, named=named)
    elif program == "make":
        assert arguments[0] in TARGETS, call
    else:
        assert program in OTHERS, call


def _set(name: str, value: str) -> None:
    try:
        load_settings(environment={name: value})
    except ValueError as error:
        raise AssertionError(str(error)) from None


def _parse(arguments: list[str], *, named: bool) -> None:
    names = ["signedin"]
    while arguments and " ".join([*names, arguments[0]]) in PARSERS:
        names.append(arguments.pop(0))
    if arguments == ["--help"] or (named and not arguments):
        return
    try:
        PARSERS[" ".join(names)].parse_args(arguments)
    except SystemExit:
        raise AssertionError(f"{' '.join(names)} does not take {arguments}") from None
