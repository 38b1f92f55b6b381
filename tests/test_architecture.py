"""The tree is the architecture: floors, small modules, and a core that needs nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "signedin"
MODULES = sorted(PACKAGE.rglob("*.py"))

LARGEST_MODULE = 400  # lines; style.md, principle 11
NAMED_BY_DJANGO = {PACKAGE / "django" / "models.py"}
NAMES_THAT_SAY_NOTHING = {"common", "helpers", "misc", "models", "types", "util", "utils"}

# Run with -S, so that site-packages is not on the path: what is imported here is the standard
# library's or ours. The finder is a second lock, should somebody's PYTHONPATH hold more.
EMBED = """
import sys

class StandardLibraryOnly:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top != "signedin" and top not in sys.stdlib_module_names:
            raise ImportError(f"the core asks for {name}")

sys.meta_path.insert(0, StandardLibraryOnly())
sys.path.insert(0, sys.argv[1])
"""
USE_THE_CORE = """
import os
import signedin
from signedin import Actor, Client, Policy

for name in signedin.__all__:
    getattr(signedin, name)
client = Client(ip_address="203.0.113.7", user_agent="Mozilla/5.0", client_hints={})
sessions = signedin.Sessions("sqlite:///" + os.path.join(sys.argv[2], "sessions.db"))
started = sessions.start("42", client, methods=["pwd"])
assert sessions.check(started.token, client).session.id == started.session.id
sessions.terminate(started.session.id, user_id="42", by=Actor.user(started.session.id))
assert sessions.check(started.token, client).session is None
sessions.close()
"""
IMPORT_THE_ROOT = """
import signedin

loaded = [name for name in sys.modules if name.startswith("signedin.")]
assert not loaded, loaded
"""


def run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_import_goes_down_the_floors() -> None:
    run(Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_one_idea(module: Path) -> None:
    lines = len(module.read_text(encoding="utf-8").splitlines())

    assert lines <= LARGEST_MODULE
    if module not in NAMED_BY_DJANGO:
        assert not NAMES_THAT_SAY_NOTHING & {module.stem, module.parent.name}


def test_importing_the_package_costs_nothing() -> None:
    run(sys.executable, "-I", "-S", "-c", EMBED + IMPORT_THE_ROOT, SOURCE)


def test_the_core_works_with_the_standard_library_alone(tmp_path: Path) -> None:
    run(sys.executable, "-I", "-S", "-c", EMBED + USE_THE_CORE, SOURCE, tmp_path)
