"""The whole stand-alone application on a real SQLite file, asked over ASGI."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from ipaddress import ip_network
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.accounts.user import User
from signedin.agents import load_engine
from signedin.core.cookie import CookieNames
from signedin.places.reader import NoPlaces
from signedin.stores.accounts import SqlAccounts
from signedin.stores.organizations import SqlOrganizations
from signedin.web.app import create_app
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX, SAFARI
from tests.clock import FixedClock
from tests.databases import Open, clock, database, open_sessions, url
from tests.passwords import RememberingHasher
from tests.web.contract import check_answer

__all__ = ["clock", "database", "open_sessions", "url"]

ORIGIN = "http://127.0.0.1:8700"
NAMES = CookieNames.on_loopback(8700)
SECURE_ORIGIN = "https://id.example.org"
SECURE_NAMES = CookieNames()
EMAIL, PASSWORD = "ada@example.org", "correct horse battery staple"
BOBS_EMAIL = "bob@example.org"
NO_ID = "0199a000-0000-7000-8000-000000000000"  # well-formed, and nobody's
JSON = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Browser:
    """A person's browser: it keeps cookies and says where its requests come from."""

    http: TestClient
    names: CookieNames = NAMES

    def log_in(self, email: str = EMAIL, password: str = PASSWORD, **more: Any) -> Any:
        return self.http.post(
            "/api/v1/sessions", json={"email": email, "password": password, **more}, headers=JSON
        )

    def get(self, path: str, **how: Any) -> Any:
        return self.http.get(path, follow_redirects=False, **how)

    def post(self, path: str, **how: Any) -> Any:
        return self.http.post(path, headers=JSON, follow_redirects=False, **how)

    def delete(self, path: str) -> Any:
        return self.http.delete(path, headers=JSON)

    def submit(self, page: str, action: str, **fields: str) -> Any:
        """Open a page and send its form, as a browser without scripts does."""
        form_token = form_token_of(self.get(page).text)
        return self.post(action, data={"form_token": form_token, **fields})

    @property
    def sessions(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.get("/api/v1/sessions").json()["sessions"]
        return listed

    @property
    def token(self) -> str:
        value: str = self.http.cookies[self.names.session]
        return value

    @property
    def current(self) -> dict[str, Any]:
        """The session of this browser, as the API tells it."""
        told: dict[str, Any] = self.get("/api/v1/sessions/current").json()
        return told

    @property
    def cookie_header(self) -> tuple[bytes, bytes]:
        """What the browser holds, for a request byte for byte."""
        pairs = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        return b"cookie", pairs.encode()

    def present(self, cookies: str, path: str = "/api/v1/sessions/current", **how: Any) -> Any:
        """Ask with exactly this Cookie header, whatever the browser holds."""
        self.http.cookies.clear()
        return self.get(path, headers={"Cookie": cookies}, **how)


def form_token_of(html: str) -> str:
    return html.split('name="form_token" value="')[1].split('"')[0]


def checked(http: TestClient) -> TestClient:
    """Whatever the API answers in any test is in its document."""
    http.event_hooks = {"response": [check_answer]}
    return http


NewBrowser = Callable[..., Browser]
MakeApp = Callable[..., ASGIApp]


_engine = cache(load_engine)  # takes a fifth of a second, and is the same for every test


@pytest.fixture
def sessions(open_sessions: Open) -> Sessions:
    opened = open_sessions()
    opened._load_engine = _engine
    return opened


@pytest.fixture
def accounts(sessions: Sessions, clock: FixedClock) -> Accounts:
    return Accounts(SqlAccounts(sessions.store), sessions, RememberingHasher(), clock)


@pytest.fixture
def organizations(sessions: Sessions, clock: FixedClock) -> Organizations:
    return Organizations(SqlOrganizations(sessions.store), sessions, clock)


@pytest.fixture
def ada(accounts: Accounts) -> User:
    return accounts.create(EMAIL, "Ada Lovelace", PASSWORD)


@pytest.fixture
def make_app(sessions: Sessions, accounts: Accounts, organizations: Organizations) -> MakeApp:
    def make(
        *,
        cookies: CookieNames = NAMES,
        origin: str = ORIGIN,
        metrics_token: str | None = None,
    ) -> ASGIApp:
        return create_app(
            sessions,
            accounts,
            organizations,
            NoPlaces(),
            site="signedin",
            cookies=cookies,
            origins=(origin,),
            trusted_proxies=(ip_network("127.0.0.1"),),
            short_session=timedelta(hours=24),
            metrics_token=metrics_token,
        )

    return make


@pytest.fixture
def app(make_app: MakeApp) -> ASGIApp:
    return make_app()


@pytest.fixture
def new_browser(app: ASGIApp) -> NewBrowser:
    def open_browser(
        user_agent: str = CHROME, address: str = "203.0.113.7", *, raising: bool = True
    ) -> Browser:
        http = TestClient(
            app,
            base_url=ORIGIN,
            client=(address, 50000),
            headers={"user-agent": user_agent},
            raise_server_exceptions=raising,
        )
        return Browser(checked(http))

    return open_browser


@pytest.fixture
def browser(new_browser: NewBrowser, ada: User) -> Browser:
    """A browser in which Ada is logged in."""
    logged_in = new_browser()
    assert logged_in.log_in().status_code == 201
    return logged_in


@pytest.fixture
def other(new_browser: NewBrowser, browser: Browser) -> Browser:
    """Another browser of Ada's, logged in after the first."""
    logged_in = new_browser(FIREFOX, "198.51.100.4")
    assert logged_in.log_in().status_code == 201
    return logged_in


@pytest.fixture
def bob(new_browser: NewBrowser, accounts: Accounts) -> Browser:
    """Somebody else, logged in."""
    accounts.create(BOBS_EMAIL, "Bob", PASSWORD)
    logged_in = new_browser(SAFARI, "192.0.2.9")
    assert logged_in.log_in(BOBS_EMAIL).status_code == 201
    return logged_in


@pytest.fixture
def secure_browser(make_app: MakeApp, ada: User) -> Browser:
    """A browser at a server that is reached over https; nobody is logged in."""
    app = make_app(cookies=SECURE_NAMES, origin=SECURE_ORIGIN)
    http = TestClient(app, base_url=SECURE_ORIGIN, client=("203.0.113.7", 50000))
    return Browser(checked(http), SECURE_NAMES)
