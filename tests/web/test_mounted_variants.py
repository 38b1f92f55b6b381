"""The mounted pages in an app's own look: its colour, its frame, a part of its page, or none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route

from signedin.asgi import SessionMiddleware
from signedin.core.errors import InvalidSettingError
from signedin.web.mounted import AccountPages, SessionsApi
from signedin.wiring import Sessions
from tests.clients import FIREFOX
from tests.web.embedder import NAMES, PEOPLE, Browser, app_around, forget

PAGE = "/me/settings/account"
API = "/me/api/v1/sessions"


def pages(sessions: Sessions, **told: Any) -> AccountPages:
    return AccountPages(
        sessions, site="Acme", login_url="/log-in", person=PEOPLE.get, cookies=NAMES, **told
    )


def test_a_colour_comes_in_a_style_sheet_and_nothing_is_inline(sessions: Sessions) -> None:
    browser = Browser(app_around(sessions, pages(sessions, accent="#7a1fa2"))).enter()

    html = browser.get(PAGE).text
    (address,) = re.findall(r'href="(/me/static/\w+/accent\.css)"', html)

    assert "--accent: #7a1fa2" in browser.get(address).text
    assert "style=" not in html


def test_without_one_there_is_no_such_sheet(sessions: Sessions) -> None:
    browser = Browser(app_around(sessions, pages(sessions))).enter()

    assert "accent.css" not in browser.get(PAGE).text


def test_what_is_no_colour_stops_the_app_at_its_start(sessions: Sessions) -> None:
    with pytest.raises(InvalidSettingError, match="accent"):
        pages(sessions, accent="red")


FRAME = """<!doctype html>
<html lang="en" data-now="{{ now }}">
<head><title>{% block title %}{% endblock %}</title>{% include "signedin/_head.html" %}</head>
<body>
<nav>Shop · Basket</nav>
<main id="main">{% block content %}{% endblock %}</main>
{% include "signedin/_below.html" %}
{% block texts %}{% endblock %}
</body>
</html>
"""


def test_the_frame_of_the_app_stands_in_place_of_ours(sessions: Sessions, tmp_path: Path) -> None:
    (tmp_path / "shell.html").write_text(FRAME)
    app = app_around(sessions, pages(sessions, templates=tmp_path))
    browser, other = Browser(app).enter(), Browser(app, FIREFOX).enter()

    html = browser.get(PAGE).text
    assert "Shop · Basket" in html
    assert "topbar" not in html
    assert html.count("data-session=") == 2

    act = f"{PAGE}/sessions/end-others"
    assert "Shop · Basket" in browser.get(act).text
    assert browser.submit(act, act).status_code == 303
    assert other.whom["session"] is None


def test_a_frame_can_be_ours_with_something_more(sessions: Sessions, tmp_path: Path) -> None:
    (tmp_path / "shell.html").write_text(
        '{% extends "signedin/shell.html" %}{% block section %}Acme settings{% endblock %}'
    )
    browser = Browser(app_around(sessions, pages(sessions, templates=str(tmp_path)))).enter()

    html = browser.get(PAGE).text
    assert "Acme settings" in html
    assert "topbar" in html


@pytest.fixture
def with_section(sessions: Sessions) -> Starlette:
    """An app whose own settings have the list in their middle."""
    mounted = pages(sessions, section_url="/settings?tab=devices", log_out=forget)

    def settings(request: Request) -> Response:
        part = mounted.section(request, mounted_at="/me")
        return HTMLResponse(f"<!doctype html><html><body><h1>Mine</h1>{part}</body></html>")

    around = app_around(sessions, mounted)
    page = SessionMiddleware(Starlette(routes=[Route("/", settings)]), sessions, cookies=NAMES)
    around.router.routes.insert(0, Mount("/settings", page))
    return around


def test_the_section_is_a_part_of_the_apps_own_page(with_section: Starlette) -> None:
    browser = Browser(with_section).enter()
    Browser(with_section, FIREFOX).enter()

    html = browser.get("/settings/").text

    assert html.count("<h1>") == 1
    assert html.count("data-session=") == 2
    assert "topbar" not in html
    assert set(re.findall(r'href="(/[^"]*\.(?:css|js))"', html)) == {
        address for address in re.findall(r'href="(/me/static/\w+/\w+\.css)"', html)
    }
    for address in re.findall(r'(?:href|src)="(/me/static/[^"#]*)', html):
        assert browser.get(address).status_code == 200


def test_from_its_acts_people_come_back_to_the_apps_page(with_section: Starlette) -> None:
    browser, other = Browser(with_section).enter(), Browser(with_section, FIREFOX).enter()
    act = f"{PAGE}/sessions/end-others"

    back = browser.submit(act, act).headers["location"]

    assert other.whom["session"] is None
    assert back.startswith("/settings?tab=devices&done=")
    assert "1 session was logged out." in browser.get(back.replace("settings?", "settings/?")).text
    assert browser.get(PAGE).headers["location"] == "/settings?tab=devices"


def test_who_is_not_logged_in_sees_no_section(with_section: Starlette) -> None:
    assert Browser(with_section).get("/settings/").text.count("signedin") == 0


def test_it_works_behind_a_prefix_too(with_section: Starlette) -> None:
    browser = Browser(with_section, root="/proxied").enter()

    html = browser.get("/proxied/settings/").text

    assert 'action="/proxied/me/settings/account/sessions/end-all"' in html
    assert (
        f'data-login="/proxied/log-in?next={quote("/proxied/settings?tab=devices", safe="")}"'
        in html
    )


def test_its_styles_touch_nothing_outside(with_section: Starlette) -> None:
    browser = Browser(with_section).enter()
    (address,) = re.findall(r'href="([^"]*/section\.css)"', browser.get("/settings/").text)

    css = re.sub(r"/\*.*?\*/", "", browser.get(address).text, flags=re.DOTALL).strip()

    depth, outside = 0, ""
    for character in css:
        depth += character == "{"
        outside += character if depth == 0 else ""
        depth -= character == "}"
    assert outside.replace("}", "").split() == [".signedin"]
    assert ":root" not in css
    assert "prefers-color-scheme" not in css
    assert "--bg: light-dark(#ffffff, #171716);" in css


def test_the_api_alone_has_no_page(sessions: Sessions) -> None:
    api = SessionsApi(sessions, person=PEOPLE.get, log_out=forget, cookies=NAMES)
    app = app_around(sessions, api)
    browser, other = Browser(app).enter(), Browser(app, FIREFOX).enter()

    listed = browser.get(API).json()["sessions"]
    assert [one["device"]["label"] for one in listed] == ["Chrome on macOS", "Firefox on Windows"]
    assert browser.call("DELETE", f"{API}/{listed[1]['id']}").json()["ended"] == 1
    assert other.get(API).json()["code"] == "not-logged-in"
    for path in ("/settings/account", "/logout", "/", "/static/x/app.css", "/nothing"):
        answer = browser.get(f"/me{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert browser.call("DELETE", f"{API}/current").status_code == 200
    assert browser.whom == {"app": None, "session": None}


def test_a_form_may_lead_on_to_a_login_elsewhere(sessions: Sessions) -> None:
    mounted = AccountPages(sessions, site="Acme", login_url="https://sso.example/in", cookies=NAMES)
    browser = Browser(app_around(sessions, mounted)).enter()

    answer = browser.get(PAGE)

    assert "form-action 'self' https://sso.example;" in answer.headers["content-security-policy"]
    assert (
        browser.submit("/me/logout", "/me/logout").headers["location"] == "https://sso.example/in"
    )
