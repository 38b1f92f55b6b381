"""``signedin events``: what happened, in order, and what happens next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from signedin.accounts.errors import WrongPasswordError
from signedin.accounts.user import User
from signedin.cli.parts import OPERATOR, Parts
from signedin.core.permission import Actor
from tests.cli.calls import ANA, BEN, PASSWORD, Call
from tests.clients import client


@pytest.fixture
def ana(parts: Parts) -> User:
    return parts.accounts.create(ANA, "Ana", PASSWORD, by=OPERATOR)


def kinds(out: str) -> list[str]:
    return [line.split()[3] for line in out.splitlines()]


def fail_to_log_in(parts: Parts, email: str = ANA) -> None:
    with pytest.raises(WrongPasswordError):
        parts.accounts.authenticate(email, "hunter2 hunter2", source="203.0.113.7")


def test_what_happened_is_told_in_order_with_whom_by_whom_and_why(
    call: Call, parts: Parts, ana: User
) -> None:
    first = parts.sessions.start(ana.id, client(), methods=["pwd"])
    second = parts.sessions.start(ana.id, client(), methods=["pwd"])
    parts.sessions.terminate(first.session.id, user_id=ana.id, by=Actor.user(second.session.id))
    call("sessions", "end", second.session.id, "--reason", "Lost laptop.")
    fail_to_log_in(parts)
    call("policy", "set", "--lifetime", "30d", "--reason", "Audit finding 7")
    call("organizations", "add", "Acme")
    call("organizations", "join", "Acme", ANA)
    call("organizations", "leave", "Acme", ANA)
    call("users", "password", ANA, "--password-stdin", typed="another walk by day\n")
    call("users", "disable", ANA)

    lines = call("events").out.splitlines()

    assert kinds("\n".join(lines)) == [
        "user_created", "session_started", "session_started", "session_ended", "session_ended",
        "login_failed", "policy_changed", "organization_created", "member_joined", "member_left",
        "password_changed", "user_disabled",
    ]  # fmt: skip
    by_person, by_operator, refused, changed = lines[3:7]
    assert f"{ANA}  " in by_person
    assert "by the person" in by_person
    assert f"session={first.session.id}  from={second.session.id}" in by_person
    assert by_person.endswith("reason=terminated  scope=one")
    assert "by administrator cli" in by_operator
    assert 'note="Lost laptop."' in by_operator
    assert "by somebody" in refused
    assert refused.endswith("address=203.0.113.7")
    assert changed.endswith('reason="Audit finding 7"  scope=default')


def test_the_log_holds_no_secret(call: Call, parts: Parts, ana: User) -> None:
    started = parts.sessions.start(ana.id, client(), methods=["pwd"])
    fail_to_log_in(parts)
    parts.sessions.rotate(started.token, methods=["pwd"])
    parts.accounts.set_password(ana.id, "another walk by day", by=OPERATOR)

    told = call("events").out + call("events", "--json").out

    for secret in (started.token, started.device_token, PASSWORD, "hunter2", "another walk"):
        assert str(secret) not in told


def test_each_event_is_a_line_of_json(call: Call, parts: Parts, ana: User) -> None:
    started = parts.sessions.start(ana.id, client(), methods=["pwd"])
    parts.sessions.terminate(started.session.id, user_id=None, by=OPERATOR, note="Lost.")

    told = [json.loads(line) for line in call("events", "--json").out.splitlines()]

    assert [event["position"] for event in told] == [1, 2, 3]
    assert {**told[2], "at": None} == {
        "position": 3,
        "at": None,
        "kind": "session_ended",
        "user_id": ana.id,
        "user": ANA,
        "session_id": started.session.id,
        "by": {"kind": "admin", "id": "cli"},
        "details": {"reason": "terminated", "scope": "one", "note": "Lost."},
    }


def test_the_newest_are_told_and_only_one_person_s_if_wanted(
    call: Call, parts: Parts, ana: User
) -> None:
    ben = parts.accounts.create(BEN, "Ben", PASSWORD)
    for user in (ana, ben, ana):
        parts.sessions.start(user.id, client(), methods=["pwd"])

    assert kinds(call("events", "--limit", "2").out) == ["session_started"] * 2
    assert len(call("events", "--user", BEN).out.splitlines()) == 2
    assert len(call("events", "--user", BEN, "--limit", "1").out.splitlines()) == 1
    assert call("events", "--limit", "0").out == ""


def test_who_is_not_known_has_no_events(call: Call, parts: Parts) -> None:
    assert call("events", "--user", ANA).code == 1
    assert call("events", "--limit", "x").code == 2


@pytest.mark.parametrize("words", [(), ("--json",)], ids=["for people", "as JSON"])
def test_who_follows_sees_what_happens_until_ctrl_c(
    call: Call, parts: Parts, ana: User, tmp_path: Path, words: tuple[str, ...]
) -> None:
    ben = parts.accounts.create(BEN, "Ben", PASSWORD)
    environment = {n: v for n, v in os.environ.items() if not n.startswith("SIGNEDIN_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "signedin", "events", "--follow", "--user", ANA, *words],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background has Ctrl-C ignored for all below.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    try:
        before = process.stdout.readline()
        parts.sessions.start(ben.id, client(), methods=["pwd"])
        parts.sessions.start(ana.id, client(), methods=["pwd"])
        after = process.stdout.readline()
    finally:
        process.send_signal(signal.SIGINT)
        rest, told = process.communicate(timeout=60)

    assert "user_created" in before
    assert "session_started" in after
    assert ANA in after
    assert (process.returncode, rest, told) == (130, "", "")
