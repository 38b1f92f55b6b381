"""``signedin sessions`` on a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from signedin.accounts.user import User
from signedin.cli.parts import Parts
from signedin.core.permission import Actor, ActorKind
from signedin.core.session import EndedReason, Started
from tests.cli.calls import ANA, BEN, PASSWORD, Call
from tests.clients import CHROME, FIREFOX, client

NO_ID = "01a20000-0000-7000-8000-000000000000"


@pytest.fixture
def ana(parts: Parts) -> User:
    return parts.accounts.create(ANA, "Ana", PASSWORD)


@pytest.fixture
def ben(parts: Parts) -> User:
    return parts.accounts.create(BEN, "Ben", PASSWORD)


def log_in(parts: Parts, user: User, user_agent: str = CHROME) -> Started:
    return parts.sessions.start(user.id, client(user_agent, "192.168.1.5"), methods=["pwd"])


def is_live(parts: Parts, started: Started) -> bool:
    return parts.sessions.check(started.token, client()).session is not None


def test_everybody_s_sessions_are_listed_the_last_used_first(
    call: Call, parts: Parts, ana: User, ben: User
) -> None:
    assert call("sessions", "list").out == "There is no live session.\n"
    older, newer = log_in(parts, ana), log_in(parts, ben, FIREFOX)

    table = call("sessions", "list").out.splitlines()

    assert table[0].split() == ["ID", "USER", "DEVICE", "LOCATION", "LAST", "USED"]
    assert table[1].startswith(f"{newer.session.id}  {BEN}  Firefox on Windows")
    assert table[2].startswith(f"{older.session.id}  {ANA}  Chrome on macOS")
    assert "Private network" in table[1]


def test_one_person_s_sessions_are_listed_by_address_in_any_spelling(
    call: Call, parts: Parts, ana: User, ben: User
) -> None:
    own, _ = log_in(parts, ana), log_in(parts, ben)

    found = call("sessions", "list", "--user", ANA.upper(), "--json").json["sessions"]

    assert [(s["id"], s["user"]) for s in found] == [(own.session.id, ANA)]
    assert found[0]["device"] == {"label": "Chrome on macOS", "name": None}
    assert found[0]["location"] == {"label": "Private network"}
    assert found[0]["ended_at"] is None


def test_in_an_app_s_database_people_are_named_by_their_id(call: Call, parts: Parts) -> None:
    started = parts.sessions.start("42", client(), methods=["pwd"])

    found = call("sessions", "list", "--user", "42", "--json").json["sessions"]

    assert [(s["id"], s["user_id"], s["user"]) for s in found] == [(started.session.id, "42", None)]


def test_a_session_past_its_limit_is_not_listed_and_is_shown_as_ended(
    call: Call, parts: Parts, ana: User
) -> None:
    over = datetime.now(UTC) - timedelta(seconds=1)
    started = parts.sessions.start(ana.id, client(), methods=["pwd"], ends_by=over)

    assert call("sessions", "list").out == "There is no live session.\n"
    assert call("sessions", "show", started.session.id, "--json").json["ended_reason"] == "lifetime"


def test_a_session_is_shown_live_and_ended(call: Call, parts: Parts, ana: User) -> None:
    started = log_in(parts, ana)
    live = call("sessions", "show", started.session.id)
    parts.sessions.terminate(started.session.id, user_id=ana.id, by=Actor.admin("test"))

    ended = call("sessions", "show", started.session.id)

    assert live.code == ended.code == 0
    assert "Chrome on macOS" in live.out
    assert "ended" not in live.out
    assert "ended reason:     terminated" in ended.out
    parts_of_lines = [line.partition(":") for line in ended.out.splitlines()]
    assert (
        len({len(name) + len(rest) - len(rest.lstrip()) for name, _, rest in parts_of_lines}) == 1
    )


def test_what_was_named_is_ended_by_the_operator_and_refused_everywhere(
    call: Call, parts: Parts, ana: User, ben: User
) -> None:
    first, second, third = log_in(parts, ana), log_in(parts, ben), log_in(parts, ana)
    assert is_live(parts, first)

    answer = call("sessions", "end", first.session.id, second.session.id, first.session.id)

    assert answer.code == 0
    assert answer.out.startswith("Ended 2 sessions. Every server refuses them from ")
    assert [is_live(parts, started) for started in (first, second, third)] == [False, False, True]
    (end,) = [session.ended for session in parts.sessions.history(ben.id)]
    assert end is not None
    assert (end.reason, end.by.kind, end.by.id) == (EndedReason.TERMINATED, ActorKind.ADMIN, "cli")


def test_ending_twice_is_no_error(call: Call, parts: Parts, ana: User) -> None:
    started = log_in(parts, ana)
    call("sessions", "end", started.session.id)

    again = call("sessions", "end", started.session.id, "--json")

    assert again.code == 0
    assert (again.json["ended"], again.json["already_ended"]) == (0, 1)
    assert call("sessions", "end", started.session.id).out == "There was nothing to end.\n"


def test_one_unknown_id_and_nothing_is_ended(call: Call, parts: Parts, ana: User) -> None:
    started = log_in(parts, ana)

    answer = call("sessions", "end", started.session.id, NO_ID)

    assert answer.code == 1
    assert f"no session has the id {NO_ID}, so nothing was ended" in answer.err
    assert is_live(parts, started)


def test_what_looks_like_an_option_behind_two_dashes_is_an_id(
    call: Call, parts: Parts, ana: User
) -> None:
    """Attack 97."""
    started = log_in(parts, ana)

    answer = call("sessions", "end", "--", "--user", ANA)

    assert answer.code == 1
    assert "no session has the id --user, so nothing was ended" in answer.err
    assert is_live(parts, started)


def test_all_sessions_of_a_person_are_ended_but_the_one_to_keep(
    call: Call, parts: Parts, ana: User, ben: User
) -> None:
    kept, gone, bens = log_in(parts, ana), log_in(parts, ana), log_in(parts, ben)

    some = call("sessions", "end", "--user", ANA, "--keep", kept.session.id, "--json")
    assert some.json["ended"] == 1
    assert [is_live(parts, started) for started in (kept, gone, bens)] == [True, False, True]

    assert call("sessions", "end", "--user", ANA, "--json").json["ended"] == 1
    assert [is_live(parts, started) for started in (kept, bens)] == [False, True]


def test_the_reason_of_an_end_is_told_to_the_person(call: Call, parts: Parts, ana: User) -> None:
    one, other = log_in(parts, ana), log_in(parts, ana)

    call("sessions", "end", one.session.id, "--reason", "Lost laptop.")
    call("sessions", "end", "--user", ANA, "--reason", "You have left.")

    notes = {s.id: s.ended.note for s in parts.sessions.history(ana.id) if s.ended}
    assert notes == {one.session.id: "Lost laptop.", other.session.id: "You have left."}
    shown = call("sessions", "show", one.session.id, "--json").json
    assert (shown["ended_by"], shown["ended_note"]) == ("admin", "Lost laptop.")


def test_a_mistyped_session_to_keep_ends_nothing(
    call: Call, parts: Parts, ana: User, ben: User
) -> None:
    own, bens = log_in(parts, ana), log_in(parts, ben)

    for wrong in (NO_ID, bens.session.id):
        answer = call("sessions", "end", "--user", ANA, "--keep", wrong)
        assert answer.code == 1
        assert "nothing was ended" in answer.err

    assert is_live(parts, own)


@pytest.mark.parametrize(
    "words",
    [
        ("end",),
        ("end", NO_ID, "--user", ANA),
        ("end", NO_ID, "--keep", NO_ID),
        ("show",),
        ("nonsense",),
        (),
    ],
)
def test_a_call_that_makes_no_sense_is_answered_with_two(
    call: Call, words: tuple[str, ...]
) -> None:
    answer = call("sessions", *words)

    assert answer.code == 2
    assert answer.err
    assert answer.out == ""


@pytest.mark.parametrize(
    "words", [("list", "--user", BEN), ("end", "--user", BEN), ("show", NO_ID), ("show", "\x1b[2J")]
)
def test_what_is_not_there_is_answered_with_one(call: Call, words: tuple[str, ...]) -> None:
    answer = call("sessions", *words)

    assert answer.code == 1
    assert answer.err.startswith("signedin: no ")
    assert "\x1b" not in answer.err


def test_a_device_s_name_cannot_write_to_the_terminal(call: Call, parts: Parts, ana: User) -> None:
    started = parts.sessions.start(
        ana.id, client("Mozilla/5.0 \x1b[31m\u202e evil"), methods=["\x1b[2J"]
    )

    shown = call("sessions", "list").out + call("sessions", "show", started.session.id).out

    assert "\x1b" not in shown
    assert "\u202e" not in shown
