"""A server that may not write: run as a program, because rights are a process's own."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from datetime import timedelta

from signedin.accounts.accounts import Accounts
from signedin.accounts.organizations import Organizations
from signedin.accounts.passwords import PasswordHasher
from signedin.core.cookie import CookieNames
from signedin.places.reader import NoPlaces
from signedin.stores.accounts import SqlAccounts
from signedin.stores.organizations import SqlOrganizations
from signedin.web.app import create_app
from signedin.wiring import Sessions
from tests.web.raw import ask

NAMES = CookieNames.on_loopback(8700)
NOBODY = 65534
API = "/api/v1/sessions"

Answers = dict[str, tuple[int, bool]]


def main(database: str, token: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        answers(f"{folder}/a.db", token)  # loads what nobody may not, where Python is root's own
    if os.geteuid() == 0:  # whom file modes do not bind
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    print(json.dumps(answers(database, token)))


def answers(database: str, token: str) -> Answers:
    """What is answered on a database: the status, and whether a cookie is changed."""
    sessions = Sessions(f"sqlite:///{database}")
    accounts = Accounts(SqlAccounts(sessions.store), sessions, PasswordHasher(), sessions.clock)
    app = create_app(
        sessions,
        accounts,
        Organizations(SqlOrganizations(sessions.store), sessions, sessions.clock),
        NoPlaces(),
        site="signedin",
        cookies=NAMES,
        origins=("http://127.0.0.1:8700",),
        trusted_proxies=(),
        short_session=timedelta(hours=24),
    )
    own = [(b"cookie", f"{NAMES.session}={token}".encode()), (b"sec-fetch-site", b"same-origin")]
    login = b'{"email":"ada@example.org","password":"correct horse battery staple"}'
    as_json = [(b"content-type", b"application/json")]
    asked = {
        "current": ask(app, f"{API}/current", headers=own),
        "list": ask(app, API, headers=own),
        "terminate": ask(app, f"{API}/current", method="DELETE", headers=own),
        "log out": ask(app, "/logout", method="POST", headers=own),
        "page": ask(app, "/settings/account", headers=own),
        "login": ask(app, API, method="POST", headers=as_json, body=login),
        "ready": ask(app, "/readyz"),
        "alive": ask(app, "/healthz"),
        "login page": ask(app, "/login", headers=own),
        "help": ask(app, "/help/sessions", headers=own),
    }
    told = {name: (a.status, a["set-cookie"] is not None) for name, a in asked.items()}
    sessions.close()
    return told


if __name__ == "__main__":
    main(*sys.argv[1:])
