"""What `doctor` says of policies and caps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from signedin.cli.doctor import limits
from signedin.cli.doctor.verdict import Level, Verdict
from signedin.cli.parts import OPERATOR, Parts
from signedin.cli.settings import Settings
from signedin.core.policy import Policy, WhenFull
from signedin.stores.sqlite.diagnosis import Diagnosis
from tests.clients import client

DATABASE = Path("var/signedin.db")
DAY = timedelta(days=1)


def policies(settings: Settings | None = None) -> Verdict:
    with Diagnosis(DATABASE) as opened:
        return limits.policies(opened, settings or Settings())


def caps() -> Verdict:
    with Diagnosis(DATABASE) as opened:
        return limits.caps(opened, Settings().policy, datetime.now(UTC))


def set_policy(parts: Parts, scope: str, policy: Policy) -> None:
    parts.sessions.policies.set(scope, policy, by=OPERATOR, reason="")


def test_policies_are_counted_by_whose_they_are(parts: Parts) -> None:
    parts.sessions.store.migrate()
    before = policies()
    set_policy(parts, "default", Policy(lifetime=30 * DAY))
    set_policy(parts, "organization:Acme", Policy(lifetime=DAY))
    set_policy(parts, "user:42", Policy(idle_timeout=DAY))

    after = policies()

    assert (before.level, after.level) == (Level.OK, Level.OK)
    assert before.what.startswith("the settings hold; 0 organizations and 0 accounts")
    assert after.what.startswith("a stored one holds for everybody; 1 organization and 1 account")


def test_settings_that_count_no_more_are_warned_of(parts: Parts) -> None:
    set_policy(parts, "default", Policy(lifetime=30 * DAY))

    assert policies(Settings(idle_timeout=DAY)).level is Level.WARN
    assert policies(Settings(idle_timeout=None, lifetime=30 * DAY)).level is Level.OK


def test_limits_that_are_probably_not_meant_are_warned_of(parts: Parts) -> None:
    set_policy(parts, "default", Policy())

    assert policies().what == "Sessions never end by themselves"


def test_people_above_a_cap_that_came_later_are_counted(parts: Parts) -> None:
    for user_id, organization in (("1", "Acme"), ("1", "Acme"), ("2", "Beta"), ("2", "Beta")):
        parts.sessions.start(user_id, client(), methods=["pwd"], organizations=[organization])
    over = datetime.now(UTC) - timedelta(seconds=1)
    parts.sessions.start("3", client(), methods=["pwd"], ends_by=over)
    parts.sessions.start("3", client(), methods=["pwd"])
    assert caps().what == "no policy says how many sessions a person may have"

    set_policy(parts, "organization:Acme", Policy(max_sessions=1, when_full=WhenFull.REFUSE))
    one = caps()
    set_policy(parts, "default", Policy(max_sessions=1))
    two = caps()
    set_policy(parts, "default", Policy(max_sessions=2))
    set_policy(parts, "organization:Acme", Policy(max_sessions=2))

    assert one.level is two.level is Level.WARN
    assert one.what.startswith("1 account with more sessions than the cap allows")
    assert two.what.startswith("2 accounts with more sessions")
    assert caps().level is Level.OK
