"""Clients as they show up in requests."""

from __future__ import annotations

from signedin.core.session import Client
from signedin.testing.clients import CHROME
from signedin.testing.conformance.base import FIREFOX, SAFARI, held

__all__ = ["CHROME", "FIREFOX", "SAFARI", "client", "held"]


def client(
    user_agent: str = CHROME, address: str = "203.0.113.7", device: str | None = None
) -> Client:
    return Client(address, user_agent, {}, device)
