"""`make bench`: a check, what it leaves of the requests a second, and an end with many nodes."""

from __future__ import annotations

from benchmarks import checks, receipt, requests
from benchmarks.machine import about_the_machine

HOW_TO_READ = """\
Each table is made in one interleaved run: every round visits all in shuffled order. Ratios
travel to other machines, microseconds and requests a second do not. An aim is called reached
or not only if the middle half of the pairs agrees. A wide spread means that the machine was
busy with something else: run it again on a quiet one.
"""


def main() -> None:
    print(about_the_machine() + "\n")
    print(HOW_TO_READ)
    checks.run()
    requests.run()
    print()
    receipt.run()


if __name__ == "__main__":
    main()
