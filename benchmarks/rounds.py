"""Interleaved rounds: every contestant in each, in shuffled order, so that noise falls on all."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Name = TypeVar("Name")
Sample = TypeVar("Sample")

FEWEST = 3  # rounds, however slow the machine is


def interleave(
    contestants: Mapping[Name, Callable[[], Sample]], *, rounds: int, seconds: float
) -> dict[Name, list[Sample]]:
    """What each contestant measured, round by round; no sample is dropped.

    Only whole rounds, so that samples can be paired; fewer of them when ``seconds`` are over.
    """
    samples: dict[Name, list[Sample]] = {name: [] for name in contestants}
    order, shuffle = list(contestants), random.Random(2026).shuffle
    began = time.monotonic()
    for number in range(rounds):
        if number >= FEWEST and time.monotonic() - began > seconds:
            break
        shuffle(order)
        for name in order:
            samples[name].append(contestants[name]())
    return samples


def spread(values: Sequence[float]) -> str:
    """Least, median and most."""
    return f"{min(values):>9,.0f} {statistics.median(values):>9,.0f} {max(values):>9,.0f}"


def paired(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """The ratio within each round: what slows one of a pair mostly slows the other."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def middle(ratios: Sequence[float]) -> str:
    """The median ratio and, in brackets, the least and the most."""
    return f"{statistics.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def verdict(ratios: Sequence[float], *, least: float = 0.0, most: float = float("inf")) -> str:
    """Whether the aim is reached: said only if the whole middle half of the pairs agrees."""
    aim = f"aim ≥ {least:.2f}" if least else f"aim ≤ {most:.2f}"
    low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
    if least <= low and high <= most:
        return f"{aim}: reached"
    if high < least or low > most:
        return f"{aim}: NOT reached"
    return f"{aim}: undecided, too close or too noisy"
