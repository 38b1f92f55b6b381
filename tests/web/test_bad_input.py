"""Whatever is sent: a clear answer, the right status, never a 500, and nothing is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from signedin.accounts.user import User
from signedin.core.token import form_token
from tests.web.conftest import (
    EMAIL,
    NAMES,
    NO_ID,
    PASSWORD,
    Browser,
    NewBrowser,
    form_token_of,
)
from tests.web.raw import Answer, ask

HOME = "/settings/account"
API = "/api/v1/sessions"


GARBAGE = [
    b"",
    b";",
    b"=",
    b"; ; ;",
    b"\x00",
    b"\xff\xfe" * 100,
    b"{n}",
    b"{n}=",
    b"{n}=\x00",
    b"{n}=" + b"\xc3\xa9" * 26,
    b"{n}=" + "é".encode("latin-1") * 52,
    b"{n}=si_" + b"A" * 49,
    b"{n}=" + b"9" * 52,
    b"{n}=" + b"x" * 64_000,
    b"{n};" * 10_000,
    b"x{n}={n}=" * 5_000,
    b"{d}=\xff; {p}=\xff",
    b"{p}=; {d}=",
    b"{p}=" + b"x" * 64_000,
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_for_cookies_is_nobody(app: ASGIApp, ada: User, garbage: bytes) -> None:
    names = {b"{n}": NAMES.session, b"{d}": NAMES.device, b"{p}": NAMES.before_login}
    for short, name in names.items():
        garbage = garbage.replace(short, name.encode())
    headers = [(b"cookie", garbage), (b"sec-fetch-site", b"same-origin")]

    assert ask(app, f"{API}/current", headers=headers).status == 401
    assert ask(app, HOME, headers=headers).status == 303
    page = ask(app, "/login", headers=headers)
    assert page.status == 200
    form = f"form_token={form_token_of(page.body.decode())}&email={EMAIL}&password=x".encode()
    form_headers = [*headers, (b"content-type", b"application/x-www-form-urlencoded")]
    assert ask(app, "/login", method="POST", headers=form_headers, body=form).status in (401, 403)
    body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
    json_headers = [*headers, (b"content-type", b"application/json")]
    assert ask(app, API, method="POST", headers=json_headers, body=body).status == 201


@pytest.mark.parametrize(
    "name",
    ["user-agent", "accept-language", "sec-ch-ua", "x-forwarded-for", "forwarded", "host",
     "origin", "sec-fetch-site", "content-type", "accept-encoding", "x-anything"],
)  # fmt: skip
def test_headers_of_64_kb_break_nothing(app: ASGIApp, browser: Browser, name: str) -> None:
    cookie = (b"cookie", f"{NAMES.session}={browser.token}".encode())
    for value in (b"x" * 64_000, b"\xff" * 64_000, b"1.1.1.1, " * 7_000, b'"' * 64_000):
        headers = [cookie, (name.encode(), value)]
        assert ask(app, HOME, headers=headers).status == 200
        assert ask(app, f"{API}/current", headers=headers, peer="127.0.0.1").status == 200
        assert ask(app, f"{API}/end", method="POST", headers=headers, body=b"{}").status < 500


@pytest.mark.parametrize(
    "query",
    [b"\xff", b"%ff", b"%", b"%zz", b"=", b"&" * 10_000, b"next=%ff&next", b"limit=%00",
     b"cursor=%ff%fe", b"done=%00.%00", b"ended=%ff", b"key=%ed%a0%80", b"x" * 60_000],
)  # fmt: skip
def test_any_query_is_answered(app: ASGIApp, browser: Browser, query: bytes) -> None:
    cookie = (b"cookie", f"{NAMES.session}={browser.token}".encode())
    for path in ("/", HOME, f"{HOME}/sessions/x", "/login", "/setup", API, "/nothing", "/healthz"):
        for headers in ((), [cookie]):
            assert ask(app, path, query=query, headers=headers).status < 500, (path, headers)


@pytest.mark.parametrize(
    "wanted",
    ["", "x", "0", "\x00", "é", "\ud800", "A" * 5000, NO_ID.upper(), f"urn:uuid:{NO_ID}",
     f"{{{NO_ID}}}", NO_ID.replace("-", ""), f" {NO_ID}", f"{NO_ID}\n", "' OR 1=1 --", "%s",
     "../current", "\u0660" * 36],
)  # fmt: skip
def test_a_wild_id_is_an_unknown_one(app: ASGIApp, browser: Browser, wanted: str) -> None:
    form = f"form_token={form_token(browser.token)}&name=x".encode()
    headers = [
        (b"cookie", f"{NAMES.session}={browser.token}".encode()),
        (b"sec-fetch-site", b"same-origin"),
    ]
    as_form = [*headers, (b"content-type", b"application/x-www-form-urlencoded")]
    as_json = [*headers, (b"content-type", b"application/json")]

    def status(path: str, **how: Any) -> int:
        return ask(app, path, **how).status

    if wanted:
        assert status(f"{API}/{wanted}", headers=headers) == 404
        assert status(f"{API}/{wanted}", method="DELETE", headers=headers) == 404
        assert (
            status(f"{API}/{wanted}", method="PATCH", headers=as_json, body=b'{"name":"x"}') == 404
        )
    for act in ("terminate", "rename"):
        path = f"{HOME}/sessions/{wanted}/{act}"
        assert status(path, headers=headers) == 404
        assert status(path, method="POST", headers=as_form, body=form) == 404
    assert len(browser.sessions) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 50_000, 422),
        (b'{"email":' * 5_000, 422),
        (b'{"email":"a","password":' + b"[" * 50_000, 422),
        (b'{"x":' + b"[" * 50_000 + b"]" * 10_000, 422),
        (b'{"email":"a","password":1e999999}', 422),
        (b'{"email":1' + b"0" * 50_000 + b"}", 422),
        (b'{"email":"a","password":"b","persistent":1}', 422),
        (b'{"email":"a","password":"b","persistent":"yes"}', 422),
        (b'{"email":null,"password":null}', 422),
        (b'{"email":"a"}', 422),
        (b'{"email":"a","password":"\\ud800"}', 400),
        (b'{"email":"\xff","password":"b"}', 400),
        (b'\xef\xbb\xbf{"email":"a","password":"b"}', 400),
        ('{"email":"a","password":"b"}'.encode("utf-16"), 400),
        (b'{"email":"a","password":"b"} trailing', 400),
        (b'{"email":"a","email":"a","password":"\\u0000"}', 401),
        (b'{"email":"' + b"a" * 60_000 + b'","password":"b"}', 401),
        ('{"email":"\u202e\u0000@x","password":"b"}'.encode(), 400),
    ],
)
def test_a_login_of_any_body_is_refused_clearly(
    app: ASGIApp, ada: User, body: bytes, status: int
) -> None:
    headers = [(b"content-type", b"application/json")]

    answer = ask(app, API, method="POST", headers=headers, body=body)

    assert answer.status == status, answer.body
    assert json.loads(answer.body)["code"]


@pytest.mark.parametrize(
    "body",
    [b"\xff", b"%", b"%ff=%ff", b"=", b"&&&&", b"a" * 60_000, b"a=&" * 20_000, b"form_token=%00",
     b"form_token=%ff", b"form_token=%f0%9f%92%a9", b"form_token", b"\x00" * 1000],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/login", "/setup", "/logout", f"{HOME}/password"])
def test_a_form_of_any_body_is_refused_clearly(
    app: ASGIApp, browser: Browser, path: str, body: bytes
) -> None:
    headers = [
        (b"cookie", f"{NAMES.session}={browser.token}".encode()),
        (b"sec-fetch-site", b"same-origin"),
        (b"content-type", b"application/x-www-form-urlencoded"),
    ]

    assert ask(app, path, method="POST", headers=headers, body=body).status == 403


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "\x00", "password": "\x00"},
        {"email": "a" * 30_000, "password": "b"},
        {"email": "é\u202e@x", "password": "\ud83d"},
        {},
    ],
)
def test_a_form_of_any_words_is_a_wrong_login(
    new_browser: NewBrowser, ada: User, fields: dict[str, str]
) -> None:
    browser = new_browser()
    sent = {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}
    form = form_token_of(browser.get("/login").text)

    answer = browser.post("/login", data={"form_token": form, **sent})

    assert answer.status_code == 401


def test_a_request_that_breaks_off_is_no_error_of_ours(app: ASGIApp, browser: Browser) -> None:
    cookie = (b"cookie", f"{NAMES.session}={browser.token}".encode())
    headers = [cookie, (b"sec-fetch-site", b"same-origin")]

    for method, path in (("POST", f"{API}/end"), ("POST", "/logout"), ("GET", HOME)):
        assert ask(app, path, method=method, headers=headers, body=None).status == 400
    assert len(browser.sessions) == 1


@pytest.mark.parametrize("peer", [None, "", "testclient", "fe80::1%eth0", "::ffff:8.8.8.8", "256"])
def test_any_peer_can_log_in(app: ASGIApp, ada: User, peer: str | None) -> None:
    body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
    headers = [(b"content-type", b"application/json")]

    assert ask(app, API, method="POST", headers=headers, body=body, peer=peer).status == 201


PATHS = st.sampled_from(
    ["/", "/login", "/logout", "/setup", "/session-ended", "/help/sessions", "/settings", HOME,
     f"{HOME}/password", f"{HOME}/sessions/end-others", f"{HOME}/sessions/end-all",
     f"{HOME}/sessions/{NO_ID}", f"{HOME}/sessions/{NO_ID}/terminate",
     f"{HOME}/sessions/{NO_ID}/rename", "/.well-known/change-password", "/healthz", "/readyz", API,
     f"{API}/end", f"{API}/history", f"{API}/current", f"{API}/{NO_ID}", "/static/x/app.css"]
)  # fmt: skip
WILD_PATHS = st.builds(
    lambda path, more: path + more, PATHS, st.text(max_size=20) | st.just("")
) | st.text(max_size=40).map(lambda text: "/" + text)
METHODS = st.sampled_from(
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "", "É"]
)
NAMES_OF_HEADERS = st.sampled_from(
    ["cookie", "host", "origin", "referer", "sec-fetch-site", "content-type", "content-length",
     "accept", "accept-encoding", "accept-language", "user-agent", "sec-ch-ua",
     "sec-ch-ua-platform", "x-forwarded-for", "forwarded", "authorization", "x"]
)  # fmt: skip
VALUES = st.binary(max_size=60) | st.sampled_from(
    [b"same-origin", b"application/json", b"application/x-www-form-urlencoded", b"[", b"http://[",
     b"gzip", b"for=x;by=[::1"]
)  # fmt: skip
BODIES = st.binary(max_size=200) | st.sampled_from(
    [b"", b"{}", b"[]", b"null", b'{"scope":"selected","ids":["x"]}', b'{"name":null}',
     b'{"email":"a","password":"b"}', b"form_token=x"]
)  # fmt: skip


@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    path=WILD_PATHS,
    method=METHODS,
    query=st.binary(max_size=60),
    pairs=st.lists(st.tuples(NAMES_OF_HEADERS, VALUES), max_size=5),
    body=BODIES,
    logged_in=st.booleans(),
    proved=st.booleans(),
)
@example("/", "GET", b"\xff", [("host", b"[")], b"", False, False)
@example(HOME, "GET", b"done=%ff.x", [("accept-language", b"\xff")], b"", True, False)
@example(f"{API}/\ud800", "DELETE", b"", [], b"", True, True)
def test_no_request_is_an_error_of_ours(
    app: ASGIApp,
    browser: Browser,
    path: str,
    method: str,
    query: bytes,
    pairs: list[tuple[str, bytes]],
    body: bytes,
    logged_in: bool,
    proved: bool,
) -> None:
    headers = [(name.encode(), value) for name, value in pairs]
    if logged_in:
        cookies = f"{NAMES.session}={browser.token}"
        headers.insert(0, (b"cookie", cookies.encode()))
    if proved:
        headers.insert(0, (b"sec-fetch-site", b"same-origin"))

    answer = ask(app, path, method=method, query=query, headers=headers, body=body)

    assert answer.status < 500
    assert "content-security-policy" in dict(answer.headers)
    if browser.get(API).status_code == 401:  # the example found a way to log out, as it may
        browser.log_in()


def test_the_helper_says_what_came_back(app: ASGIApp) -> None:
    answer = ask(app, "/healthz")

    assert isinstance(answer, Answer)
    assert answer["content-type"] == "application/json"
    assert answer["x-nothing"] is None
