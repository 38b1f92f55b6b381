"""The tests of the page "Test your app", run as they stand there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.docs.pages import DOCS, blocks

# Of a store's tests one class is enough here: ours run all of them.
OURS_RUN = ["-k", "not Ends and not Rotates", "."]


def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    for block in blocks(DOCS / "how-to/test.md", "python"):
        assert block.title is not None
        (tmp_path / block.title).write_text(block.text, encoding="utf-8")

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *OURS_RUN],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stdout
    assert "passed" in run.stdout
