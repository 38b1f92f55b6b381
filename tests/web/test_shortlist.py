"""The shortlist of security.md where no other test names its row: secrets, limits, ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from signedin.accounts.accounts import Accounts
from signedin.accounts.user import User
from signedin.core.errors import (
    CapReachedError,
    ConfirmationNeededError,
    StoreUnavailableError,
)
from signedin.core.permission import Actor
from signedin.core.policy import Policy, WhenFull
from signedin.core.token import TOKEN_ENTROPY, new_token, token_hash
from signedin.service.clock import SystemClock
from signedin.stores.sqlite.connections import QUERIES
from signedin.wiring import Sessions
from tests.clients import CHROME, FIREFOX, client
from tests.clock import FixedClock
from tests.web.conftest import EMAIL, JSON, NAMES, Browser, NewBrowser

HOME = "/settings/account"
API = "/api/v1/sessions"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY_ADA = Actor.admin("ada")


# The secret.


def test_of_a_hundred_thousand_tokens_none_repeats_and_nothing_is_fixed() -> None:
    """C-01: 256 bits from the machine's own source, behind the documented prefix."""
    clock = SystemClock()
    tokens = [new_token(clock.entropy(TOKEN_ENTROPY)) for _ in range(100_000)]

    assert TOKEN_ENTROPY >= 32
    assert len(set(tokens)) == len(tokens)
    assert {token[:3] for token in tokens} == {"si_"}
    for place in range(3, 46):  # what follows is the checksum; the last of these holds 4 bits
        assert len({token[place] for token in tokens[:2000]}) == (16 if place == 45 else 64)


def test_a_token_comes_from_its_entropy_and_from_nothing_else(
    sessions: Sessions, clock: FixedClock
) -> None:
    """C-02, C-03: the same person, client and instant give tokens that have nothing in common."""
    person = "a.person@example.org"
    one, two = (sessions.start(person, client(), methods=["pwd"]) for _ in range(2))

    assert one.session.created_at == two.session.created_at == clock.now()
    assert sum(a == b for a, b in zip(one.token[3:46], two.token[3:46], strict=True)) < 15
    for told in (one.session.id, person, client().ip_address or ""):
        assert told not in one.token


def test_what_a_browser_says_of_its_session_decides_nothing(
    browser: Browser, other: Browser
) -> None:
    """C-10, X-07: whoever has been ended stays out, whatever else is sent along."""
    ended, live = browser.current["id"], other.current["id"]
    assert other.delete(f"{API}/{ended}").status_code == 200

    kept = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())
    for claim in ("", f"; session={live}", "; live=true; user_id=1; admin=1"):
        assert browser.present(kept + claim, HOME).status_code == 303
    browser.http.cookies.clear()
    for headers in ({"X-Session-Id": live}, {"X-User-Id": "1"}, {"Remote-User": EMAIL}):
        assert browser.get(f"{API}/current", headers=headers).status_code == 401
    assert [one["current"] for one in other.sessions] == [True]


def test_a_token_is_looked_up_by_its_hash_in_an_index(sessions: Sessions, database: Path) -> None:
    """C-11, attack 33: no way through the rows takes longer for a token that is nearly right."""
    sessions.store.migrate()
    by_token = {name: text for name, text in QUERIES.items() if ".token_hash = :token_hash" in text}

    assert {"session_by_token", "session_by_former_token"} <= set(by_token)
    with sqlite3.connect(database) as shell:
        for name, text in by_token.items():
            asked = {"token_hash": token_hash(new_token(bytes(32)))}
            plan = [row[3] for row in shell.execute(f"EXPLAIN QUERY PLAN {text}", asked)]
            assert any("USING INDEX" in step and "token_hash=?" in step for step in plan), plan
            assert not any(step.startswith("SCAN") for step in plan), name
    shell.close()


# The limits.


def test_an_unused_session_is_dead_at_its_first_request_though_nobody_swept(
    browser: Browser, clock: FixedClock
) -> None:
    """P-01, K-06: the server decides, also where the cookie was kept by hand."""
    kept = f"{NAMES.session}={browser.token}"
    clock.advance(14 * DAY)

    assert browser.present(kept).status_code == 401
    assert browser.present(kept, HOME).status_code == 303


def test_use_never_moves_the_lifetime_and_a_login_begins_a_new_one(
    new_browser: NewBrowser, ada: User, clock: FixedClock
) -> None:
    """P-02, P-05."""
    browser = new_browser()
    browser.log_in(persistent=True)
    for _ in range(89):
        clock.advance(DAY)
        assert browser.get(f"{API}/current").status_code == 200
    clock.advance(DAY)

    assert browser.get(f"{API}/current").status_code == 401
    browser.log_in(persistent=True)
    clock.advance(13 * DAY)
    assert browser.get(f"{API}/current").status_code == 200


@pytest.mark.parametrize("when_full", [WhenFull.REFUSE, WhenFull.END_OLDEST])
def test_of_fifty_logins_at_once_never_more_live_than_the_cap_allows(
    sessions: Sessions, when_full: WhenFull
) -> None:
    """P-07, attack 12."""
    policy = Policy(max_sessions=3, when_full=when_full)
    sessions.policies.set("default", policy, by=BY_ADA, reason="test")
    barrier = Barrier(10)

    def log_in(number: int) -> int:
        """Start one; how many were live right after it, or 0 if it was refused."""
        if number < 10:
            barrier.wait()
        try:
            sessions.start("42", client(), methods=["pwd"])
        except CapReachedError:
            return 0
        return len(sessions.list("42"))

    with ThreadPoolExecutor(10) as threads:
        seen = list(threads.map(log_in, range(50)))

    assert max(seen) <= 3
    assert len(sessions.list("42")) == 3
    refused, ended = seen.count(0), len(sessions.history("42"))
    assert (refused, ended) == ((47, 0) if when_full is WhenFull.REFUSE else (0, 47))


