"""The form of a policy: from what was typed to a policy, and back.

Lengths are typed as a number and a unit; a field that is empty is no limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from signedin.core.errors import InvalidPolicyError
from signedin.core.policy import LONGEST, MOST_SESSIONS, Policy, WhenFull
from signedin.web.views import marked as _

UNITS: Mapping[str, tuple[str, timedelta]] = {
    "days": (_("days"), timedelta(days=1)),
    "hours": (_("hours"), timedelta(hours=1)),
    "minutes": (_("minutes"), timedelta(minutes=1)),
    "seconds": (_("seconds"), timedelta(seconds=1)),
}
LENGTHS = ("lifetime", "idle_timeout", "settle_time", "confirm_within")
_WHOLE = _("Enter a whole number, 1 or more; or nothing, for no limit.")
_TOO_MUCH = _("That is more than makes sense.")
_TOO_OLD = _("This page has become too old: open it again.")


class FieldError(Exception):
    """A field holds what is no limit; ``field`` says which."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Length:
    """A length as it stands in the form."""

    amount: str
    unit: str

    @classmethod
    def of(cls, length: timedelta | None) -> Length:
        """In the largest unit that it is a whole number of."""
        if length is None:
            return cls("", "days")
        unit = next(name for name, (__, one) in UNITS.items() if not length % one)
        return cls(str(length // UNITS[unit][1]), unit)


@dataclass(frozen=True, slots=True)
class Filled:
    """The form, filled in by a policy or by a person."""

    lengths: Mapping[str, Length]
    max_sessions: str
    when_full: str
    not_before: str  # kept as it is: the form can only move it to now
    end_earlier: bool

    @classmethod
    def with_policy(cls, policy: Policy) -> Filled:
        return cls(
            {name: Length.of(getattr(policy, name)) for name in LENGTHS},
            "" if policy.max_sessions is None else str(policy.max_sessions),
            policy.when_full.value,
            "" if policy.not_before is None else policy.not_before.isoformat(),
            end_earlier=False,
        )

    @classmethod
    def by_person(cls, form: Mapping[str, str]) -> Filled:
        return cls(
            {n: Length(form.get(n, "").strip(), form.get(f"{n}_unit", "")) for n in LENGTHS},
            form.get("max_sessions", "").strip(),
            form.get("when_full", ""),
            form.get("not_before", ""),
            end_earlier="end_earlier" in form,
        )

    def policy(self) -> Policy:
        """The policy that was filled in.

        Raises:
            FieldError: A field holds what is no limit.
        """
        length = {name: _length(name, typed) for name, typed in self.lengths.items()}
        try:
            return Policy(
                lifetime=length["lifetime"],
                idle_timeout=length["idle_timeout"],
                settle_time=length["settle_time"],
                confirm_within=length["confirm_within"],
                max_sessions=_number("max_sessions", self.max_sessions, MOST_SESSIONS),
                when_full=WhenFull(self.when_full),
                not_before=datetime.fromisoformat(self.not_before) if self.not_before else None,
            )
        except InvalidPolicyError as error:
            raise FieldError("", str(error)) from None
        except ValueError:
            raise FieldError("", _TOO_OLD) from None

    def seal(self) -> str:
        """What tells this filling from another, so that what is saved is what was checked."""
        return sha256(repr((self.policy(), self.end_earlier)).encode()).hexdigest()


def _length(name: str, typed: Length) -> timedelta | None:
    if typed.unit not in UNITS:
        raise FieldError(name, _TOO_OLD)
    one = UNITS[typed.unit][1]
    amount = _number(name, typed.amount, LONGEST // one)
    return None if amount is None else amount * one


def _number(name: str, typed: str, most: int) -> int | None:
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit()) or not typed.strip("0"):
        raise FieldError(name, _WHOLE)
    if len(typed) > 12 or int(typed) > most:
        raise FieldError(name, _TOO_MUCH)
    return int(typed)
