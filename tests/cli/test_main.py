"""The command line as a whole: exit codes, sentences for errors, and a quick start."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from signedin.cli.main import _GROUPS
from tests.cli.calls import Call

# What a command that only prints help must not load: each costs more than all of ours.
HEAVY = {"argon2", "babel", "jinja2", "maxminddb", "sqlite3", "starlette", "uvicorn", "zxcvbn"}
LIST_MODULES = """
import sys
from signedin.cli.main import main
main(["sessions", "--help"])
print("LOADED", *sys.modules)
"""


def test_help_names_every_group_and_every_group_has_help(call: Call) -> None:
    out = call("--help").out

    for group in _GROUPS:
        assert group in out
        answer = call(group, "--help")
        assert answer.code == 0
        assert answer.out.startswith(f"usage: signedin {group}")


@pytest.mark.parametrize("words", [(), ("nonsense",), ("users",), ("migrate", "--nonsense")])
def test_a_wrong_call_is_answered_with_two_and_the_usage(
    call: Call, words: tuple[str, ...]
) -> None:
    answer = call(*words)

    assert answer.code == 2
    assert answer.err.startswith("usage: signedin")


def test_a_wrong_call_says_where_to_read_how(call: Call) -> None:
    assert "see: signedin --help" in call("nonsense").err
    assert "see: signedin users add --help" in call("users", "add").err


@pytest.mark.parametrize("words", [("policy", "show", "--lifetime", "3d"), ("users", "list", "x")])
def test_what_a_command_does_not_know_leads_to_its_own_help(
    call: Call, words: tuple[str, ...]
) -> None:
    answer = call(*words)

    assert answer.code == 2
    assert answer.err.startswith(f"usage: signedin {words[0]} {words[1]} ")
    assert f"; see: signedin {words[0]} {words[1]} --help" in answer.err


def test_the_version_is_that_of_the_package(call: Call) -> None:
    answer = call("--version")

    assert (answer.code, answer.out) == (0, f"signedin {version('signedin')}\n")


def test_migrate_makes_the_database_and_then_has_nothing_to_do(call: Call) -> None:
    first, second = call("migrate"), call("migrate", "--json")

    assert first.out.startswith("Applied 0001_pre_sessions, 0002_pre_accounts")
    assert Path("var/signedin.db").exists()
    assert (second.code, second.json) == (0, {"applied": []})


def test_the_database_can_be_named_in_each_command(call: Call, tmp_path: Path) -> None:
    answer = call("migrate", "--database", f"sqlite:///{tmp_path}/elsewhere/own.db")

    assert answer.code == 0
    assert (tmp_path / "elsewhere" / "own.db").exists()
    assert not Path("var").exists()


def test_a_wrong_setting_is_told_in_one_sentence(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNEDIN_DATABSE", "x")

    answer = call("users", "list")

    assert answer.code == 2
    assert answer.err == (
        "signedin: SIGNEDIN_DATABSE is no setting; did you mean SIGNEDIN_DATABASE?\n"
    )


def test_a_database_of_another_kind_is_told_in_one_sentence(call: Call) -> None:
    answer = call("users", "list", "--database", "mysql://localhost/x")

    assert answer.code == 2
    assert answer.err.startswith("signedin: database: expected sqlite:///")


def test_a_database_that_is_none_is_told_in_one_sentence(call: Call) -> None:
    Path("notes.txt").write_text("no database " * 1000, encoding="utf-8")

    answer = call("users", "list", "--database", "sqlite:///notes.txt")

    assert answer.code == 1
    assert answer.err.startswith("signedin: The database cannot be used")
    assert answer.err.endswith("To see why: signedin doctor\n")
    assert answer.err.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(call: Call) -> None:
    Path("file").write_text("", encoding="utf-8")

    answer = call("users", "list", "--database", "sqlite:///file/x.db")

    assert answer.code == 1
    assert answer.err.startswith("signedin: The database cannot be used")
    assert answer.err.count("\n") == 1


def test_the_data_folder_of_the_settings_holds_for_geo_too(call: Call) -> None:
    Path("signedin.toml").write_text('data = "elsewhere"', encoding="utf-8")

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SIGNEDIN_CONFIG", "signedin.toml")
        out = call("geo", "status").out

    assert "elsewhere" in out


@pytest.mark.parametrize("words", [["geo", "status"], ["doctor"]])
def test_ip_data_that_is_broken_is_told_once_and_in_the_form_of_the_command(
    tmp_path: Path, words: list[str]
) -> None:
    broken = tmp_path / "var" / "geo" / "city.mmdb"
    broken.parent.mkdir(parents=True)
    broken.write_text("garbage", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "signedin", *words],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
    )

    told = done.stdout + done.stderr
    assert told.count("or a broken one") == 1
    assert "logger" not in told


def test_a_command_loads_only_what_it_needs(tmp_path: Path) -> None:
    out = subprocess.run(
        [sys.executable, "-c", LIST_MODULES],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout

    assert not HEAVY & set(out.partition("LOADED")[2].split())


def test_the_command_line_works_as_a_process_and_under_any_locale(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "signedin", "migrate"],
        cwd=tmp_path,
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"Applied ")


@pytest.mark.parametrize(
    "words",
    [
        ("sessions", "end", "\udcff"),
        ("sessions", "list", "--user", "\udced\udca0\udc80"),
        ("events", "--user", "\udcff"),
        ("organizations", "members", "\udcff"),
    ],
)
def test_what_is_given_and_is_no_text_is_a_wrong_call(call: Call, words: tuple[str, ...]) -> None:
    answer = call(*words)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "signedin: what was given is no text; is it written in UTF-8?\n"


def test_a_reader_that_has_gone_is_no_traceback(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "signedin", "migrate", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as stream:
        told = stream.read()
    process.wait(timeout=60)

    assert told == b""


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_an_output_that_was_closed_is_no_traceback(tmp_path: Path, closed: str) -> None:
    (tmp_path / "said").touch()
    ended = subprocess.run(
        ["sh", "-c", f'exec "$@" >said 2>&1 {closed}', "sh", sys.executable, "-m", "signedin",
         "migrate", "--database", "sqlite:///here.db"],
        cwd=tmp_path,
    )  # fmt: skip

    assert ended.returncode == 0
    assert "Traceback" not in (tmp_path / "said").read_text()
