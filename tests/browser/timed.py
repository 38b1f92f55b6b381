"""A real server whose clock and places a test moves: in this process, in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from socket import create_server, socket

import uvicorn
from starlette.types import ASGIApp

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.core.cookie import CookieNames
from signedin.core.place import Attribution, Place
from signedin.places.reader import NoPlaces, PlaceDatabase
from signedin.stores.accounts import SqlAccounts
from signedin.stores.organizations import SqlOrganizations
from signedin.web.app import create_app
from signedin.wiring import Sessions
from tests.browser.server import PASSWORD, Site
from tests.clock import FixedClock
from tests.passwords import RememberingHasher


@dataclass
class KnownPlaces(NoPlaces):
    """Place data that knows a few addresses, as a database made for a test would."""

    places: Mapping[str, Place]
    attribution: Attribution | None = field(default=None, kw_only=True)

    def find(self, address: str | None) -> Place:
        return self.places.get(address or "") or super().find(address)


@dataclass
class TimedServer(Site):
    """A server in this process, and what it stands on."""

    clock: FixedClock
    sessions: Sessions
    accounts: Accounts

    def add_user(self, email: str, name: str) -> None:
        self.accounts.create(email, name, PASSWORD)


@contextmanager
def answering(app: ASGIApp, listening: socket) -> Iterator[None]:
    """Have an app answer in a thread of this process for as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, proxy_headers=False))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def serving_at(
    clock: FixedClock,
    folder: Path,
    *,
    places: NoPlaces | PlaceDatabase | None = None,
) -> Iterator[TimedServer]:
    """A server for as long as the block lasts; it stands still in time until it is moved."""
    places = places or NoPlaces()
    with create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        sessions = Sessions(f"sqlite:///{folder}/timed.db", clock=clock, places=places)
        accounts = Accounts(SqlAccounts(sessions.store), sessions, RememberingHasher(), clock)
        app = create_app(
            sessions,
            accounts,
            Organizations(SqlOrganizations(sessions.store), sessions, clock),
            places,
            site="signedin",
            cookies=CookieNames.on_loopback(port),
            origins=(url,),
            trusted_proxies=(ip_network("127.0.0.1"),),
            short_session=timedelta(hours=24),
        )
        try:
            with answering(app, listening):
                yield TimedServer(clock, sessions, accounts, url=url)
        finally:
            sessions.close()
