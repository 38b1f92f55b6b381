"""What `doctor` says of the machine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from signedin.cli.doctor import machine
from signedin.cli.doctor.verdict import Level, Verdict


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
