"""Whom a command means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signedin.cli.output import REFUSED, complain

if TYPE_CHECKING:
    from signedin.cli.parts import Parts
    from signedin.core.permission import Actor


def no_account(email: str) -> int:
    """Say that nobody has this e-mail address."""
    complain(f"no account has the e-mail address {email}; see: signedin users list")
    return REFUSED


def id_of(parts: Parts, who: str) -> str | None:
    """The user id that an e-mail address or, in an app's database, an id stands for."""
    user = parts.accounts.find(who)
    if user is not None:
        return user.id
    return None if "@" in who else who


def actor_words(actor: Actor) -> str:
    """Who did something, for people."""
    person = "the person" if actor.id else "somebody"  # who fails to log in may be anybody
    words = {"user": person, "policy": "a policy", "system": "signedin"}
    return words.get(actor.kind, f"administrator {actor.id}")


def actor_data(actor: Actor) -> dict[str, str | None]:
    """Who did something, for programs."""
    return {"kind": actor.kind.value, "id": actor.id}
