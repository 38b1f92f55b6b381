"""signedin: see everywhere you're signed in, and sign out of any of it, at once and for good."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from signedin.core.device import describe_device
    from signedin.core.permission import Actor
    from signedin.core.policy import Policy
    from signedin.core.session import Client
    from signedin.wiring import Sessions

__all__ = ["Actor", "Client", "Policy", "Sessions", "describe_device"]

_HOMES = {
    "Actor": "signedin.core.permission",
    "Client": "signedin.core.session",
    "Policy": "signedin.core.policy",
    "Sessions": "signedin.wiring",
    "describe_device": "signedin.core.device",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that ``import signedin`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
