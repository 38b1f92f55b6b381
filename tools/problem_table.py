"""Writes the table of problem codes in the documentation from the table of the server.

usage: python -m tools.problem_table
"""

from __future__ import annotations

import sys

from signedin.web.problems import ALL
from tools.pasted import DOCS, Pasted


def table() -> str:
    """Every code with its status and what it says, by status."""
    rows = ["| code | status | what it says |", "| --- | --- | --- |"]
    for problem in sorted(ALL, key=lambda one: (one.status, one.code)):
        rows.append(f"| `{problem.code}` | {problem.status} | {problem.detail} |")
    return "\n".join(rows)


PROBLEMS = Pasted(DOCS / "reference" / "errors.md", "codes", "tools.problem_table", table)

if __name__ == "__main__":
    sys.exit(PROBLEMS.write())
