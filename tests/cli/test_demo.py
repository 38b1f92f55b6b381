"""``signedin demo``: what it shows is made up, believable, and gone when it stops."""

from __future__ import annotations

import csv
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signedin.cli.demo_player import DemoPlaces, PastClock, Player
from signedin.cli.demo_story import EMAIL, LIVES, PLACES
from signedin.cli.parts import Parts, put_together
from signedin.cli.settings import Settings
from signedin.core.network import Reach, classify
from signedin.core.place import label
from signedin.core.session import EndedReason
from signedin.places.reader import PlaceDatabase
from signedin.stores.rows import to_time
from tests.cli.calls import Call
from tests.cli.servers import get, log_in, serving

USER_AGENTS = Path(__file__).parents[1] / "data" / "user_agents.tsv"
HOUR = timedelta(hours=1)


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Parts]:
    settings = Settings(database=f"sqlite:///{tmp_path}/demo.db")
    clock = PastClock()
    parts = put_together(settings, DemoPlaces(PlaceDatabase()), clock)
    Player(parts, clock).play()
    yield parts
    parts.sessions.close()


def user_id(parts: Parts) -> str:
    user = parts.accounts.find(EMAIL)
    assert user
    return user.id


def test_a_dozen_sessions_were_last_used_between_now_and_weeks_ago(played: Parts) -> None:
    now = datetime.now(UTC)

    ages = [now - session.last_used_at for session in played.sessions.list(user_id(played))]
    assert len(ages) >= 10
    assert ages == sorted(ages)
    assert ages[0] < HOUR
    assert ages[-1] > timedelta(days=12)


def test_every_device_is_told_apart_and_comes_from_somewhere(played: Parts) -> None:
    live = played.sessions.list(user_id(played))

    devices = {played.sessions.describe(session).label for session in live}
    places = {label(session.last_seen_from.place) for session in live}
    assert len(devices) == len(live)
    assert {"Chrome on macOS", "Safari on iOS", "LG Browser on webOS"} <= devices
    assert {"Berlin, DE", "Singapore, SG", "DE"} <= places
    assert "Unknown location" not in places
    assert [session.name for session in live if session.name] == ["Desk at work"]


def test_the_ended_ones_have_ended_for_different_reasons_and_by_different_people(
    played: Parts,
) -> None:
    ended = [session.ended for session in played.sessions.history(user_id(played))]

    found = {(end.reason, end.by.kind.value) for end in ended if end}
    assert found == {
        (EndedReason.LOGGED_OUT, "user"),
        (EndedReason.TERMINATED, "user"),
        (EndedReason.TERMINATED, "admin"),
        (EndedReason.REPLACED, "user"),
        (EndedReason.IDLE, "policy"),
        (EndedReason.LIFETIME, "policy"),
    }


def test_everything_happened_in_the_order_of_time_and_nothing_in_the_future(
    played: Parts, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "demo.db")) as connection:
        rows = connection.execute("SELECT at FROM signedin_events ORDER BY position").fetchall()

    moments = [to_time(at) for (at,) in rows]
    assert len(moments) > len(LIVES)
    assert moments == sorted(moments)
    assert moments[-1] < datetime.now(UTC)


def test_every_user_agent_is_a_real_one() -> None:
    with USER_AGENTS.open(encoding="utf-8", newline="") as lines:
        real = {row["user_agent"] for row in csv.DictReader(lines, delimiter="\t")}

    assert [life.key for life in LIVES if life.user_agent not in real] == []


def test_every_address_is_public_and_the_story_knows_where_it_is() -> None:
    for life in LIVES:
        for address in {life.address, life.last_address or life.address}:
            assert classify(address) is Reach.PUBLIC
            assert address in PLACES


def printed(lines: list[str], name: str) -> str:
    return next(line.removeprefix(name).strip() for line in lines if line.startswith(name))


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_serves_what_it_printed_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: signal.Signals
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    with serving(tmp_path, command="demo", lines=4) as server:
        assert "made up" in server.printed[0]
        assert len(list(tmp_path.glob("signedin-demo-*"))) == 1
        cookie = log_in(
            server, printed(server.printed, "E-mail"), printed(server.printed, "Password")
        )
        status, page = get(f"{server.address}/settings/account", **cookie)
        server.signal(stop)
        server.end()

    assert status == 200
    text = page.decode()
    assert "signedin demo (made-up devices)" in text
    assert re.search(r"Desk at work", text)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["x", "70000", "-1", "²"])
def test_a_port_that_is_none_is_told(call: Call, port: str) -> None:
    answer = call("demo", f"--port={port}")

    assert answer.code == 2
    assert answer.err.startswith("signedin: --port: expected a whole number")


def test_settings_of_the_real_server_do_not_reach_the_demo(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/real.db"

    with serving(tmp_path, command="demo", lines=4, database=database, host="0.0.0.0") as server:
        assert get(f"{server.address}/login")[0] == 200
        assert not (tmp_path / "real.db").exists()


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_the_page_is_there_in_ten_seconds_in_an_environment_made_from_the_wheel() -> None:
    script = Path(__file__).parents[2] / "tools" / "try_demo.sh"
    done = subprocess.run(
        [script],
        env=os.environ | {"PYTHON": sys.executable},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "gone without a trace" in done.stdout
