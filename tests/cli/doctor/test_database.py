"""What `doctor` says of a database: its change word, its times, and what is kept too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signedin.accounts.errors import WrongPasswordError
from signedin.cli.doctor import database as checks
from signedin.cli.doctor import limits
from signedin.cli.doctor.verdict import Level
from signedin.cli.parts import Parts
from signedin.cli.settings import Settings
from signedin.core.policy import Policy
from signedin.service.clock import SystemClock
from signedin.service.sweep import Retention
from signedin.stores.sqlite import diagnosis
from signedin.stores.sqlite.diagnosis import Diagnosis, Word
from signedin.wiring import Sessions
from tests.cli.calls import ANA, Call
from tests.clients import client
from tests.clock import MONDAY, FixedClock

DATABASE = Path("var/signedin.db")
DAY = timedelta(days=1)


def word(position: int = 5, *, database: bool = True, boot: bool = True, at: float = 0.0) -> Word:
    return Word(position, 5, same_database=database, same_boot=boot, changed_at=at)


@pytest.mark.parametrize(
    ("seen", "level"),
    [
        (word(), Level.OK),
        (word(4), Level.WARN),
        (word(6), Level.WARN),
        (word(database=False), Level.FAIL),
        (None, Level.WARN),
    ],
)
def test_the_change_word_is_judged(seen: Word | None, level: Level) -> None:
    assert checks.change_word(seen).level is level


def test_a_word_from_before_this_machine_was_started_is_no_other_machine_s() -> None:
    before, after = (MONDAY.timestamp() + seconds for seconds in (-1, 1))

    assert checks.one_machine(word(boot=False, at=before), MONDAY).level is Level.OK
    assert checks.one_machine(word(boot=False, at=after), MONDAY).level is Level.FAIL
    assert checks.one_machine(word(boot=False, at=after), None).level is Level.FAIL
    assert checks.one_machine(None, MONDAY).level is Level.OK


def test_integrity_that_takes_too_long_is_a_warning(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.sessions.store.migrate()
    monkeypatch.setattr(diagnosis, "_STEPS", 1)

    with Diagnosis(DATABASE) as looked:
        assert checks.integrity(looked, SystemClock(), longest=0.0).level is Level.WARN
        assert checks.integrity(looked, SystemClock()).level is Level.OK


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def looked(tmp_path: Path, clock: FixedClock) -> Iterator[Diagnosis]:
    """A database in which a session was started on Monday, and one ended on Tuesday."""
    path = tmp_path / "kept.db"
    sessions = Sessions(f"sqlite:///{path}", clock=clock)
    sessions.start("42", client(), methods=["pwd"])
    ended = sessions.start("43", client(), methods=["pwd"])
    clock.advance(DAY)
    sessions.log_out(ended.token)
    sessions.close()
    with Diagnosis(path) as opened:
        yield opened


def test_a_row_from_the_future_fails(looked: Diagnosis) -> None:
    tuesday = MONDAY + DAY

    assert checks.times(looked, tuesday).level is Level.OK
    assert checks.times(looked, tuesday - timedelta(seconds=59)).level is Level.OK
    verdict = checks.times(looked, MONDAY)
    assert verdict.level is Level.FAIL
    assert "from the future, by 1 day" in verdict.what


def test_counts_tell_live_from_ended(looked: Diagnosis) -> None:
    assert checks.counts(looked).what == "1 live, 1 ended"


@pytest.mark.parametrize(
    "policy", [Policy(idle_timeout=DAY), Policy(lifetime=DAY)], ids=["idle", "lifetime"]
)
def test_an_end_by_a_limit_that_nobody_has_written_is_warned_of(
    looked: Diagnosis, policy: Policy
) -> None:
    passed = MONDAY + DAY

    assert checks.sweep(looked, policy, passed + checks.SWEPT_WITHIN).level is Level.OK
    late = checks.sweep(looked, policy, passed + timedelta(hours=5))
    assert late.level is Level.WARN
    assert "for 5 hours" in late.what
    assert checks.sweep(looked, Policy(), MONDAY + 1000 * DAY).level is Level.OK


def test_ended_sessions_that_are_kept_too_long_are_warned_of(looked: Diagnosis) -> None:
    due = MONDAY + DAY + 30 * DAY
    kept = Retention(history=30 * DAY, addresses=40 * DAY, events=50 * DAY)

    assert checks.purge(looked, kept, due + checks.PURGED_WITHIN).level is Level.OK
    late = checks.purge(looked, kept, due + 3 * DAY)
    assert late.level is Level.WARN
    assert "3 days longer than the setting `history` (30 days)" in late.what


def test_addresses_and_events_that_are_kept_too_long_are_warned_of(looked: Diagnosis) -> None:
    now, long = MONDAY + 34 * DAY, 100 * DAY

    addresses = checks.purge(looked, Retention(long, 30 * DAY, long), now)
    events = checks.purge(looked, Retention(long, long, 30 * DAY), now)

    assert addresses.level is events.level is Level.WARN
    assert addresses.what.startswith("addresses of ended sessions are kept 3 days longer")
    assert events.what.startswith("events are kept 4 days longer than the setting `events`")
    assert checks.purge(looked, Retention(long, long, long), now).level is Level.OK


def test_an_address_of_a_failed_log_in_that_is_kept_too_long_is_warned_of(
    call: Call, parts: Parts
) -> None:
    with pytest.raises(WrongPasswordError):
        parts.accounts.authenticate(ANA, "wrong", source="203.0.113.7")
    kept = Retention(100 * DAY, 30 * DAY, 100 * DAY)

    with Diagnosis(DATABASE) as opened:
        late = checks.purge(opened, kept, datetime.now(UTC) + 33 * DAY)

    assert late.what.startswith("addresses of failed log-ins are kept 3 days longer")


def test_an_empty_database_is_neither_late_nor_ahead(parts: Parts) -> None:
    parts.sessions.store.migrate()
    now = datetime.now(UTC)

    with Diagnosis(DATABASE) as empty:
        verdicts = [
            checks.times(empty, now),
            checks.sweep(empty, Policy(idle_timeout=DAY), now),
            checks.purge(empty, Retention(DAY, DAY, DAY), now),
            limits.policies(empty, Settings()),
            limits.caps(empty, Policy(), now),
        ]
    assert {verdict.level for verdict in verdicts} == {Level.OK}
