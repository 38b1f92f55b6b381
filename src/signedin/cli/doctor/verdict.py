"""What a check found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Printed and in JSON: never rename one."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check's answer: what is so, and what to do where that is not good."""

    level: Level
    what: str
    todo: str | None = None


def ok(what: str) -> Verdict:
    return Verdict(Level.OK, what)


def warn(what: str, todo: str) -> Verdict:
    """It works; something should be done about it."""
    return Verdict(Level.WARN, what, todo)


def fail(what: str, todo: str) -> Verdict:
    """It does not work, or not safely."""
    return Verdict(Level.FAIL, what, todo)


def length(seconds: float) -> str:
    """A length of time as people say it, in its largest unit."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return counted(int(seconds // size), unit)
    return counted(int(seconds), "second")


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
