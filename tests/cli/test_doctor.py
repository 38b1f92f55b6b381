"""``signedin doctor`` finds each fault, says what to do, and fails only where it must."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from signedin.stores.sqlite import diagnosis
from tests.cli.calls import ANA, PASSWORD, Answer, Call

DATABASE = Path("var/signedin.db")
NAMES = [
    "settings", "address", "proxies", "IP data", "device names", "server", "file system",
    "disk space", "database", "schema", "permissions", "journal", "integrity", "change word",
    "one machine", "clock", "sessions", "sweep", "purge", "policies", "caps",
    "administrator",
]  # fmt: skip


@pytest.fixture
def installed(call: Call) -> None:
    """A database with an administrator, as after a first start."""
    assert call("users", "add", ANA, "--admin", "--password-stdin", typed=PASSWORD).code == 0


def levels(answer: Answer) -> dict[str, str]:
    return {check["check"]: check["level"] for check in answer.json["checks"]}


def change(*statements: str) -> None:
    with closing(sqlite3.connect(DATABASE, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement).fetchall()


def found(call: Call, name: str) -> tuple[int, dict[str, Any]]:
    answer = call("doctor", "--json")
    return answer.code, next(c for c in answer.json["checks"] if c["check"] == name)


@pytest.mark.usefixtures("installed")
def test_where_all_is_well_only_missing_ip_data_is_warned_of(call: Call) -> None:
    answer = call("doctor", "--json")

    assert answer.code == 0
    assert list(levels(answer)) == NAMES
    assert [name for name, level in levels(answer).items() if level != "ok"] == ["IP data"]


@pytest.mark.usefixtures("installed")
def test_each_check_is_one_line_that_begins_with_how_bad_it_is(call: Call) -> None:
    lines = call("doctor").out.splitlines()

    assert len(lines) == len(NAMES)
    for line, name in zip(lines, NAMES, strict=True):
        assert line.startswith(("ok    ", "warn  ", "fail  "))
        assert line[6:].startswith(name)
        assert line.startswith("ok") != ("What to do:" in line)


def test_without_a_database_it_fails_and_makes_none(call: Call) -> None:
    code, verdict = found(call, "database")

    assert (code, verdict["level"]) == (1, "fail")
    assert "signedin migrate" in verdict["todo"]
    assert not DATABASE.parent.exists()


def test_a_wrong_setting_is_the_only_thing_told(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNEDIN_PRT", "1")

    answer = call("doctor", "--json")

    assert (answer.code, levels(answer)) == (1, {"settings": "fail"})
    assert "did you mean SIGNEDIN_PORT?" in answer.out


def test_a_database_of_another_kind_fails(call: Call) -> None:
    answer = call("doctor", "--json", "--database", "mysql://localhost/x")

    assert (answer.code, levels(answer)["database"]) == (1, "fail")


def test_a_file_that_is_no_database_fails(call: Call) -> None:
    Path("notes.txt").write_text("no database " * 1000, encoding="utf-8")

    Path("notes.txt").chmod(0o644)
    answer = call("doctor", "--json", "--database", "sqlite:///notes.txt")

    assert (answer.code, levels(answer)["database"]) == (1, "fail")
    assert answer.json["checks"][-1]["todo"].startswith("correct the setting `database`")
    assert "permissions" not in levels(answer), "whose file it is, we don't know"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "level", "statement"),
    [
        ("schema", "fail", "INSERT INTO signedin_schema VALUES (999)"),
        ("schema", "warn", "DELETE FROM signedin_schema WHERE version > 1"),
        ("schema", "fail", "DROP TABLE signedin_schema"),
        ("journal", "fail", "PRAGMA journal_mode = DELETE"),
        ("administrator", "warn", "UPDATE signedin_users SET is_admin = 0"),
        ("administrator", "warn", "UPDATE signedin_users SET disabled_at = 1"),
        ("administrator", "warn", "DELETE FROM signedin_users"),
        ("administrator", "fail", "ALTER TABLE signedin_users RENAME TO gone"),
    ],
)
def test_what_is_wrong_with_the_content_is_found(
    call: Call, name: str, level: str, statement: str
) -> None:
    change(statement)

    code, verdict = found(call, name)

    assert verdict["level"] == level
    assert verdict["todo"]
    assert code == (1 if level == "fail" else 0)


@pytest.mark.usefixtures("installed")
def test_a_database_that_everybody_may_read_fails(call: Call) -> None:
    DATABASE.chmod(0o644)

    code, verdict = found(call, "permissions")

    assert (code, verdict["level"]) == (1, "fail")
    assert verdict["todo"] == f"chmod o= '{DATABASE.absolute()}'*"


@pytest.mark.usefixtures("installed")
def test_a_writer_that_never_ends_fails_and_the_other_checks_go_on(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "BUSY_TIMEOUT", 0.01)
    with closing(sqlite3.connect(DATABASE, isolation_level=None)) as stuck:
        stuck.execute("BEGIN IMMEDIATE")

        answer = call("doctor", "--json")

    bad = [name for name, level in levels(answer).items() if level == "fail"]
    assert (answer.code, bad) == (1, ["change word", "one machine"])
    assert levels(answer)["administrator"] == "ok"


@pytest.mark.usefixtures("installed")
def test_a_word_file_that_another_machine_has_written_fails(call: Call) -> None:
    with Path(f"{DATABASE}-word").open("r+b") as word:
        word.seek(32)
        word.write(struct.pack("16s", b"another start"))

    code, verdict = found(call, "one machine")

    assert (code, verdict["level"]) == (1, "fail")
    assert "two machines may share this database" in verdict["what"]
