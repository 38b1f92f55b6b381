"""The functions of "Use it in your app" in an app of three lines each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from signedin.asgi import SessionMiddleware, current_session
from signedin.core.cookie import CookieNames
from tests.clients import CHROME, FIREFOX
from tests.docs.pages import DOCS, blocks

ADA = SimpleNamespace(id="42")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Everything that the page defines, as one module that keeps one set of sessions."""
    monkeypatch.chdir(tmp_path)
    first, *others = blocks(DOCS / "how-to/embed.md", "python")
    module: dict[str, Any] = {}
    exec(first.text, module)
    kept = module["sessions"]
    with ExitStack() as opened:
        opened.callback(kept.close)
        for block in others:
            exec(block.text, module)
            opened.callback(module["sessions"].close)
            module["sessions"] = kept
        yield module


@pytest.fixture
def new_browser(page: dict[str, Any]) -> Callable[[str], TestClient]:
    def answer(made: Callable[[Request], object]) -> Callable[[Request], JSONResponse]:
        return lambda request: JSONResponse(str(made(request)))

    def right(user: SimpleNamespace, password: str) -> bool:
        return password == "right"

    def come_in(request: Request) -> object:
        return page["come_in"](request, ADA, request.query_params["password"], right)

    def devices(request: Request) -> object:
        return [(one["device"], one["current"]) for one in page["devices"](request)]

    app = Starlette(
        routes=[
            Route("/in", answer(come_in), methods=["POST"]),
            Route("/", answer(current_session)),
            Route("/devices", answer(devices)),
            Route("/others", answer(page["log_out_others"]), methods=["POST"]),
            Route(
                "/end/{id}",
                answer(lambda request: page["terminate"](request, request.path_params["id"])),
                methods=["POST"],
            ),
            Route("/token", answer(lambda request: page["token_for_app"](request, ADA))),
            Route(
                "/password",
                answer(lambda request: page["password_changed"](request, current_session(request))),
                methods=["POST"],
            ),
        ]
    )
    names = CookieNames.on_loopback(8000)
    app.add_middleware(SessionMiddleware, sessions=page["sessions"], cookies=names, bearer=True)

    def open_browser(user_agent: str) -> TestClient:
        return TestClient(app, headers={"user-agent": user_agent})

    return open_browser


@pytest.fixture
def new_browser_at(page: dict[str, Any]) -> Callable[..., TestClient]:
    """Open a browser in which Ada is logged in, at an app that mounts something at ``/me``."""

    def open_browser(mounted: Any, user_agent: str = CHROME) -> TestClient:
        def enter(request: Request) -> JSONResponse:
            page["log_in_or_confirm"](request, ADA.id)
            return JSONResponse(None)

        app = Starlette(
            routes=[
                Route("/in", enter, methods=["POST"]),
                Route("/settings", page["settings"]),
                Mount("/me", mounted),
            ]
        )
        names = CookieNames.on_loopback(8000)
        app.add_middleware(SessionMiddleware, sessions=page["sessions"], cookies=names)
        browser = TestClient(app, headers={"user-agent": user_agent}, follow_redirects=False)
        browser.post("/in")
        return browser

    return open_browser


def logged_in(browser: TestClient) -> bool:
    return bool(browser.get("/").json() != "None")


def test_only_the_right_password_logs_in(new_browser: Callable[[str], TestClient]) -> None:
    browser = new_browser(CHROME)

    browser.post("/in?password=wrong")
    assert not logged_in(browser)
    assert browser.post("/in?password=right").json() == "Welcome."
    assert logged_in(browser)


def test_a_login_that_was_overtaken_is_told(
    new_browser: Callable[[str], TestClient], page: dict[str, Any]
) -> None:
    def end_all_meanwhile(user_id: str) -> Any:
        login = begin(user_id)
        page["sessions"].terminate_all(user_id, by=page["Actor"].admin("ada"))
        return login

    begin = page["sessions"].begin_login
    page["sessions"].begin_login = end_all_meanwhile
    browser = new_browser(CHROME)

    assert "ended just now" in browser.post("/in?password=right").json()
    assert not logged_in(browser)


