"""``signedin policy``: what holds and where it is from, what a change would do, the change."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signedin.accounts.user import User
from signedin.cli.main import main
from signedin.cli.parts import OPERATOR, Parts
from signedin.core.policy import PRESETS, Policy, WhenFull
from signedin.core.session import EndedReason, Started
from tests.cli.calls import ANA, BEN, PASSWORD, Call
from tests.clients import FIREFOX, client

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SCOPE = ("--scope", "organization:Acme")


@pytest.fixture
def ana(parts: Parts) -> User:
    return parts.accounts.create(ANA, "Ana", PASSWORD)


@pytest.fixture
def acme(parts: Parts, ana: User) -> str:
    parts.organizations.create("Acme", by=OPERATOR)
    parts.organizations.add("Acme", ana.id, by=OPERATOR)
    return "Acme"


def log_in(parts: Parts, user: User, **more: Any) -> Started:
    organizations = parts.organizations.of(user.id)
    return parts.sessions.start(
        user.id, client(FIREFOX), methods=["pwd"], organizations=organizations, **more
    )


def is_live(parts: Parts, started: Started) -> bool:
    return parts.sessions.check(started.token, client()).session is not None


def table(out: str) -> dict[str, list[str]]:
    """The rows of a printed policy by their first cell."""
    return {line.split()[0]: line.split()[1:] for line in out.splitlines()}


def test_what_nobody_has_set_is_from_the_settings(call: Call, parts: Parts) -> None:
    shown = call("policy", "show").out
    (told,) = call("policy", "show", "--json").json["policies"]

    assert shown.startswith("default: from the settings\n")
    assert table(shown)["idle-timeout"] == ["14d", "14d", "the", "settings"]
    assert table(shown)["max-sessions"] == ["none", "none"]
    assert told["source"] == "settings"
    assert told["policy"]["lifetime_seconds"] == 90 * 86400
    assert told["effective"]["lifetime_seconds"] == {
        "value": 90 * 86400,
        "scope": "default",
        "source": "settings",
    }
    assert told["effective"]["max_sessions"] == {"value": None, "scope": None, "source": None}


def test_what_is_set_holds_and_is_shown_with_who_when_and_why(call: Call, parts: Parts) -> None:
    answer = call("policy", "set", "--lifetime", "30d", "--reason", "Audit finding 7")
    shown = call("policy", "show").out
    (told,) = call("policy", "show", "--json").json["policies"]

    assert answer.code == 0
    assert answer.out.startswith("default: lifetime 90d -> 30d.\nEvery server goes by it since ")
    assert parts.sessions.policies.now_for(None) == Policy(idle_timeout=14 * DAY, lifetime=30 * DAY)
    assert shown.startswith("default: stored 2")
    assert "by administrator cli: Audit finding 7\n" in shown
    assert table(shown)["lifetime"] == ["30d", "30d", "default"]
    assert (told["by"], told["reason"]) == ({"kind": "admin", "id": "cli"}, "Audit finding 7")
    assert told["source"] == "stored"


def test_what_is_not_given_stays_and_none_takes_a_limit_away(call: Call, parts: Parts) -> None:
    call("policy", "set", "--max-sessions", "5", "--when-full", "refuse", "--settle-time", "1d",
         "--confirm-within", "15m")  # fmt: skip
    call("policy", "set", "--idle-timeout", "none", "--settle-time", "none")

    found = parts.sessions.policies.get("default")

    assert found is not None
    assert found.policy == Policy(
        lifetime=90 * DAY,
        max_sessions=5,
        when_full=WhenFull.REFUSE,
        confirm_within=timedelta(minutes=15),
    )


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_preset_sets_what_the_standard_speaks_of_and_leaves_the_rest(
    call: Call, parts: Parts, preset: str
) -> None:
    call("policy", "set", "--max-sessions", "5", "--confirm-within", "1h")
    call("policy", "set", "--preset", preset, "--idle-timeout", "5m")

    found = parts.sessions.policies.get("default")

    assert found is not None
    assert found.policy.max_sessions == 5
    assert found.policy.lifetime == PRESETS[preset].lifetime
    assert found.policy.confirm_within == PRESETS[preset].confirm_within
    assert found.policy.idle_timeout == timedelta(minutes=5)


def test_the_words_that_can_be_given_are_those_that_there_are(call: Call) -> None:
    usage = "".join(call("policy", "set", "--help").out.split())

    assert f"{{{','.join(PRESETS)}}}" in usage
    assert {word.value for word in WhenFull} == {"ask", "refuse", "end_oldest"}
    assert "{ask,refuse,end_oldest}" in usage


def test_sessions_past_a_new_limit_are_refused_everywhere_when_it_returns(
    call: Call, parts: Parts, ana: User
) -> None:
    ends = log_in(parts, ana)
    assert is_live(parts, ends)

    assert call("policy", "set", "--not-before", "now", "--reason", "Leak.").code == 0

    after = log_in(parts, ana)
    assert [is_live(parts, started) for started in (ends, after)] == [False, True]
    (ended,) = [session.ended for session in parts.sessions.history(ana.id)]
    assert ended is not None
    assert (ended.reason, ended.note) == (EndedReason.POLICY, "Leak.")


def test_an_end_of_all_that_began_before_is_shown_with_its_time(call: Call, parts: Parts) -> None:
    call("policy", "set", "--not-before", "now")
    call("policy", "set", "--lifetime", "30d")

    shown = call("policy", "show", "--history").out
    (told,) = call("policy", "show", "--history", "--json").json["policies"]

    assert "ended what began before" in shown
    assert table(shown)["not-before"][1] != "none"
    assert [change["ended_earlier"] for change in told["history"]] == [False, True]
    assert told["policy"]["not_before"] == told["history"][1]["changed_at"]


def test_the_history_has_every_change_the_newest_first(call: Call, parts: Parts) -> None:
    call("policy", "set", "--lifetime", "30d", "--reason", "Stricter.")
    call("policy", "set", "--lifetime", "60d", "--reason", "Too strict.")

    shown = call("policy", "show", "--scope", "default", "--history").out.splitlines()

    assert "lifetime 30d -> 60d" in shown[-2]
    assert shown[-2].endswith("Too strict.")
    assert "lifetime 90d -> 30d" in shown[-1]
    assert shown[-1].endswith("Stricter.")


def test_the_strictest_holds_and_it_is_said_whose_it_is(
    call: Call, parts: Parts, ana: User, acme: str
) -> None:
    call("policy", "set", *SCOPE, "--idle-timeout", "1h", "--max-sessions", "5")
    call("policy", "set", "--scope", f"user:{ANA}", "--idle-timeout", "2h")

    shown = call("policy", "show", "--scope", f"user:{ANA.upper()}").out
    everything = call("policy", "show").out

    assert shown.startswith(f"user:{ANA}: stored ")
    assert table(shown)["idle-timeout"] == ["2h", "1h", "organization:Acme"]
    assert table(shown)["lifetime"] == ["none", "90d", "the", "settings"]
    assert table(shown)["when-full"] == ["ask", "ask", "organization:Acme"]
    assert [line.split(": ")[0] for line in everything.splitlines() if ": " in line] == [
        "default",
        "organization:Acme",
        f"user:{ANA}",
    ]


def test_a_scope_without_a_policy_says_so(call: Call, parts: Parts, acme: str) -> None:
    shown = call("policy", "show", *SCOPE).out

    assert shown.startswith("organization:Acme: has no policy of its own\n")
    assert table(shown)["idle-timeout"] == ["none", "14d", "the", "settings"]


def test_a_dry_run_says_what_would_end_and_changes_nothing(
    call: Call, parts: Parts, ana: User
) -> None:
    ben = parts.accounts.create(BEN, "Ben", PASSWORD)
    soon = datetime.now(UTC) + HOUR
    ending, shortened, another = log_in(parts, ana), log_in(parts, ben), log_in(parts, ben)
    parts.sessions.policies.set(
        f"user:{ana.id}", Policy(idle_timeout=13 * DAY), by=OPERATOR, reason=""
    )
    brief = log_in(parts, ben, ends_by=soon)

    everybodys = call("policy", "set", "--lifetime", "1d", "--dry-run")
    anas = call("policy", "set", "--scope", f"user:{ANA}", "--not-before", "now", "--dry-run")
    told = call("policy", "set", "--lifetime", "1d", "--dry-run", "--json").json

    assert everybodys.out.splitlines()[0] == (
        "0 sessions of 0 people end at once, 3 sessions of 2 people end earlier."
    )
    assert anas.out.splitlines()[0] == (
        "1 session of 1 person ends at once, 0 sessions of 0 people end earlier."
    )
    rows = {line.split()[0]: line for line in anas.out.splitlines()}
    assert rows[ending.session.id].endswith("ends at once")
    assert "Firefox on Windows" in rows[ending.session.id]
    assert "--expect 1 instead of --dry-run" in anas.out
    assert (told["ends_now"], told["shortened"], told["people_shortened"]) == (0, 3, 2)
    assert {(s["id"], s["user"], s["effect"]) for s in told["sessions"]} == {
        (ending.session.id, ANA, "ends_earlier"),
        (shortened.session.id, BEN, "ends_earlier"),
        (another.session.id, BEN, "ends_earlier"),
    }
    assert parts.sessions.policies.history("default") == []
    assert all(is_live(parts, started) for started in (ending, shortened, another, brief))


def test_a_change_with_clearly_more_ends_than_expected_is_refused(
    call: Call, parts: Parts, ana: User
) -> None:
    started = log_in(parts, ana)

    refused = call("policy", "set", "--not-before", "now", "--expect", "0")
    assert refused.code == 1
    assert "1 sessions would end now" in refused.err
    assert is_live(parts, started)

    assert call("policy", "set", "--not-before", "now", "--expect", "1").code == 0
    assert not is_live(parts, started)


def test_what_is_probably_not_meant_is_warned_of(call: Call, parts: Parts, acme: str) -> None:
    odd = call("policy", "set", "--lifetime", "30s", "--dry-run")
    unknown = call("policy", "set", "--scope", "organization:Acne", "--lifetime", "1d")

    assert odd.code == unknown.code == 0
    assert "signedin: warning: People will be logged out within two minutes.\n" in odd.err
    assert "signedin: warning: There is no organization Acne yet" in unknown.err
    assert call("policy", "set", *SCOPE, "--lifetime", "1d").err == ""


def test_a_policy_that_locks_everybody_out_can_always_be_repaired(
    call: Call, parts: Parts, ana: User
) -> None:
    call("policy", "set", "--lifetime", "1s", "--max-sessions", "1", "--confirm-within", "1s",
         "--settle-time", "1000d", "--when-full", "refuse")  # fmt: skip

    answer = call("policy", "set", "--preset", "aal1", "--max-sessions", "none", "--settle-time",
                  "none")  # fmt: skip

    assert answer.code == 0
    assert is_live(parts, log_in(parts, ana))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set",), "say what to change"),
        (("set", "--reason", "x"), "say what to change"),
        (("set", "--scope", "nobody", "--lifetime", "1d"), "nobody is no scope"),
        (("set", "--scope", "user:", "--lifetime", "1d"), "is no scope"),
        (("set", "--lifetime", "1x"), "expected a duration"),
        (("set", "--max-sessions", "-1"), "expected a whole number"),
        (("set", "--not-before", "yesterday"), "expected now, none, or a time"),
        (("set", "--not-before", "2026-11-23T10:00:00"), "expected now, none, or a time"),
        (("set", "--not-before", "0001-01-01T00:00:00+23:59"), "expected now, none, or a time"),
        (("set", "--lifetime", "1d", "--reason", "a\nb"), "cannot hold control"),
        (("set", "--lifetime", "1d", "--reason", "\u202e"), "cannot hold control"),
        (("set", "--lifetime", "1d", "--reason", "\udcff"), "cannot hold control"),
        (("set", "--when-full", "maybe"), "invalid choice"),
        (("set", "--preset", "aal4"), "invalid choice"),
        (("set", "--lifetime", "1d", "--dry-run", "--expect", "1"), "--expect is for the change"),
        (("show", "--scope", "organization:a/b"), "An organization's name"),
    ],
)
def test_a_call_that_makes_no_sense_is_answered_with_two_and_a_sentence(
    call: Call, parts: Parts, words: Sequence[str], said: str
) -> None:
    answer = call("policy", *words)

    assert answer.code == 2
    assert said in answer.err
    assert parts.sessions.policies.stored() == []


@pytest.mark.parametrize(
    "words",
    [
        ("--lifetime", "0s"),
        ("--idle-timeout", "0d"),
        ("--max-sessions", "0"),
        ("--max-sessions", "999999999"),
        ("--not-before", "2999-01-01T00:00:00Z"),
        ("--scope", f"user:{BEN}", "--idle-timeout", "1d"),
        ("--scope", "user:42", "--lifetime", "1d"),
    ],
)
def test_a_limit_that_no_session_could_satisfy_is_refused_with_one(
    call: Call, parts: Parts, words: Sequence[str]
) -> None:
    answer = call("policy", "set", *words)

    assert answer.code == 1
    assert answer.err.startswith("signedin: ")
    assert answer.err.count("\n") == 1
    assert parts.sessions.policies.stored() == []


def test_a_reason_cannot_write_to_the_terminal(call: Call, parts: Parts) -> None:
    limits = Policy(lifetime=DAY)
    parts.sessions.policies.set("default", limits, by=OPERATOR, reason="\x1b[2J\u202e")

    assert "\x1b" not in call("policy", "show", "--history").out
    assert "\u202e" not in call("events").out


class Terminal(io.StringIO):
    """What somebody watches."""

    def isatty(self) -> bool:
        return True


def test_long_work_shows_how_far_it_is_to_who_watches_and_leaves_nothing(
    call: Call, parts: Parts, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signedin.service.policies._AT_ONCE", 1)
    for _ in range(3):
        log_in(parts, ana)
    watched = Terminal()

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", watched)
        main(["policy", "set", "--lifetime", "30d", "--dry-run"])
    unwatched = call("policy", "set", "--lifetime", "30d", "--dry-run").err

    assert "\r2 sessions looked at" in watched.getvalue()
    assert watched.getvalue().endswith("\r\x1b[K")
    assert unwatched == ""
