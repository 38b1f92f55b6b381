"""Take each rule out of the code, one at a time, and see that a test fails without it.

    python -m tools.mutations [WORD]    only the mutations whose name holds WORD

Works on a copy of the tree; prints which test caught each mutation. A mutation that
survives is a rule without a test: exit 1.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.mutation import Mutation
from tools.rules_of_adapters import ADAPTERS
from tools.rules_of_data import DATA
from tools.rules_of_django import DJANGO
from tools.rules_of_ends import ENDS
from tools.rules_of_freshness import FRESHNESS
from tools.rules_of_policies import POLICIES
from tools.rules_of_postgres import POSTGRES

ROOT = Path(__file__).parent.parent
MUTATIONS = [*FRESHNESS, *POLICIES, *ENDS, *POSTGRES, *DJANGO, *ADAPTERS, *DATA]


def caught_by(mutation: Mutation) -> str | None:
    """The first test that fails without the rule; ``None`` if all pass."""
    with copied() as tree:
        file = tree / mutation.file
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        return first_failure(tree, mutation.tests)


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tree, to be changed and thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for part in ("src", "tests", "pyproject.toml"):
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, tree / part)
        yield tree


def first_failure(tree: Path, tests: Sequence[str]) -> str | None:
    """The first of these tests that fails in a tree; ``None`` if all pass."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not soak", *tests]
    # In full, for what a test starts in another folder.
    environment = {"PYTHONPATH": f"{tree / 'src'}:{tree}"}
    run = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    failed = re.search(r"^(?:FAILED|ERROR) \S+?::(\w+)", run.stdout, re.MULTILINE)
    if failed is None and run.returncode:
        return f"a run that broke with {run.returncode}"  # such as a bus error, a signal
    return failed[1] if failed else None


def places_of(mutation: Mutation) -> int:
    """How often the text of a rule is in the code; only once can it be taken out."""
    return (ROOT / mutation.file).read_text(encoding="utf-8").count(mutation.old)


def refuse_what_is_not_there(chosen: Sequence[Mutation]) -> None:
    """The code was changed since; said before anything runs."""
    gone = [mutation.rule for mutation in chosen if places_of(mutation) != 1]
    if gone:
        raise SystemExit("\n".join(f"{rule}: its text is not there exactly once" for rule in gone))


def refuse_what_fails_anyway(chosen: Sequence[Mutation]) -> None:
    """A test that fails with all rules in place would catch everything."""
    for tests in dict.fromkeys(mutation.tests for mutation in chosen):
        with copied() as tree:
            test = first_failure(tree, tests)
        if test is not None:
            raise SystemExit(f"{' '.join(tests)}: fails with all rules in place: {test}")


def main() -> int:
    word = " ".join(sys.argv[1:])
    chosen = [mutation for mutation in MUTATIONS if word in mutation.rule]
    refuse_what_is_not_there(chosen)
    refuse_what_fails_anyway(chosen)
    survivors = 0
    for mutation in chosen:
        test = caught_by(mutation)
        survivors += test is None
        print(f"{'SURVIVED' if test is None else 'caught':9}{mutation.rule}", flush=True)
        print(f"{'':9}{test or 'no test fails without it'}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
