"""What is counted is so, and only who may know is told."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp

from signedin.core.errors import StoreUnavailableError
from signedin.core.permission import Actor
from signedin.service import measures
from signedin.wiring import Sessions
from tests.clients import FIREFOX, client
from tests.clock import FixedClock
from tests.web.conftest import Browser, MakeApp, NewBrowser
from tests.web.raw import Answer, ask

ADDRESS = "/metrics"
TOKEN = "2f6d0b1c9a8e7d6c5b4a39281706f5e4"
OWN_HOST = (b"Host", b"127.0.0.1:8700")
PID = f'pid="{os.getpid()}"'
LINE = re.compile(
    r"# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram))"
    r'|[a-z_]+(\{([a-z_]+="[^"\\\n]*",?)+\})? ([0-9.e-]+|\+Inf)'
)


def local(app: ASGIApp, **how: Any) -> Answer:
    return ask(app, ADDRESS, **{"peer": "127.0.0.1", "headers": [OWN_HOST], **how})


def numbers(app: ASGIApp) -> dict[str, float]:
    """Each series, without its process, and its number."""
    told = local(app).body.decode().replace(f"{PID},", "").replace(f"{{{PID}}}", "")
    return {
        series: float(value)
        for series, _, value in (line.rpartition(" ") for line in told.splitlines())
        if not series.startswith("#")
    }


def moved(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """What is counted in both, and by how much it grew."""
    return {k: v - before.get(k, 0) for k, v in after.items() if v != before.get(k, 0)}


# Who may know.


def test_a_program_on_this_machine_is_told(app: ASGIApp) -> None:
    for peer in ("127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"):
        for host in (b"localhost:8700", b"127.0.0.1", b"[::1]:8700"):
            answer = local(app, peer=peer, headers=[(b"Host", host)])

            assert answer.status == 200, (peer, host)
            assert answer["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert answer["cache-control"] == "no-store"
            assert answer["set-cookie"] is None


def test_from_elsewhere_there_is_nothing_whatever_the_headers_say(app: ASGIApp) -> None:
    claims = [(b"X-Forwarded-For", b"127.0.0.1"), (b"Forwarded", b"for=127.0.0.1"), OWN_HOST]

    for peer in ("203.0.113.7", "10.0.0.1", "fe80::1%lo", None):
        for headers in ([OWN_HOST], claims):
            answer = local(app, peer=peer, headers=headers)

            assert answer.status == 404, peer
            assert b"signedin_" not in answer.body


def test_who_asks_through_a_proxy_on_this_machine_is_not_on_it(app: ASGIApp) -> None:
    for header in (
        (b"X-Forwarded-For", b"203.0.113.7"),
        (b"X-Forwarded-For", b""),
        (b"Forwarded", b"for=203.0.113.7"),
        (b"X-Real-IP", b"203.0.113.7"),
        (b"X-Forwarded-Host", b"127.0.0.1"),
        (b"X-Forwarded-Proto", b"https"),
        (b"Via", b"1.1 proxy"),
    ):
        assert local(app, headers=[OWN_HOST, header]).status == 404, header


def test_another_name_for_this_machine_opens_nothing(app: ASGIApp) -> None:
    for host in (b"evil.example", b"id.example.org", b"", b"[::1", b"127.0.0.1.evil.example"):
        assert local(app, headers=[(b"Host", host)]).status == 404, host


def test_from_elsewhere_the_token_opens_it_and_nothing_like_it(make_app: MakeApp) -> None:
    with_token, without = make_app(metrics_token=TOKEN), make_app()
    for sent, status in (
        (f"Bearer {TOKEN}", 200),
        (f"bearer  {TOKEN} ", 200),
        (f"Bearer {TOKEN[:-1]}", 404),
        (f"Bearer {TOKEN}x", 404),
        ("Bearer", 404),
        (f"Basic {TOKEN}", 404),
        (TOKEN, 404),
        ("Bearer \u00e9", 404),
    ):
        how: Any = {
            "peer": "203.0.113.7",
            "headers": [(b"Authorization", sent.encode("latin-1"))],
        }
        opened = local(with_token, **how)

        assert opened.status == status, sent
        assert TOKEN.encode() not in opened.body
        assert local(without, **how).status == 404


def test_nobody_is_named_in_it(browser: Browser, other: Browser, app: ASGIApp) -> None:
    browser.delete(f"/api/v1/sessions/{other.current['id']}")
    browser.get("/settings/account")

    told = local(app).body.decode()

    assert [line for line in told.splitlines() if not LINE.fullmatch(line)] == []
    for secret in ("example.org", "203.0.113", browser.token, browser.current["id"], "Chrome"):
        assert secret not in told


# What is told.


def test_every_family_is_told_once_with_its_kind(app: ASGIApp) -> None:
    lines = local(app).body.decode().splitlines()
    helped = [line.split()[2] for line in lines if line.startswith("# HELP")]
    typed = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    series = {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}
    ends = re.compile("_(bucket|sum|count)$")

    assert helped == typed
    assert len(set(helped)) == len(helped) > 8
    assert {name if name in helped else ends.sub("", name) for name in series} <= set(helped)


def test_a_check_is_counted_by_what_answered_it(app: ASGIApp, browser: Browser) -> None:
    def checks() -> list[float]:
        told = numbers(app)
        return [
            told[f'signedin_checks_total{{answered_by="{by}"}}'] for by in ("memory", "database")
        ]

    def ask_for_it(times: int) -> list[float]:
        before = checks()
        for _ in range(times):
            browser.get("/login")
        return [now - then for now, then in zip(checks(), before, strict=True)]

    first = ask_for_it(1)
    held = ask_for_it(3)
    browser.http.headers["user-agent"] = FIREFOX
    seen_anew = ask_for_it(1)
    browser.http.cookies.clear()

    assert (first, held, seen_anew, ask_for_it(2)) == ([0, 1], [3, 0], [1, 0], [0, 0])


def test_logins_and_ends_are_counted_with_their_reasons_and_how_long_they_took(
    app: ASGIApp, sessions: Sessions
) -> None:
    before = numbers(app)

    started = [sessions.start("7", client(), methods=["pwd"]).session.id for _ in range(4)]
    by = Actor.admin("test")
    sessions.terminate(started[0], user_id="7", by=by)
    sessions.terminate(started[0], user_id="7", by=by)
    sessions.terminate_all("7", by=by, reason="password_changed")

    grew = moved(before, numbers(app))
    assert grew["signedin_sessions_started_total"] == 4
    assert grew['signedin_sessions_ended_total{reason="terminated"}'] == 1
    assert grew['signedin_sessions_ended_total{reason="password_changed"}'] == 3
    assert grew["signedin_terminate_seconds_count"] == 3
    assert grew['signedin_terminate_seconds_bucket{le="+Inf"}'] == 3
    assert 0 < grew["signedin_terminate_seconds_sum"] < 5


def test_an_end_that_was_rolled_back_is_not_counted(app: ASGIApp, sessions: Sessions) -> None:
    session = sessions.start("7", client(), methods=["pwd"]).session
    before = numbers(app)

    def end_and_fail() -> None:
        with sessions.work() as work:
            work.terminate(session.id, user_id="7", by=Actor.admin("test"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        end_and_fail()

    grew = moved(before, numbers(app))
    assert [series for series in grew if "end" in series or "terminate" in series] == []


def test_uses_are_counted_by_the_size_of_their_flush(app: ASGIApp, sessions: Sessions) -> None:
    tokens = [sessions.start("7", client(), methods=["pwd"]).token for _ in range(2)]
    before = numbers(app)
    for token in (*tokens, *tokens):
        sessions.check(token, client())

    sessions.flush_if_possible()

    grew = moved(before, numbers(app))
    assert grew["signedin_flush_uses_count"] == 1
    assert grew["signedin_flush_uses_sum"] == 2
    assert 'signedin_flush_uses_bucket{le="1"}' not in grew
    assert grew['signedin_flush_uses_bucket{le="5"}'] == 1


def test_what_is_in_memory_is_told(app: ASGIApp, new_browser: NewBrowser, browser: Browser) -> None:
    browser.get("/api/v1/sessions/current")

    told = numbers(app)

    assert told["signedin_held_sessions"] == 1
    assert told["signedin_held_sessions_limit"] == 100_000
    assert told["signedin_memory_trusted"] == 1
    assert told["signedin_resident_memory_bytes"] > 1e6


def test_sessions_are_counted_again_when_the_last_count_has_paid_off(
    app: ASGIApp, sessions: Sessions, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def states() -> tuple[float, ...]:
        told = numbers(app)
        return tuple(told[f'signedin_sessions{{state="{s}"}}'] for s in ("live", "ended"))

    def begin() -> str:
        return sessions.start("7", client(), methods=["pwd"]).session.id

    begin()
    assert states() == (1, 0)
    sessions.terminate(begin(), user_id="7", by=Actor.admin("test"))
    assert states() == (1, 0)

    elapsed, waited = clock.elapsed, 61.0
    monkeypatch.setattr(clock, "elapsed", lambda: elapsed() + waited)
    clock.advance(timedelta(minutes=1))
    assert states() == (1, 1)
    assert numbers(app)["signedin_sessions_counted_timestamp_seconds"] == clock.time()

    monkeypatch.setattr(measures, "COUNTED_SHARE", 1e9)  # now it takes long
    waited = 122.0
    states()
    begin()
    waited = 1000.0
    assert states() == (1, 1)


def test_without_the_database_the_rest_is_told(
    app: ASGIApp, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(sessions.store, "scanning", fail)

    told = numbers(app)

    assert told["signedin_database_up"] == 0
    assert "signedin_held_sessions" in told
    assert 'signedin_sessions{state="live"}' not in told
