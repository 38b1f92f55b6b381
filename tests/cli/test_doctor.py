"""``signedin doctor`` finds each fault, says what to do, and fails only where it must."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from signedin.accounts.errors import WrongPasswordError
from signedin.cli.doctor import configured, limits, machine
from signedin.cli.doctor import database as checks
from signedin.cli.doctor.verdict import Level, Verdict, length
from signedin.cli.parts import OPERATOR, Parts
from signedin.cli.settings import Settings
from signedin.core.policy import Policy, WhenFull
from signedin.service.clock import SystemClock
from signedin.service.sweep import Retention
from signedin.stores.sqlite import diagnosis
from signedin.stores.sqlite.diagnosis import Diagnosis, Word
from signedin.wiring import Sessions
from tests.cli.calls import ANA, PASSWORD, Answer, Call
from tests.clients import client
from tests.clock import MONDAY, FixedClock
from tests.mmdb import write_flat

DATABASE = Path("var/signedin.db")
DAY = timedelta(days=1)
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


@pytest.mark.parametrize(
    ("settings", "level", "told"),
    [
        (Settings(), Level.OK, "only this machine"),
        (Settings(public_url="https://id.example.org"), Level.OK, "https://id.example.org"),
        (Settings(public_url="http://id.example.org"), Level.FAIL, "must begin with https"),
        (Settings(host="0.0.0.0"), Level.FAIL, "public_url must be set"),
    ],
)
def test_the_address_is_judged(settings: Settings, level: Level, told: str) -> None:
    verdict = configured.address(settings)

    assert verdict.level is level
    assert told in verdict.what


@pytest.mark.parametrize(
    ("url", "networks", "level"),
    [
        (None, [], Level.OK),
        ("https://id.example.org", [], Level.WARN),
        ("https://id.example.org", ["127.0.0.1/32"], Level.OK),
        ("https://id.example.org", ["10.0.0.0/8", "fd00::/24"], Level.OK),
        (None, ["0.0.0.0/1"], Level.WARN),
        (None, ["127.0.0.1/32", "2000::/3"], Level.WARN),
    ],
)
def test_the_proxies_are_judged(url: str | None, networks: list[str], level: Level) -> None:
    settings = Settings(public_url=url, trusted_proxies=tuple(map(ip_network, networks)))

    assert configured.proxies(settings).level is level


def test_old_ip_data_is_warned_of_and_a_named_file_that_is_gone_fails(tmp_path: Path) -> None:
    file = write_flat(tmp_path, built_on=date(2026, 10, 1))
    settings = Settings(data=tmp_path, geo_city=file)

    assert configured.places(settings, date(2026, 10, 20)).level is Level.OK
    old = configured.places(settings, date(2026, 12, 1))
    assert old.level is Level.WARN
    assert "data of 2026-10-01, 61 days old" in old.what
    gone = Settings(data=tmp_path, geo_city=tmp_path / "gone.mmdb")
    assert configured.places(gone, date(2026, 10, 20)).level is Level.FAIL
    assert configured.places(Settings(data=tmp_path), date(2026, 10, 20)).level is Level.WARN


def test_a_network_file_system_fails(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("1 1 0:1 / / rw - ext4 /dev/sda rw\n2 1 0:2 / /mnt rw - nfs4 x rw\n")

    assert machine.file_system(Path("/srv/x.db"), mounts) == Verdict(
        Level.OK, "ext4, of this machine"
    )
    assert machine.file_system(Path("/mnt/x.db"), mounts).level is Level.FAIL
    assert machine.file_system(Path("/x.db"), tmp_path / "none").level is Level.OK


@pytest.mark.parametrize(
    ("free", "level"), [(2**20, Level.FAIL), (2**28, Level.WARN), (2**33, Level.OK)]
)
def test_the_room_on_the_disk_is_judged(tmp_path: Path, free: int, level: Level) -> None:
    assert machine.disk_space(tmp_path / "x.db", lambda folder: free).level is level
    assert machine.disk_space(tmp_path / "x.db").what.endswith(" MiB free")


def test_a_folder_that_everybody_may_write_to_fails(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    file.touch(mode=0o600)
    tmp_path.chmod(0o777)

    assert machine.permissions([file]).level is Level.FAIL
    tmp_path.chmod(0o1777)
    assert machine.permissions([file]).level is Level.OK


def test_parts_that_are_not_installed_are_named() -> None:
    verdict = machine.server_parts(lambda name: None if name == "uvicorn" else name)

    assert verdict.level is Level.WARN
    assert "uvicorn missing" in verdict.what
    assert machine.device_engine(lambda: None).level is Level.WARN


def test_this_machine_was_started_before_now() -> None:
    now = datetime.now(UTC)
    started = machine.started_at(now)

    assert started is None or started < now


def test_lengths_are_told_in_their_largest_unit() -> None:
    told = [length(seconds) for seconds in (0, 1, 59, 60, 7200, 86400, 90 * 86400)]

    assert told == [
        "0 seconds",
        "1 second",
        "59 seconds",
        "1 minute",
        "2 hours",
        "1 day",
        "90 days",
    ]


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
