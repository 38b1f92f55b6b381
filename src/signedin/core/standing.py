"""How the policy of a scope stands: what it says now, where that is from, what it was before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from signedin.core.deadline import PolicyChange, Version
from signedin.core.policy import Policy


@dataclass(frozen=True, slots=True)
class Standing:
    """A scope's policy as it is told, and every change of it, the newest first.

    ``not_before`` is told as the latest time before which sessions have ended, also where
    they are told apart by their generation instead of by a clock.
    """

    policy: Policy | None  # None: the scope has none
    history: Sequence[PolicyChange]

    @classmethod
    def of(cls, version: Version | None, history: Sequence[PolicyChange]) -> Standing:
        """From what holds now and how it came to that."""
        if version is None:
            return cls(None, history)
        ends = [change.at for change in history if change.ended_earlier]
        if version.policy.not_before is not None:
            ends.append(version.policy.not_before)
        return cls(replace(version.policy, not_before=max(ends, default=None)), history)

    @property
    def source(self) -> Literal["stored", "settings", "none"]:
        if self.history:
            return "stored"
        return "none" if self.policy is None else "settings"

    @property
    def newest(self) -> PolicyChange | None:
        """The change that made it what it is; ``None``: nothing was ever stored."""
        return self.history[0] if self.history else None
