"""``signedin organizations``: add, list, remove; who joins and who leaves."""

from __future__ import annotations

import shlex
from datetime import timedelta

import pytest

from signedin.accounts.user import User
from signedin.cli.parts import Parts
from tests.cli.calls import ANA, BEN, PASSWORD, Call
from tests.clients import client


@pytest.fixture
def ana(parts: Parts) -> User:
    return parts.accounts.create(ANA, "Ana", PASSWORD)


def test_an_organization_is_added_listed_and_removed(call: Call, parts: Parts) -> None:
    assert call("organizations", "list").out.startswith("There is no organization yet.")

    added = call("organizations", "add", "Acme")
    listed = call("organizations", "list").out.splitlines()
    told = call("organizations", "list", "--json").json["organizations"]
    removed = call("organizations", "remove", "Acme")

    assert added.out.startswith("Added Acme.")
    assert listed[0].split() == ["NAME", "MEMBERS", "ADDED"]
    assert listed[1].split()[:2] == ["Acme", "0"]
    assert [(o["name"], o["members"]) for o in told] == [("Acme", 0)]
    assert removed.out == "Removed Acme.\n"
    assert call("organizations", "list", "--json").json == {"organizations": []}


def test_the_command_that_is_shown_for_a_policy_can_be_pasted(call: Call) -> None:
    added = call("organizations", "add", "O'Neil & Sons").out
    pasted = shlex.split(added.rpartition(": signedin ")[2])

    assert call(*pasted, "--lifetime", "30d").code == 0
    assert "30d" in call("policy", "show", "--scope", "organization:O'Neil & Sons").out


def test_somebody_joins_is_listed_and_leaves(call: Call, parts: Parts, ana: User) -> None:
    call("organizations", "add", "Acme")
    assert call("organizations", "members", "Acme").out.startswith("Nobody is in Acme yet.")

    joined = call("organizations", "join", "Acme", ANA.upper())
    members = call("organizations", "members", "Acme").out.splitlines()
    told = call("organizations", "members", "Acme", "--json").json["members"]
    left = call("organizations", "leave", "Acme", ANA)

    assert joined.out == f"{ANA} is a member of Acme.\n"
    assert members[1].startswith(f"{ANA}  Ana   ")
    assert [(m["id"], m["email"]) for m in told] == [(ana.id, ANA)]
    assert left.out == f"{ANA} is no member of Acme any more.\n"
    assert parts.organizations.of(ana.id) == []


def test_joining_says_how_many_sessions_that_ended_in_every_server(
    call: Call, parts: Parts, ana: User
) -> None:
    started = parts.sessions.start(ana.id, client(), methods=["pwd"])
    assert parts.sessions.check(started.token, client()).session is not None
    call("organizations", "add", "Acme")
    call("policy", "set", "--scope", "organization:Acme", "--not-before", "now")

    answer = call("organizations", "join", "Acme", ANA)
    again = call("organizations", "join", "Acme", ANA, "--json")

    assert answer.out.startswith(f"{ANA} is a member of Acme. Ended 1 session. Every server ")
    assert parts.sessions.check(started.token, client()).session is None
    assert again.json["ended"] == 0


def test_removing_lets_everybody_leave(call: Call, parts: Parts, ana: User) -> None:
    call("organizations", "add", "Acme", "--json")
    call("organizations", "join", "Acme", ANA)

    assert call("organizations", "remove", "Acme").code == 0

    assert parts.organizations.of(ana.id) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "Acme"), "There is an organization with this name already."),
        (("add", "a:b"), "An organization's name has up to 100 visible characters"),
        (("remove", "Beta"), "There is no such organization"),
        (("members", "Beta"), "There is no such organization"),
        (("join", "Beta", ANA), "There is no such organization"),
        (("join", "Acme", BEN), "no account has the e-mail address"),
        (("leave", "Acme", BEN), "no account has the e-mail address"),
        (("leave", "Acme", ANA), "This person is no member"),
    ],
)
def test_what_cannot_be_is_refused_with_one_sentence(
    call: Call, parts: Parts, ana: User, words: tuple[str, ...], said: str
) -> None:
    call("organizations", "add", "Acme")

    answer = call("organizations", *words)

    assert answer.code == 1
    assert said in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("words", [(), ("add",), ("join", "Acme"), ("nonsense",)])
def test_a_call_that_makes_no_sense_is_answered_with_two(
    call: Call, words: tuple[str, ...]
) -> None:
    assert call("organizations", *words).code == 2


def test_a_member_of_an_organization_is_held_to_its_policy_until_leaving(
    call: Call, parts: Parts, ana: User
) -> None:
    call("organizations", "add", "Acme")
    call("policy", "set", "--scope", "organization:Acme", "--lifetime", "8h")
    call("organizations", "join", "Acme", ANA)
    organizations = parts.organizations.of(ana.id)
    parts.sessions.start(ana.id, client(), methods=["pwd"], organizations=organizations)

    (session,) = parts.sessions.list(ana.id)
    held = parts.sessions.outlooks([session])[session.id].expires_at
    call("organizations", "leave", "Acme", ANA)
    (session,) = parts.sessions.list(ana.id)
    free = parts.sessions.outlooks([session])[session.id].expires_at

    assert held == session.authenticated_at + timedelta(hours=8)
    assert free == session.last_used_at + timedelta(days=14)
