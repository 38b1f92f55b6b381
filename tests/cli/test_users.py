"""``signedin users`` on a real database."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from signedin.accounts.errors import WrongPasswordError
from signedin.cli.parts import Parts
from signedin.core.session import EndedReason
from tests.cli.calls import ANA, BEN, PASSWORD, Call
from tests.clients import client


def test_an_account_that_was_added_can_log_in(call: Call, parts: Parts) -> None:
    answer = call(
        "users", "add", "Ana@Example.com", "--name", "Ana", "--password-stdin", typed=PASSWORD
    )

    assert (answer.code, answer.out, answer.err) == (0, f"Added {ANA}.\n", "")
    assert parts.accounts.authenticate(ANA, PASSWORD).user.name == "Ana"


def test_only_the_line_end_is_no_part_of_the_password(call: Call, parts: Parts) -> None:
    call("users", "add", ANA, "--password-stdin", typed=f" {PASSWORD} \r\nnext line\n")

    parts.accounts.authenticate(ANA, f" {PASSWORD} ")


def test_accounts_are_listed_for_people_and_for_programs(call: Call) -> None:
    assert "There is no account yet" in call("users", "list").out
    call("users", "add", BEN, "--admin", "--password-stdin", typed=PASSWORD)
    call("users", "add", ANA, "--name", "Ana Díaz", "--password-stdin", typed=PASSWORD)

    table = call("users", "list").out.splitlines()
    users = call("users", "list", "--json").json["users"]

    assert table[0].split() == ["EMAIL", "NAME", "ROLE", "ADDED", "STATE", "ID"]
    assert [line.split()[0] for line in table[1:]] == [ANA, BEN]
    assert [(user["email"], user["is_admin"]) for user in users] == [(ANA, False), (BEN, True)]
    assert set(users[0]) == {
        "id", "email", "name", "is_admin", "created_at", "password_changed_at", "disabled_at",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("email", "password", "told"),
    [
        ("ana", PASSWORD, "Enter an e-mail address"),
        (ANA, "short", "Use at least 8 characters"),
        (ANA, "", "Use at least 8 characters"),
        (BEN, PASSWORD, "There is an account with this e-mail address already."),
    ],
)
def test_what_cannot_be_added_is_refused_in_one_sentence(
    call: Call, email: str, password: str, told: str
) -> None:
    call("users", "add", BEN, "--password-stdin", typed=PASSWORD)

    answer = call("users", "add", email, "--password-stdin", typed=password)

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(f"signedin: {told}")
    assert answer.err.count("\n") == 1


def test_a_new_password_opens_no_account_that_is_disabled_and_says_so(call: Call) -> None:
    call("users", "add", ANA, "--password-stdin", typed=PASSWORD)
    call("users", "disable", ANA)

    told = call("users", "password", ANA, "--password-stdin", typed="another walk by day").out

    assert "is disabled, so cannot log in" in told


def test_an_address_that_is_taken_leads_to_a_new_password(call: Call) -> None:
    call("users", "add", ANA, "--password-stdin", typed=PASSWORD)

    told = call("users", "add", ANA, "--password-stdin", typed=PASSWORD).err

    assert told.endswith(f"For a new password: signedin users password {ANA}\n")


def test_a_new_password_ends_every_session(call: Call, parts: Parts) -> None:
    ana = parts.accounts.create(ANA, "", PASSWORD)
    started = parts.sessions.start(ana.id, client(), methods=["pwd"])

    answer = call("users", "password", ANA, "--password-stdin", typed="another walk by day")

    assert answer.code == 0
    assert answer.out.startswith(f"{ANA} has a new password. Ended 1 session. Every server refuses")
    assert parts.sessions.check(started.token, client()).reason is EndedReason.PASSWORD_CHANGED
    parts.accounts.authenticate(ANA, "another walk by day")


def test_a_disabled_account_is_shown_as_such_and_cannot_log_in(call: Call, parts: Parts) -> None:
    ana = parts.accounts.create(ANA, "", PASSWORD)
    started = parts.sessions.start(ana.id, client(), methods=["pwd"])

    answer = call("users", "disable", ANA, "--json")

    assert (answer.code, answer.json["ended"]) == (0, 1)
    assert parts.sessions.check(started.token, client()).reason is EndedReason.ACCOUNT_DISABLED
    with pytest.raises(WrongPasswordError):
        parts.accounts.authenticate(ANA, PASSWORD)
    assert "disabled 20" in call("users", "list").out


@pytest.mark.parametrize("command", ["password", "disable"])
def test_an_unknown_address_is_not_found(call: Call, command: str) -> None:
    answer = call("users", command, "nobody@example.com")

    assert answer.code == 1
    assert "no account has the e-mail address nobody@example.com" in answer.err


def test_without_a_terminal_the_password_must_be_passed(call: Call) -> None:
    answer = call("users", "add", ANA)

    assert answer.code == 2
    assert "pass it with --password-stdin" in answer.err


def test_a_name_cannot_write_to_the_terminal(call: Call, parts: Parts) -> None:
    parts.accounts.create(ANA, "\x1b[2JAna\u202e", PASSWORD)

    listed = call("users", "list").out + call("users", "list", "--json").out

    assert "\x1b" not in listed
    assert "\u202e" not in listed


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(
    call: Call, parts: Parts, tmp_path: Path
) -> None:
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "signedin", "users", "add", ANA],
        cwd=tmp_path,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    os.close(terminal)
    assert process.stderr is not None
    shown = b""
    for typed in (PASSWORD, "something else", PASSWORD, PASSWORD):
        while not shown.endswith((b"Password: ", b"again: ")):
            shown += process.stderr.read(1)
        os.write(keyboard, f"{typed}\n".encode())
        shown += b"\n"
    out, rest = process.communicate(timeout=30)
    os.close(keyboard)

    assert process.returncode == 0, rest
    assert out == f"Added {ANA}.\n".encode()
    assert b"the two passwords differ" in shown
    assert PASSWORD.encode() not in shown + rest + out
    parts.accounts.authenticate(ANA, PASSWORD)


def test_a_password_that_is_not_in_utf8_is_refused(call: Call, parts: Parts) -> None:
    """As from a file in Latin-1: no browser could ever send what was kept of it."""
    answer = call("users", "add", ANA, "--password-stdin", typed="ein gutes Pa\udcdfwort\n")

    assert answer.code == 2
    assert "is it written in UTF-8?" in answer.err
    assert parts.accounts.find(ANA) is None
