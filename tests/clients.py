"""Clients as they show up in requests."""

from __future__ import annotations

from signedin.core.session import Client, Decision
from signedin.service.sessions import SessionService

CHROME = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)


def client(
    user_agent: str = CHROME, address: str = "203.0.113.7", device: str | None = None
) -> Client:
    return Client(address, user_agent, {}, device)


def held(sessions: SessionService, token: str) -> Decision | None:
    """What memory alone answers to the client above."""
    sent = client()
    return sessions.check_held(token.encode(), sent.ip_address, sent.user_agent.encode())
