"""docs/security.md lists every requirement and attack, and what it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT

PAGE = (DOCS / "security.md").read_text("utf-8")
# How many rows each part of the checklist has. C-15 was dropped from it.
COUNTS = {"C": 19, "K": 15, "P": 12, "X": 18, "R": 19, "L": 12, "H": 9, "O": 13, "V": 7, "A": 15}
ROWS = {f"{part}-{n:02}" for part, count in COUNTS.items() for n in range(1, count + 1)} - {"C-15"}
ATTACKS = {str(number) for number in range(1, 106)}
# Rows that the first release stands or falls with; K-02 and X-15 have nothing to test yet.
SHORTLIST = [
    *(f"C-{number:02}" for number in range(1, 13)),
    *("K-01", "K-03", "K-04", "K-08", "K-10", "K-13"),
    *("P-01", "P-02", "P-07", "P-08", "P-09"),
    *("X-01", "X-02", "X-03", "X-04", "X-05", "X-10"),
    *("R-01", "R-02", "R-03", "R-04", "R-05", "R-07", "R-10", "R-15", "R-16"),
    *("O-01", "O-05", "O-11"),
]

FOUND = re.findall(r"^\| ([A-Z]-\d\d|\d+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.M)
_TEST = re.compile(r"`((?:tests|src/signedin/testing)/[\w/]+\.py)::(test_\w+)`")
_FILE = re.compile(r"`(src/[\w/.]+)`")
_LATER = re.compile(r"comes? with ((?:the )?[A-Za-z' -]+?)(?= \||[;:,(]|$)")


def test_every_requirement_and_attack_has_one_row() -> None:
    listed = [row for row, _, _ in FOUND]

    assert len(ROWS) == 138
    assert sorted(listed) == sorted(ROWS | ATTACKS)


@pytest.mark.parametrize(("row", "what", "cover"), FOUND, ids=[row for row, _, _ in FOUND])
def test_each_row_says_what_covers_it_and_that_is_there(row: str, what: str, cover: str) -> None:
    assert what.strip()
    tests, files = _TEST.findall(cover), _FILE.findall(cover)
    later, links = _LATER.findall(cover.strip()), re.findall(r"\]\(", cover)

    assert tests or files or later or links, cover
    for file, name in tests:
        assert name in _tests_of(ROOT / file), f"{file} has no {name}"
    assert [file for file in files if not (ROOT / file).exists()] == []
    named = cover.count("tests/") + cover.count("signedin/testing/")
    assert named == len(tests), "write tests as `tests/FILE.py::NAME`"
    for part in later:
        assert f"*{part}*" in PAGE.partition("## ")[0].replace("\n", " "), f"what is {part!r}?"


@pytest.mark.parametrize("row", SHORTLIST)
def test_each_row_of_the_shortlist_is_named_by_a_test(row: str) -> None:
    named = [path for path in (ROOT / "tests").rglob("test_*.py") if row in _docstrings(path)]

    assert [path for path in named if path.name != Path(__file__).name]
    ((_, _, cover),) = [found for found in FOUND if found[0] == row]
    assert _TEST.search(cover), f"{row} has to be covered by a test"


@cache
def _tests_of(path: Path) -> set[str]:
    assert path.exists(), path
    return {function.name for function in _functions(ast.parse(path.read_text("utf-8")))}


@cache
def _docstrings(path: Path) -> str:
    tree = ast.parse(path.read_text("utf-8"))
    told = [ast.get_docstring(tree), *(ast.get_docstring(one) for one in _functions(tree))]
    return "\n".join(text for text in told if text)


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    nodes = [*tree.body, *(node for one in classes for node in one.body)]
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