def test_a_stricter_policy_bites_at_the_next_request(
    browser: Browser, sessions: Sessions, ada: User, clock: FixedClock
) -> None:
    """P-08, attack 77: in a browser that is logged in already, and the history says why."""
    clock.advance(2 * HOUR)
    sessions.policies.set("default", Policy(idle_timeout=HOUR), by=BY_ADA, reason="stricter")

    assert browser.get(f"{API}/current").status_code == 401
    (ended,) = sessions.history(ada.id)
    assert (ended.ended and ended.ended.reason) == "policy"


def test_a_looser_policy_revives_nothing(
    browser: Browser, sessions: Sessions, clock: FixedClock
) -> None:
    """P-09, attack 78: not even if nobody had noticed that the session was past its limit."""
    kept = f"{NAMES.session}={browser.token}"
    clock.advance(15 * DAY)
    sessions.policies.set("default", Policy(), by=BY_ADA, reason="looser")

    assert browser.present(kept).status_code == 401
    clock.advance(-2 * DAY)
    assert browser.present(kept).status_code == 401


# The end.


def test_what_was_copied_before_a_log_out_opens_nothing_after_it(browser: Browser) -> None:
    """X-02, X-08, attack 17: page and API; the server has ended it, not only the browser."""
    copied = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())

    answer = browser.submit("/logout", "/logout")

    assert answer.status_code == 303
    assert "Max-Age=0" in str(answer.headers.get_list("set-cookie"))
    assert browser.present(copied).status_code == 401
    assert browser.present(copied, HOME).headers["location"].startswith("/login")


def test_a_person_sees_all_of_their_own_and_ends_one_others_or_all(
    new_browser: NewBrowser, ada: User
) -> None:
    """X-04, X-06: without proving again who they are."""
    one, two, three, four = (new_browser(agent) for agent in (CHROME, FIREFOX, CHROME, FIREFOX))
    for browser in (one, two, three, four):
        browser.log_in()
    assert len(one.sessions) == 4

    assert one.delete(f"{API}/{two.current['id']}").json()["ended"] == 1
    assert one.post(f"{API}/end", json={"scope": "others"}).json()["ended"] == 2
    assert [b.get(HOME).status_code for b in (one, two, three, four)] == [200, 303, 303, 303]
    assert one.post(f"{API}/end", json={"scope": "all"}).json()["ended"] == 1
    assert one.get(HOME).status_code == 303


def test_ending_others_needs_a_recent_proof_where_an_administrator_says_so(
    sessions: Sessions, clock: FixedClock
) -> None:
    """X-05, attack 82: never for one's own session, nor for everywhere."""
    mine, stranger = (sessions.start("42", client(), methods=["pwd"]) for _ in range(2))
    policy = Policy(confirm_within=15 * timedelta(minutes=1))
    sessions.policies.set("default", policy, by=BY_ADA, reason="test")
    clock.advance(HOUR)
    by = Actor.user(mine.session.id)
    acts: list[Callable[[], Any]] = [
        lambda: sessions.terminate(stranger.session.id, user_id="42", by=by),
        lambda: sessions.terminate_all("42", keep=mine.session.id, by=by),
    ]

    for act in acts:
        with pytest.raises(ConfirmationNeededError):
            act()
    assert len(sessions.list("42")) == 2
    sessions.rotate(mine.token, methods=["pwd"])
    assert acts[0]().ended == 1
    clock.advance(HOUR)
    assert sessions.terminate_all("42", by=by).ended == 1


def test_a_disabled_account_is_out_at_the_next_request_and_cannot_come_back(
    browser: Browser, other: Browser, accounts: Accounts, ada: User
) -> None:
    """X-10, R-14: every session of it, in one transaction with the account."""
    receipt = accounts.disable(ada.id, by=BY_ADA)

    assert receipt.ended == 2
    assert [b.get(f"{API}/current").status_code for b in (browser, other)] == [401, 401]
    assert other.log_in().status_code == 401


def test_a_json_document_may_be_nested_as_deep_as_it_likes(browser: Browser) -> None:
    """Attack 96: it is refused, and nothing falls over."""
    headers = {**JSON, "Content-Type": "application/json"}
    for body in (b"[" * 60_000, b'{"a":' * 10_000, b"[" * 30_000 + b"]" * 30_000):
        for path in (API, f"{API}/end"):
            answer = browser.http.post(path, content=body, headers=headers)
            assert answer.status_code in (400, 422)


# The database.


def test_without_a_database_nothing_that_needs_a_session_is_let_through(
    browser: Browser, new_browser: NewBrowser, sessions: Sessions, database: Path
) -> None:
    """O-11, attack 26: with a right cookie, a wrong one and none; and nobody is logged out."""
    right = f"{NAMES.session}={browser.token}"
    wrong = f"{NAMES.session}={new_token(b'x' * 32)}"
    sessions.close()
    away = database.with_name("away.db")
    database.rename(away)
    database.write_bytes(b"no database" * 100)
    try:
        with pytest.raises(StoreUnavailableError):
            sessions.list("42")
        for cookie in (right, wrong):
            for path in (HOME, API, f"{API}/current", f"{API}/history"):
                answer = new_browser().present(cookie, path)
                assert answer.status_code == 503, path
                assert "set-cookie" not in answer.headers
        assert new_browser().get("/help/sessions").status_code == 200
        assert new_browser().get(f"{API}/current").status_code == 401
    finally:
        away.replace(database)

    assert new_browser().present(right).status_code == 200
