"""The examples name settings and files that exist, and systemd takes the unit."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from signedin.cli.settings import CONFIG, PREFIX, load_settings

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "examples" / "signedin.service"
CONTAINER = ROOT / "examples" / "Containerfile"
PROGRAM = "/opt/signedin/bin/signedin"


@pytest.mark.parametrize("example", [UNIT, CONTAINER], ids=lambda path: path.name)
def test_every_setting_of_an_example_can_be_read(example: Path) -> None:
    named = dict(re.findall(rf"\b({PREFIX}[A-Z_]+)=(\S+)", example.read_text("utf-8")))
    named.pop(CONFIG, None)

    assert len(named) >= 3
    settings = load_settings(environment=named)
    assert settings.database == "sqlite:////var/lib/signedin/signedin.db"
    assert settings.log_format == "json"


def test_everything_that_the_image_is_made_of_is_there() -> None:
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", CONTAINER.read_text("utf-8"), re.M)

    sources = [name for line in copied for name in line.split()]
    assert sources
    assert [name for name in sources if not (ROOT / name).exists()] == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is missing")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    program = shutil.which("true") or "/bin/true"
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace(PROGRAM, program), encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")
