"""In a full run, nothing secret stands anywhere but in Set-Cookie (C-04, C-09, O-05).

Attacks 5, 6 and 7 of security.md: everything that the server sends, logs and stores is
searched for every secret that was in play, in each form that it could take.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from signedin.accounts.accounts import Accounts
from signedin.wiring import Sessions
from tests.clients import FIREFOX
from tests.clock import FixedClock
from tests.web.conftest import EMAIL, NAMES, NO_ID, Browser, MakeApp, NewBrowser, form_token_of

HOME = "/settings/account"
API = "/api/v1/sessions"
PASSWORD, WRONG = "tr0ub4dor-and-horses", "w0rnGly-typed-secret"
NEW_PASSWORD = "another-l0ng-passphrase"


@dataclass
class Run:
    """All that one run brought out, and the secrets that were in play."""

    addresses: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # bodies that are no page
    cookies: set[str] = field(default_factory=set)
    form_tokens: set[str] = field(default_factory=set)
    setup_key: str = ""
    log: str = ""

    def record(self, answer: Any) -> None:
        answer.read()
        self.addresses.append(str(answer.request.url))
        for name, value in answer.headers.multi_items():
            if name == "set-cookie":
                self.cookies.add(value.partition("=")[2].partition(";")[0])
            else:
                self.headers.append(f"{name}: {value}")
        is_page = "text/html" in answer.headers.get("content-type", "")
        (self.pages if is_page else self.others).append(answer.text)
        if is_page and 'name="form_token"' in answer.text:
            self.form_tokens.add(form_token_of(answer.text))

    @property
    def tokens(self) -> set[str]:
        return {value for value in self.cookies if value.startswith("si_")}

    @property
    def hidden(self) -> set[str]:
        """What may stand nowhere: cookies and passwords, and what is kept of them."""
        secrets = {value for value in self.cookies if value} | {PASSWORD, WRONG, NEW_PASSWORD}
        forms = {form for value in secrets for form in forms_of(value)}
        return secrets | forms | {*forms_of(self.setup_key)} - {self.setup_key[:15]}


def forms_of(secret: str) -> Iterator[str]:
    """The start of a secret, and itself and its hash as a text could hold them."""
    yield secret[:15]
    for value in (secret.encode(), sha256(secret.encode()).digest()):
        yield value.hex()
        yield value.hex().upper()
        yield value.hex(":")
        yield base64.b64encode(value).decode().rstrip("=")
        yield base64.urlsafe_b64encode(value).decode().rstrip("=")
        yield base64.b32encode(value).decode().rstrip("=")
    yield repr(value)[2:-1]
    yield json.dumps(value.decode("latin-1"))[1:-1]


@pytest.fixture
def app(make_app: MakeApp) -> ASGIApp:
    """The application on a server that logs what breaks, as all do."""
    inner = make_app()

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await inner(scope, receive, send)
        except Exception:
            logging.getLogger("server").exception("Exception in ASGI application")
            raise

    return served


@pytest.fixture
def run(
    new_browser: NewBrowser,
    accounts: Accounts,
    sessions: Sessions,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Everything a person does, and much that goes wrong, with all logs at DEBUG."""
    run = Run()
    for name in list(logging.root.manager.loggerDict):
        is_the_clients = name.startswith("httpx")
        caplog.set_level(logging.CRITICAL if is_the_clients else logging.DEBUG, logger=name)
    caplog.set_level(logging.DEBUG)  # last: each of these also says from where caplog keeps lines

    def open_browser(*how: str) -> Browser:
        browser = new_browser(*how, raising=False)
        browser.http.event_hooks = {"response": [run.record]}
        return browser

    one, two = open_browser(), open_browser(FIREFOX, "198.51.100.4")
    key = accounts.setup_key()
    assert key is not None
    run.setup_key = key
    one.get(f"/setup?key={key[:-1]}!")
    one.submit(f"/setup?key={key}", "/setup", key=key, email=EMAIL, name="Ada", password=PASSWORD)
    two.submit("/login", "/login", email=EMAIL, password=WRONG)
    two.submit("/login", "/login", email=EMAIL, password=PASSWORD, persistent="on")
    two.log_in(password=WRONG)
    two.log_in(password=PASSWORD)
    act_as_a_person(one, two, clock)
    go_wrong(one, sessions, monkeypatch)
    one.submit("/logout", "/logout")
    sessions.close()
    run.log = caplog.text
    return run


