"""Measure how often the device labels are right, by kind: ``make device-report``.

Right means that the label is exactly "Browser on OS", or the part of it that is known. The
strings are in ``tests/data/user_agents.tsv`` with their source: captured ones, and rarer ones
"composed" in the form that their vendor documents or is known to send.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from signedin.agents import load_engine
from signedin.core.device import Device, DeviceKind, UserAgentEngine, describe_device

DATA = Path(__file__).parent.parent / "tests" / "data" / "user_agents.tsv"
WANTED = 0.97


class Sample(NamedTuple):
    """A user agent, perhaps with hints, and what a person should read."""

    kind: DeviceKind
    label: str
    user_agent: str
    client_hints: dict[str, str]
    source: str

    def described(self, engine: UserAgentEngine | None = None) -> Device:
        return describe_device(self.user_agent, self.client_hints, engine=engine)


def samples() -> Iterator[Sample]:
    with DATA.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield Sample(
                DeviceKind(row["kind"]),
                " on ".join(filter(None, (row["browser"], row["os"]))),
                row["user_agent"],
                json.loads(row["client_hints"] or "{}"),
                row["source"],
            )


def report(engine: UserAgentEngine | None) -> float:
    """Print the share by kind and what is wrong; return the whole share."""
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    kinds = 0
    for sample in samples():
        device = sample.described(engine)
        kinds += device.kind is sample.kind
        for key in (sample.kind, "all"):
            total[key] += 1
            right[key] += device.label == sample.label
        if device.label != sample.label:
            print(f"  {device.label!r} should be {sample.label!r}: {sample.user_agent}")
    for key, count in total.items():
        print(f"  {key:<9} {right[key]:>4} of {count:>4}  {right[key] / count:>7.1%}")
    print(f"  kind right: {kinds / total['all']:.1%}")
    times = sorted(_seconds(sample, engine) for sample in samples())
    print(f"  time: {times[len(times) // 2] * 1e6:.0f} µs, the slowest {times[-1] * 1e6:.0f} µs")
    return right["all"] / total["all"]


def _seconds(sample: Sample, engine: UserAgentEngine | None) -> float:
    """How long a string takes that was never seen: the best of five, each made new."""
    best = float("inf")
    for number in range(5):
        new = sample._replace(user_agent=f"{sample.user_agent} {number}")
        begin = perf_counter()
        new.described(engine)
        best = min(best, perf_counter() - begin)
    return best


def main() -> int:
    print("Own rules alone")
    shares = [report(None)]
    engine = load_engine()
    if engine is None:
        print("The [ua] extra isn't installed: not measured with it")
    else:
        print("With the engine of the [ua] extra")
        shares.append(report(engine))
    return 0 if min(shares) >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