def test_devices_are_listed_and_ended(
    new_browser: Callable[[str], TestClient], page: dict[str, Any]
) -> None:
    one, two = new_browser(CHROME), new_browser(FIREFOX)
    for browser in (one, two):
        browser.post("/in?password=right")

    listed = one.get("/devices").json()
    assert "('Chrome on macOS', True)" in listed
    assert "('Firefox on Windows', False)" in listed

    other = next(s.id for s in page["sessions"].list("42") if "Firefox" in s.user_agent)
    assert "ended=1" in one.post(f"/end/{other}").json()
    assert not logged_in(two)
    assert one.post("/end/0199a000-0000-7000-8000-000000000000").json() == (
        "You have no such session."
    )
    own = next(s.id for s in page["sessions"].list("42"))
    one.post(f"/end/{own}")
    assert not logged_in(one)


def test_all_others_are_logged_out(new_browser: Callable[[str], TestClient]) -> None:
    one, two = new_browser(CHROME), new_browser(FIREFOX)
    for browser in (one, two):
        browser.post("/in?password=right")

    one.post("/others")

    assert (logged_in(one), logged_in(two)) == (True, False)


def test_a_changed_password_ends_the_others_and_renews_the_own_token(
    new_browser: Callable[[str], TestClient],
) -> None:
    one, two = new_browser(CHROME), new_browser(FIREFOX)
    for browser in (one, two):
        browser.post("/in?password=right")
    before = one.cookies["sid_8000"]

    assert "ended=1" in one.post("/password").json()

    assert (logged_in(one), logged_in(two)) == (True, False)
    assert one.cookies["sid_8000"] != before


def test_an_app_gets_a_token_of_its_own(new_browser: Callable[[str], TestClient]) -> None:
    app = new_browser("curl/8.11.0")

    token = app.get("/token").json()

    assert app.get("/", headers={"Authorization": f"Bearer {token}"}).json() != "None"
    assert not logged_in(app)


PAGE = "/me/settings/account"


def test_the_page_shows_devices_to_whom_it_belongs(
    new_browser_at: Callable[..., TestClient], page: dict[str, Any]
) -> None:
    html = new_browser_at(page["pages"]).get(PAGE).text

    assert "Ada Lovelace" in html
    assert "Chrome on macOS" in html
    assert 'href="/password"' in html
    assert TestClient(page["app"], follow_redirects=False).get(PAGE).headers["location"] == (
        "/login?next=%2Fme%2Fsettings%2Faccount"
    )


def test_who_is_logged_in_and_proves_it_once_more_goes_on_under_a_new_token(
    new_browser_at: Callable[..., TestClient], page: dict[str, Any]
) -> None:
    browser = new_browser_at(page["pages"])
    before = browser.cookies["sid_8000"]

    browser.post("/in")

    assert browser.cookies["sid_8000"] != before
    assert len(page["sessions"].list("42")) == 1


def test_the_frame_is_drawn_around_the_page(
    new_browser_at: Callable[..., TestClient], page: dict[str, Any], tmp_path: Path
) -> None:
    (frame,) = blocks(DOCS / "how-to/embed.md", "html")
    (tmp_path / "shell.html").write_text(frame.text)
    framed = page["AccountPages"](
        page["sessions"], site="Acme", login_url="/login", templates=tmp_path
    )

    html = new_browser_at(framed).get(PAGE).text

    assert '<a href="/">Acme</a>' in html
    assert "Chrome on macOS" in html


def test_the_section_is_in_the_page_of_the_app_and_its_acts_lead_back(
    new_browser_at: Callable[..., TestClient], page: dict[str, Any]
) -> None:
    browser = new_browser_at(page["part"])
    html = browser.get("/settings").text
    assert html.count("data-session=") == 1
    assert "<h1>Settings</h1>" in html

    token = html.split('name="form_token" value="')[1].split('"')[0]
    answer = browser.post(
        f"{PAGE}/sessions/end-others",
        data={"form_token": token},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.headers["location"].startswith("/settings?done=")