def act_as_a_person(one: Browser, two: Browser, clock: FixedClock) -> None:
    third = two.current["id"]
    for path in (HOME, f"{HOME}/sessions/{third}", f"{HOME}/password", API, f"{API}/history"):
        one.get(path)
    rename = f"{HOME}/sessions/{third}/rename"
    one.submit(rename, rename, name="Office desk")
    terminate = f"{HOME}/sessions/{third}/terminate"
    one.get(one.submit(terminate, terminate).headers["location"])
    two.get(HOME)
    two.log_in(password=PASSWORD)
    password = f"{HOME}/password"
    one.submit(password, password, current_password=WRONG, new_password=NEW_PASSWORD)
    changed = one.submit(
        password,
        password,
        current_password=PASSWORD,
        new_password=NEW_PASSWORD,
        end_others="on",
    )
    one.get(changed.headers["location"])
    clock.advance(timedelta(minutes=1))
    one.get(HOME)


def go_wrong(one: Browser, sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    token = one.token
    one.post("/logout", data={"form_token": "forged"})
    one.http.delete(f"{API}/current", headers={"Origin": "https://evil.example"})
    one.get(f"{API}/{NO_ID}")
    one.get(f"{API}?cursor=x")
    one.post(f"{API}/end", content=b"{")
    with monkeypatch.context() as broken:

        def fail(*args: Any, **how: Any) -> Any:
            raise RuntimeError("broken on purpose")

        broken.setattr(sessions, "list", fail)
        one.get(HOME)
        one.get(API)
    with monkeypatch.context() as broken:
        broken.setattr(sessions, "log_out", fail)
        one.submit("/logout", "/logout")
    assert one.token == token


def found_in(secrets: set[str], texts: list[str]) -> list[tuple[str, str]]:
    return [(secret, text[:200]) for secret in secrets for text in texts if secret in text]


def test_the_run_had_secrets_to_look_for(run: Run) -> None:
    assert len(run.tokens) >= 5
    assert len(run.cookies - run.tokens) >= 4  # device tokens, cookies before login
    assert len(run.form_tokens) >= 4
    assert any(run.setup_key in address for address in run.addresses)
    assert any(line.endswith("broken on purpose") for line in run.log.splitlines())


def test_no_secret_stands_in_any_answer(run: Run) -> None:
    assert found_in(run.hidden, run.pages + run.others + run.headers) == []


def test_no_secret_stands_in_any_address(run: Run) -> None:
    assert found_in(run.hidden | run.form_tokens, run.addresses) == []


def test_no_secret_stands_in_any_line_of_the_log(run: Run) -> None:
    assert found_in(run.hidden | run.form_tokens, [run.log]) == []


def test_the_set_up_key_stands_in_its_own_page_alone(run: Run, database: Path) -> None:
    """That page must send it back; it is used up, and never kept or told elsewhere."""
    elsewhere = [page for page in run.pages if 'name="key"' not in page]
    files = [path.read_bytes().decode("latin-1") for path in database.parent.iterdir()]

    assert found_in({run.setup_key}, elsewhere + run.others + run.headers + files) == []
    assert run.setup_key[:15] not in run.log


def test_no_hash_of_a_password_leaves_the_database(run: Run) -> None:
    assert found_in({"$argon2"}, [*run.pages, *run.others, *run.headers, run.log]) == []


def test_a_form_token_stands_in_pages_alone(run: Run) -> None:
    assert found_in(run.form_tokens, run.others + run.headers) == []


def test_no_secret_stands_in_the_database(run: Run, database: Path) -> None:
    files = [path.read_bytes() for path in database.parent.iterdir()]
    assert files

    # What is kept of a browser also names its count of failures, as hex: it opens nothing.
    kept = {sha256(v.encode()).hexdigest() for v in run.cookies - run.tokens}
    secrets = [s.encode() for s in (run.hidden - kept) | run.form_tokens if s.isascii()]
    assert [(s, number) for s in secrets for number, f in enumerate(files) if s in f] == []


def test_nothing_that_is_shown_or_kept_opens_anything(
    browser: Browser, other: Browser, sessions: Sessions
) -> None:
    """Attacks 6, 7; C-05: neither an id nor a hash, in any form that it could be sent."""
    told = browser.get(API).text + browser.get(HOME).text
    words = {session["id"] for session in browser.sessions}
    words.add(form_token_of(told))
    for token in (browser.token, other.token):
        digest = sha256(token.encode()).digest()
        words |= {f"si_{digest.hex()}", f"si_{base64.urlsafe_b64encode(digest).decode()}"}
        words |= set(forms_of(token)) | {digest.decode("latin-1"), f"si_{token[3:46]}000000"}
    words |= {word for word in told.replace('"', " ").replace("/", " ").split() if len(word) > 20}

    for word in words:
        header = f"{NAMES.session}={word}".encode("latin-1", "replace")
        answer = browser.http.get(f"{API}/current", headers=[(b"cookie", header)])
        bearer = browser.http.get(
            f"{API}/current",
            headers=[(b"cookie", b"x=1"), (b"authorization", b"Bearer " + header)],
        )
        assert answer.status_code == 401, word
        assert bearer.status_code == 401, word
